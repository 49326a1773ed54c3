// SPDX-License-Identifier: MIT
// @discordjs/ws and @discordjs/rest alone, driven line by line: see lines.mjs
// of lib.  There are no objects, only what Discord sends and what it is sent.
import {REST} from '@discordjs/rest';
import {WebSocketManager, WebSocketShardEvents} from '@discordjs/ws';
import {env, complain, saw, serve} from './lib/lines.mjs';

const rest = new REST({api: env.api.href.replace(/\/v10\/?$/, '')})
	.setToken(env.token);
const manager = new WebSocketManager({rest, token: env.token,
	intents: 53608447});
const interactions = new Map();
const chunks = new Map();
let bot;

const fields = (rows) => Object.fromEntries(rows
	.flatMap((row) => row.components ?? [row.component])
	.map((f) => [f.custom_id, f.value]));

const kinds = {
	2: (d) => ['command', {name: d.data.name, options: Object.fromEntries(
		(d.data.options ?? []).map((o) => [o.name, o.value]))}],
	3: (d) => ['button',
		{custom: d.data.custom_id, message: d.message.id}],
	4: (d) => ['autocomplete', {name: d.data.name,
		typed: d.data.options.find((o) => o.focused).value}],
	5: (d) => ['modal', {custom: d.data.custom_id,
		fields: fields(d.data.components)}],
};

const events = {
	READY: (d) => {
		if (bot === undefined)
			saw('ready', {user: d.user.id, name: d.user.username});
		bot = d;
		saw('identified');
	},
	RESUMED: () => saw('resumed'),
	MESSAGE_CREATE: (d) => saw('message', {
		id: d.id, channel: d.channel_id, guild: d.guild_id, text: d.content,
		author: d.author.id, name: d.author.username,
		reference: d.message_reference?.message_id,
		files: d.attachments.map((a) => a.filename),
	}),
	MESSAGE_UPDATE: (d) => saw('edit', {id: d.id, text: d.content}),
	MESSAGE_DELETE: (d) => saw('delete', {id: d.id}),
	MESSAGE_REACTION_ADD: (d) => saw('reaction',
		{message: d.message_id, user: d.user_id, emoji: d.emoji.name}),
	GUILD_MEMBER_ADD: (d) => saw('join', {guild: d.guild_id, user: d.user.id}),
	GUILD_MEMBER_UPDATE: (d) => saw('member', {
		guild: d.guild_id, user: d.user.id, roles: d.roles,
		timeout: Boolean(d.communication_disabled_until)}),
	GUILD_MEMBER_REMOVE: (d) =>
		saw('leave', {guild: d.guild_id, user: d.user.id}),
	GUILD_BAN_ADD: (d) => saw('ban', {guild: d.guild_id, user: d.user.id}),
	GUILD_MEMBERS_CHUNK: (d) => {
		const wanted = chunks.get(d.nonce);
		wanted.members.push(...d.members.map((m) => m.user.id));
		if (d.chunk_index + 1 === d.chunk_count)
			wanted.done(wanted.members);
	},
	THREAD_CREATE: (d) =>
		saw('thread', {id: d.id, parent: d.parent_id, name: d.name}),
	VOICE_STATE_UPDATE: (d) =>
		saw('voice', {user: d.user_id, channel: d.channel_id}),
	INTERACTION_CREATE: (d) => {
		interactions.set(d.id, d);
		const [what, more] = kinds[d.type](d);
		saw(what, {id: d.id, user: (d.member?.user ?? d.user).id,
			channel: d.channel_id, ...more});
	},
};
manager.on(WebSocketShardEvents.Dispatch, ({t, d}) => events[t]?.(d));
// It calls a connection that was reset an error.
manager.on(WebSocketShardEvents.Error, (e) =>
	/ECONNRESET|Connection reset/.test(String(e.error ?? e))
		|| complain(e.error ?? e));

const post = (path, body, more) => rest.post(path, {body, ...more});
const sent = (a, body, more) => post(`/channels/${a.channel}/messages`, body,
	more).then((m) => m.id);
const message = (a) => `/channels/${a.channel}/messages/${a.message}`;
const member = (a) => `/guilds/${a.guild}/members/${a.user}`;
const answers = {
	reply: (a) => ({type: 4, data: {content: a.text,
		components: a.components}}),
	update: (a) => ({type: 7, data: {content: a.text, components: []}}),
	modal: (a) => ({type: 9, data: a.modal}),
	choices: (a) => ({type: 8, data: {choices: a.choices}}),
};
const send = (op, d) => manager.send(0, {op, d});
const nothing = (promise) => promise.then(() => true);

manager.connect().catch(complain);
await serve({
	say: (a) => sent(a, {content: a.text}),
	reply: (a) => sent(a, {content: a.text,
		message_reference: {message_id: a.message}}),
	file: (a) => sent(a, {}, {files: [
		{name: a.name, data: Buffer.from(a.data)}]}),
	react: (a) => nothing(rest.put(`${message(a)}/reactions/${
		encodeURIComponent(a.emoji)}/@me`)),
	edit: (a) => rest.patch(message(a), {body: {content: a.text}})
		.then((m) => m.content),
	delete: (a) => nothing(rest.delete(message(a))),
	burst: (a) => Promise.all(a.texts.map((text) =>
		sent(a, {content: text}))),
	commands: async (a) => (await rest.put(`/applications/${
		bot.application.id}/guilds/${a.guild}/commands`, {body: a.list}))
		.map((c) => c.name),
	answer: (a) => {
		const i = interactions.get(a.interaction);
		return nothing(post(`/interactions/${i.id}/${i.token}/callback`,
			answers[a.how](a), {auth: false}));
	},
	members: (a) => new Promise((done) => {
		const nonce = String(chunks.size + 1);
		chunks.set(nonce, {members: [], done});
		send(8, {guild_id: a.guild, query: '', limit: 0, nonce});
	}),
	presence: (a) => nothing(send(3, {since: null, afk: false,
		status: 'idle', activities: [{name: a.text, type: 0}]})),
	voice: (a) => nothing(send(4, {guild_id: a.guild, channel_id: a.channel,
		self_mute: false, self_deaf: false})),
	timeout: (a) => nothing(rest.patch(member(a), {reason: 'a test', body: {
		communication_disabled_until:
			new Date(Date.now() + a.seconds * 1000).toISOString()}})),
	role: (a) => nothing(rest.put(`${member(a)}/roles/${a.role}`,
		{reason: 'a test'})),
	kick: (a) => nothing(rest.delete(member(a), {reason: 'a test'})),
	ban: (a) => nothing(rest.put(`/guilds/${a.guild}/bans/${a.user}`,
		{reason: 'a test', body: {}})),
	thread: (a) => post(`/channels/${a.channel}/threads`,
		{name: a.name, type: 11}).then((t) => t.id),
});

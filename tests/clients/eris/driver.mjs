// SPDX-License-Identifier: MIT
// Eris, driven line by line: see lines.mjs of lib.  Its REST speaks https
// alone, and learns the port from its agent.
import {Agent} from 'node:https';
import Eris, {Constants} from 'eris';
import {complain, env, saw, serve} from './lib/lines.mjs';

const agent = new Agent({keepAlive: true});
agent.defaultPort = Number(env.api.port);
const client = new Eris(`Bot ${env.token}`, {
	intents: ['all'],
	rest: {agent, domain: env.api.hostname, baseURL: env.api.pathname},
});
const {APPLICATION_COMMAND: COMMAND, MESSAGE_COMPONENT: COMPONENT,
	APPLICATION_COMMAND_AUTOCOMPLETE: AUTOCOMPLETE, MODAL_SUBMIT: MODAL,
} = Constants.InteractionTypes;
const interactions = new Map();

// It calls a lost connection an error, and a lost session worth a warning.
const cut = /Connection reset by peer|Error: 4000|Invalid session, reident/;
for (const name of ['error', 'warn'])
	client.on(name, (e) => cut.test(String(e)) || complain(e));
client.on('ready', () =>
	saw('ready', {user: client.user.id, name: client.user.username}));
client.on('shardReady', () => saw('identified'));
client.on('shardResume', () => saw('resumed'));
client.on('messageCreate', (m) => saw('message', {
	id: m.id, channel: m.channel.id, guild: m.guildID, text: m.content,
	author: m.author.id, name: m.author.username,
	reference: m.messageReference?.messageID,
	files: m.attachments.map((a) => a.filename),
}));
client.on('messageUpdate', (m) => saw('edit', {id: m.id, text: m.content}));
client.on('messageDelete', (m) => saw('delete', {id: m.id}));
client.on('messageReactionAdd', (m, emoji, who) =>
	saw('reaction', {message: m.id, user: who.id, emoji: emoji.name}));
client.on('guildMemberAdd', (g, m) =>
	saw('join', {guild: g.id, user: m.id}));
client.on('guildMemberUpdate', (g, m) => saw('member', {
	guild: g.id, user: m.id, roles: m.roles,
	timeout: Boolean(m.communicationDisabledUntil),
}));
client.on('guildMemberRemove', (g, m) =>
	saw('leave', {guild: g.id, user: m.id}));
client.on('guildBanAdd', (g, user) =>
	saw('ban', {guild: g.id, user: user.id}));
client.on('threadCreate', (t) =>
	saw('thread', {id: t.id, parent: t.parentID, name: t.name}));
for (const name of ['voiceChannelJoin', 'voiceChannelSwitch'])
	client.on(name, (m, channel) =>
		saw('voice', {user: m.id, channel: channel.id}));
client.on('voiceChannelLeave', (m) =>
	saw('voice', {user: m.id, channel: null}));

const fields = (rows) => Object.fromEntries(rows
	.flatMap((row) => row.components ?? [row.component])
	.map((f) => [f.custom_id, f.value]));

client.on('interactionCreate', (i) => {
	const what = {id: i.id, user: (i.member ?? i.user).id,
		channel: i.channel.id};
	interactions.set(i.id, i);
	if (i.type === AUTOCOMPLETE)
		saw('autocomplete', {...what, name: i.data.name,
			typed: i.data.options.find((o) => o.focused)?.value});
	else if (i.type === COMMAND)
		saw('command', {...what, name: i.data.name,
			options: Object.fromEntries(
				(i.data.options ?? []).map((o) => [o.name, o.value]))});
	else if (i.type === COMPONENT)
		saw('button', {...what, custom: i.data.custom_id,
			message: i.message.id});
	else if (i.type === MODAL)
		saw('modal', {...what, custom: i.data.custom_id,
			fields: fields(i.data.components)});
});

const answers = {
	reply: (i, a) => i.createMessage(
		{content: a.text, components: a.components}),
	update: (i, a) => i.editParent({content: a.text, components: []}),
	modal: (i, a) => i.createModal(a.modal),
	choices: (i, a) => i.result(a.choices),
};

client.connect();
await serve({
	world: () => client.guilds.map((g) => ({
		id: g.id, name: g.name, members: g.memberCount,
		channels: g.channels.map((c) => [c.id, c.name]),
		roles: g.roles.map((r) => [r.id, r.name]),
		users: g.members.map((m) => [m.id, m.username]),
	})),
	say: async (a) => (await client.createMessage(a.channel, a.text)).id,
	reply: async (a) => (await client.createMessage(a.channel, {
		content: a.text, messageReference: {messageID: a.message}})).id,
	file: async (a) => (await client.createMessage(a.channel, '',
		{name: a.name, file: Buffer.from(a.data)})).id,
	react: (a) => client.addMessageReaction(a.channel, a.message, a.emoji),
	edit: async (a) => (await client.editMessage(a.channel, a.message,
		{content: a.text})).content,
	delete: (a) => client.deleteMessage(a.channel, a.message),
	burst: async (a) => (await Promise.all(a.texts.map((text) =>
		client.createMessage(a.channel, text)))).map((m) => m.id),
	commands: async (a) => (await client.bulkEditGuildCommands(a.guild,
		a.list)).map((c) => c.name),
	answer: async (a) => {
		await answers[a.how](interactions.get(a.interaction), a);
	},
	members: async (a) => (await client.guilds.get(a.guild).fetchMembers())
		.map((m) => m.id),
	presence: (a) => client.editStatus('idle', {name: a.text, type: 0}),
	voice: (a) => client.guilds.get(a.guild).shard.sendWS(4, {
		guild_id: a.guild, channel_id: a.channel, self_mute: false,
		self_deaf: false}),
	timeout: async (a) => {
		await client.editGuildMember(a.guild, a.user, {
			communicationDisabledUntil:
				new Date(Date.now() + a.seconds * 1000)}, 'a test');
	},
	role: (a) =>
		client.addGuildMemberRole(a.guild, a.user, a.role, 'a test'),
	kick: (a) => client.kickGuildMember(a.guild, a.user, 'a test'),
	ban: (a) => client.banGuildMember(a.guild, a.user, {reason: 'a test'}),
	thread: async (a) => (await client.createThread(a.channel, {
		name: a.name, autoArchiveDuration: 60, type: 11})).id,
});

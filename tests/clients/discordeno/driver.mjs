// SPDX-License-Identifier: MIT
// discordeno, driven line by line: see lines.mjs of lib.  It keeps no cache.
import {createBot, createDesiredPropertiesObject, InteractionTypes}
	from '@discordeno/bot';
import {complain, env, saw, serve} from './lib/lines.mjs';

const interactions = new Map();
let user;

const fields = (rows) => Object.fromEntries(rows
	.flatMap((row) => row.components ?? [row.component])
	.map((f) => [f.customId, f.value]));
const id = (value) => value === undefined || value === null ? null
	: String(value);

const bot = createBot({
	token: env.token,
	intents: 53608447,
	rest: {proxy: {baseUrl: env.api.href.replace(/\/v10\/?$/, '')}},
	gateway: {cache: {requestMembers: {enabled: true}}},
	desiredProperties: createDesiredPropertiesObject({}, true),
	loggerFactory: (name) => ({
		debug: () => {}, info: () => {},
		warn: (...words) => console.warn(name, ...words),
		error: (...words) => complain([name, ...words].join(' ')),
		fatal: (...words) => complain([name, ...words].join(' ')),
	}),
	events: {
		ready: (d) => {
			if (user === undefined)
				saw('ready', {user: id(d.user.id), name: d.user.username});
			user = d.user.id;
			saw('identified');
		},
		messageCreate: (m) => saw('message', {
			id: id(m.id), channel: id(m.channelId), guild: id(m.guildId),
			text: m.content, author: id(m.author.id),
			name: m.author.username,
			reference: id(m.messageReference?.messageId),
			files: (m.attachments ?? []).map((a) => a.filename),
		}),
		messageUpdate: (m) => saw('edit', {id: id(m.id), text: m.content}),
		messageDelete: (m) => saw('delete', {id: id(m.id)}),
		reactionAdd: (r) => saw('reaction', {message: id(r.messageId),
			user: id(r.userId), emoji: r.emoji.name}),
		guildMemberAdd: (m, who) =>
			saw('join', {guild: id(m.guildId), user: id(who.id)}),
		guildMemberUpdate: (m, who) => saw('member', {
			guild: id(m.guildId), user: id(who.id), roles: m.roles.map(id),
			timeout: Boolean(m.communicationDisabledUntil)}),
		guildMemberRemove: (who, guild) =>
			saw('leave', {guild: id(guild), user: id(who.id)}),
		guildBanAdd: (who, guild) =>
			saw('ban', {guild: id(guild), user: id(who.id)}),
		threadCreate: (t) => saw('thread',
			{id: id(t.id), parent: id(t.parentId), name: t.name}),
		voiceStateUpdate: (v) =>
			saw('voice', {user: id(v.userId), channel: id(v.channelId)}),
		interactionCreate: (i) => {
			const what = {id: id(i.id), user: id(i.user.id),
				channel: id(i.channelId)};
			interactions.set(what.id, i);
			kinds[i.type](i, what);
		},
	},
});

const kinds = {
	[InteractionTypes.ApplicationCommand]: (i, what) =>
		saw('command', {...what, name: i.data.name,
			options: Object.fromEntries((i.data.options ?? [])
				.map((o) => [o.name, o.value]))}),
	[InteractionTypes.MessageComponent]: (i, what) =>
		saw('button', {...what, custom: i.data.customId,
			message: id(i.message.id)}),
	[InteractionTypes.ApplicationCommandAutocomplete]: (i, what) =>
		saw('autocomplete', {...what, name: i.data.name,
			typed: i.data.options.find((o) => o.focused).value}),
	[InteractionTypes.ModalSubmit]: (i, what) =>
		saw('modal', {...what, custom: i.data.customId,
			fields: fields(i.data.components)}),
};

// Its words for what goes out are in camel case.
const camel = (what) => Array.isArray(what) ? what.map(camel)
	: typeof what !== 'object' || what === null ? what
		: Object.fromEntries(Object.entries(what).map(([key, value]) =>
			[key.replace(/_(\w)/g, (_, c) => c.toUpperCase()),
				camel(value)]));
const answers = {
	reply: (i, a) => i.respond({content: a.text,
		components: camel(a.components)}),
	update: (i, a) => i.edit({content: a.text, components: []}),
	modal: (i, a) => i.respond(camel(a.modal)),
	choices: (i, a) => i.respond({choices: a.choices}),
};
const {helpers, gateway} = bot;
const sent = async (a, body) => id((await helpers.sendMessage(a.channel,
	body)).id);

bot.start().catch(complain);
await serve({
	say: (a) => sent(a, {content: a.text}),
	reply: (a) => sent(a, {content: a.text, messageReference:
		{messageId: a.message, failIfNotExists: true}}),
	file: (a) => sent(a, {files: [
		{name: a.name, blob: new Blob([a.data])}]}),
	react: (a) => helpers.addReaction(a.channel, a.message, a.emoji),
	edit: async (a) => (await helpers.editMessage(a.channel, a.message,
		{content: a.text})).content,
	delete: (a) => helpers.deleteMessage(a.channel, a.message),
	commands: async (a) => (await helpers.upsertGuildApplicationCommands(
		a.guild, camel(a.list))).map((c) => c.name),
	answer: async (a) => {
		await answers[a.how](interactions.get(a.interaction), a);
	},
	members: async (a) => (await gateway.requestMembers(a.guild,
		{query: '', limit: 0})).map((m) => id(m.user.id)),
	presence: (a) => gateway.editBotStatus({status: 'idle',
		activities: [{name: a.text, type: 0}]}),
	voice: (a) => a.channel === null ? gateway.leaveVoiceChannel(a.guild)
		: gateway.joinVoiceChannel(a.guild, a.channel),
	timeout: async (a) => {
		await helpers.editMember(a.guild, a.user, {
			communicationDisabledUntil:
				new Date(Date.now() + a.seconds * 1000).toISOString(),
		}, 'a test');
	},
	role: (a) => helpers.addRole(a.guild, a.user, a.role, 'a test'),
	kick: (a) => helpers.kickMember(a.guild, a.user, 'a test'),
	ban: (a) => helpers.banMember(a.guild, a.user, {}, 'a test'),
	thread: async (a) => id((await helpers.startThreadWithoutMessage(
		a.channel, {name: a.name, type: 11, autoArchiveDuration: 60})).id),
});

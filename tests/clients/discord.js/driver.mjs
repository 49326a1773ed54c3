// SPDX-License-Identifier: MIT
// discord.js as its guide shows it, driven line by line: see lines.mjs of lib.
import {AttachmentBuilder, Client, Events, GatewayIntentBits, Partials, Routes}
	from 'discord.js';
import {complain, env, saw, serve} from './lib/lines.mjs';

const client = new Client({
	intents: Object.values(GatewayIntentBits).filter(Number.isInteger),
	shards: 'auto',
	partials: Object.values(Partials).filter(Number.isInteger),
	rest: {api: env.api.href.replace(/\/v10\/?$/, '')},
});
const interactions = new Map();

client.on(Events.Error, complain);
client.on(Events.Warn, complain);
client.on(Events.ClientReady, () =>
	saw('ready', {user: client.user.id, name: client.user.username}));
client.on(Events.ShardReady, () => saw('identified'));
client.on(Events.ShardResume, () => saw('resumed'));
client.on(Events.MessageCreate, (m) => saw('message', {
	id: m.id, channel: m.channelId, guild: m.guildId, text: m.content,
	author: m.author.id, name: m.author.username,
	reference: m.reference?.messageId,
	files: m.attachments.map((a) => a.name),
}));
client.on(Events.MessageUpdate, (_, m) =>
	saw('edit', {id: m.id, text: m.content}));
client.on(Events.MessageDelete, (m) => saw('delete', {id: m.id}));
client.on(Events.MessageReactionAdd, (r, user) => saw('reaction',
	{message: r.message.id, user: user.id, emoji: r.emoji.name}));
client.on(Events.GuildMemberAdd, (m) =>
	saw('join', {guild: m.guild.id, user: m.id}));
client.on(Events.GuildMemberUpdate, (_, m) => saw('member', {
	guild: m.guild.id, user: m.id, roles: [...m.roles.cache.keys()],
	timeout: m.communicationDisabledUntilTimestamp !== null,
}));
client.on(Events.GuildMemberRemove, (m) =>
	saw('leave', {guild: m.guild.id, user: m.id}));
client.on(Events.GuildBanAdd, (b) =>
	saw('ban', {guild: b.guild.id, user: b.user.id}));
client.on(Events.ThreadCreate, (t) =>
	saw('thread', {id: t.id, parent: t.parentId, name: t.name}));
client.on(Events.VoiceStateUpdate, (_, v) =>
	saw('voice', {user: v.id, channel: v.channelId}));

client.on(Events.InteractionCreate, (i) => {
	const what = {id: i.id, user: i.user.id, channel: i.channelId};
	interactions.set(i.id, i);
	if (i.isAutocomplete())
		saw('autocomplete', {...what, name: i.commandName,
			typed: i.options.getFocused()});
	else if (i.isChatInputCommand())
		saw('command', {...what, name: i.commandName,
			options: Object.fromEntries(
				i.options.data.map((o) => [o.name, o.value]))});
	else if (i.isButton())
		saw('button', {...what, custom: i.customId, message: i.message.id});
	else if (i.isModalSubmit())
		saw('modal', {...what, custom: i.customId, fields:
			Object.fromEntries(i.fields.fields.map(
				(f) => [f.customId, f.value]))});
});

const channel = (id) => client.channels.cache.get(id);
const guild = (id) => client.guilds.cache.get(id);

const answers = {
	reply: (i, a) => i.reply({content: a.text, components: a.components}),
	update: (i, a) => i.update({content: a.text, components: []}),
	modal: (i, a) => i.showModal(a.modal),
	choices: (i, a) => i.respond(a.choices),
};

await Promise.all([client.login(env.token), serve({
	world: () => client.guilds.cache.map((g) => ({
		id: g.id, name: g.name, members: g.memberCount,
		channels: g.channels.cache.map((c) => [c.id, c.name]),
		roles: g.roles.cache.map((r) => [r.id, r.name]),
		users: g.members.cache.map((m) => [m.id, m.user.username]),
	})),
	say: async (a) => (await channel(a.channel).send(a.text)).id,
	reply: async (a) => {
		const m = await channel(a.channel).messages.fetch(a.message);
		return (await m.reply(a.text)).id;
	},
	file: async (a) => (await channel(a.channel).send({files: [
		new AttachmentBuilder(Buffer.from(a.data), {name: a.name})]})).id,
	react: (a) =>
		channel(a.channel).messages.cache.get(a.message).react(a.emoji)
			.then(() => true),
	edit: async (a) => (await channel(a.channel).messages.cache.get(a.message)
		.edit(a.text)).content,
	delete: (a) => channel(a.channel).messages.cache.get(a.message).delete()
		.then(() => true),
	burst: async (a) => (await Promise.all(a.texts.map(
		(text) => channel(a.channel).send(text)))).map((m) => m.id),
	commands: async (a) =>
		(await guild(a.guild).commands.set(a.list)).map((c) => c.name),
	answer: async (a) => {
		await answers[a.how](interactions.get(a.interaction), a);
	},
	members: async (a) => (await guild(a.guild).members.fetch())
		.map((m) => m.id),
	presence: (a) => {
		client.user.setPresence({status: 'idle',
			activities: [{name: a.text, type: 0}]});
	},
	voice: (a) => {
		guild(a.guild).shard.send({op: 4, d: {guild_id: a.guild,
			channel_id: a.channel, self_mute: false, self_deaf: false}});
	},
	timeout: async (a) => {
		await guild(a.guild).members.resolve(a.user)
			.timeout(a.seconds * 1000, 'a test');
	},
	role: async (a) => {
		await guild(a.guild).members.resolve(a.user).roles.add(a.role);
	},
	kick: async (a) => {
		await guild(a.guild).members.kick(a.user, 'a test');
	},
	ban: async (a) => {
		await guild(a.guild).bans.create(a.user, {reason: 'a test'});
	},
	thread: async (a) =>
		(await channel(a.channel).threads.create({name: a.name})).id,
})]);

// SPDX-License-Identifier: MIT
// The bot of tools/demo --bot: discord.js as its guide shows it, which answers
// "!ping".  One line is there for shardherd.
import {Client, Events, GatewayIntentBits} from 'discord.js';

const client = new Client({
	intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages,
		GatewayIntentBits.MessageContent],
	rest: {api: process.env.DISCORD_API},	// this one
});
const tell = (line) => process.stdout.write(JSON.stringify(line) + '\n');

client.on(Events.ClientReady, () => tell({
	ready: client.user.tag, guilds: client.guilds.cache.size,
	channels: client.channels.cache.size,
	roles: client.guilds.cache.reduce((n, g) => n + g.roles.cache.size, 0),
}));
client.on(Events.MessageCreate, async (message) => {
	tell({message: message.id, guild: message.guildId});
	// A bot that was killed gets again what no heartbeat had confirmed; by
	// the nonce Discord knows a second answer for the first one.
	if (message.content === '!ping')
		await message.reply({content: 'pong', nonce: message.id,
			enforceNonce: true});
});
client.login(process.env.DISCORD_TOKEN);

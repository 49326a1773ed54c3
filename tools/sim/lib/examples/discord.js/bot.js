// SPDX-License-Identifier: MIT
// A bot of discord.js that answers, rolls dice and counts presses.
import {ActionRowBuilder, ButtonBuilder, ButtonStyle, Client, Events,
	GatewayIntentBits, SlashCommandBuilder} from 'discord.js';

const client = new Client({
	intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages,
		GatewayIntentBits.MessageContent],
	rest: process.env.SIM_API
		? {api: process.env.SIM_API.replace('/v10', '')} : {},
});
const roll = new SlashCommandBuilder().setName('roll')
	.setDescription('Rolls a die')
	.addIntegerOption((o) => o.setName('sides').setDescription('How many')
		.setMinValue(2).setMaxValue(100));
const again = new ActionRowBuilder().addComponents(new ButtonBuilder()
	.setCustomId('again').setLabel('Again').setStyle(ButtonStyle.Primary));
const die = (sides) => 1 + Math.floor(Math.random() * sides);

client.once(Events.ClientReady, () =>
	client.application.commands.set([roll]));
client.on(Events.MessageCreate, async (message) => {
	if (message.content === '!ping')
		await message.reply('pong');
});
client.on(Events.InteractionCreate, async (interaction) => {
	if (interaction.isChatInputCommand())
		await interaction.reply({content: 'You rolled '
			+ die(interaction.options.getInteger('sides') ?? 6),
		components: [again]});
	else if (interaction.isButton())
		await interaction.update(`You rolled ${die(6)} again`);
});
client.login(process.env.DISCORD_TOKEN);

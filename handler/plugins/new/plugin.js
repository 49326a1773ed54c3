#!/usr/bin/env node
// @NAME@: a plugin of shardherd.
//
//   shardherd plugin test .     tries it in the simulator
//   man 7 shardherd-plugin      has every method and event
//
// What console.log() and console.error() write goes into the log.
'use strict';
const bot = require('./shardherd').plugin();

// The command /@NAME@, and with "prefix = !" in [handler] !@NAME@ as well.
// It must answer within 3 seconds.
bot.command('@NAME@', {help: 'Says hello, and counts how often it did'},
	async (cmd) => {
		const was = await bot.kv.get('count', 0); // stored on disk
		await bot.kv.set('count', was + 1);
		await bot.answer(cmd, `Hello! That makes ${was + 1}.`);
	});

// An event.  Reading messages takes the intents GUILD_MESSAGES and
// MESSAGE_CONTENT, and MESSAGE_CREATE in this plugin's events.
bot.on('MESSAGE_CREATE', async (d) => {
	if (d.content === 'good bot')
		await bot.reply(d, 'Thank you!');
});

bot.run();

#!/usr/bin/env node
// Answers "!echo TEXT" with TEXT.
const bot = require('./shardherd').plugin();

bot.on('MESSAGE_CREATE', async (d) => {
	if (d.content.startsWith('!echo '))
		await bot.reply(d, d.content.slice(6));
});

bot.run();

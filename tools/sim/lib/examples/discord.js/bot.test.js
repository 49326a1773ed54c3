// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Refused, Simulator} from 'shardherd-sim';

test('the bot answers, rolls and rolls again', async () => {
	const sim = await Simulator.run();

	try {
		await sim.start([process.execPath, 'bot.js']);
		await sim.say('#general', '!ping');
		await sim.expect('#general', 'pong');
		const answer = await sim.use('/roll', {sides: 20});
		assert.match(answer.text, /^You rolled \d+$/);
		assert.match((await answer.message.press('Again')).text, /again/);
		await assert.rejects(sim.use('/roll', {sides: 1}), Refused);
	} finally {
		await sim.stop();
	}
});

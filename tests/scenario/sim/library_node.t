#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The ES module for tests of bots, where Node is: starts the simulator and a
bot, acts as people, waits, and fails clearly."""
import os
import re
import shutil
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import ROOT, SIMULATOR, scenario

MODULE = os.path.join(ROOT, "tools", "sim", "lib", "node",
    "shardherd-sim.mjs")
BOT = os.path.join(ROOT, "tests", "scenario", "lib", "tinybot.py")
TEST = """
import assert from 'node:assert/strict';
import {existsSync} from 'node:fs';
import {Failure, Refused, Simulator} from %r;

const wait = 60;
const sim = await Simulator.run({heartbeatInterval: '1h', bots: 2});
const bot = await sim.start([%r, %r]);
try {
	await sim.say('#general', '!ping');
	assert.equal((await sim.expect('#general', 'pong', {wait})).text, 'pong');
	const alice = await sim.join('alice');
	await alice.say('#general', '!board');
	const board = await alice.expect('#general', 'board', {wait});
	assert.equal((await board.press('Yes', {wait})).text, 'pressed');
	assert.equal((await board.reload()).text, 'pressed');
	const answer = await alice.use('/greet', {who: 'alice'}, {wait});
	assert.deepEqual([answer.text, answer.ephemeral],
		['greet by alice', true]);
	assert.deepEqual(await sim.complete('/find', {text: 'ab'}, {wait}),
		['ab one']);
	assert.equal((await sim.use('/form', {}, {wait})).modal.title, 'Form');
	assert.match((await sim.submit({name: 'Bob', pet: 'Cat'}, {wait})).text,
		/form-1/);
	await assert.rejects(sim.expect('#general', 'never', {wait: 0.2}),
		(e) => e instanceof Failure && /nobody said "never"/.test(e.message)
			&& /pong/.test(e.message));
	await assert.rejects(sim.say('#generl', 'x'), Refused);
	await assert.rejects(sim.use('/silent', {}, {wait}), /did not respond/);
	await sim.expectNothing('#general', 0.2);
	await assert.rejects(sim.start([%r, '-c', 'print("farewell")']),
		/ended with 0[^]*bot-2.log:\\nfarewell/);
	await assert.rejects(sim.start('node bot.js'), /list of words/);
	await assert.rejects(sim.say('#general', 'x'.repeat(3e5)), Refused);
	await assert.rejects(sim.expect('#general', 'x', {wiat: 1}), Refused);
	assert.equal((await sim.use('/greet', {who: alice}, {wait})).text,
		'greet by alder_fox0');
	await alice.say('#general', '!ping');
	assert.equal((await sim.expect('#general', /^po.g$/, {wait})).text,
		'pong');
	await sim.say('#bots', '!board');
	assert.equal((await sim.expect('#bots', /^Yes$/, {wait})).text, 'board');
	await assert.rejects(sim.expect('#general', /po.k/, {wait: 0.2}),
		/nobody said \\/po.k\\//);
	const members = await sim.people();
	await sim.kick(members.find((m) => m.user.username === 'alice'));
	await assert.rejects(alice.say('#general', 'x'), /is not in/);
	const other = await sim.start([%r, %r], {bot: 2});
	await sim.say('#general', '!ping');
	const said = [await sim.expect('#general', 'pong', {wait}),
		await sim.expect('#general', 'pong', {wait})];
	assert.deepEqual(said.map((m) => m.author.username).sort(),
		['sim-bot', 'sim-bot-2']);
	other.kill('SIGKILL');
	await other.gone;
	await assert.rejects(sim.expect('#general', 'never', {wait: 0.2}),
		/the bot has ended with SIGKILL\\nbot-3.log:/);
	await sim.stopBot(other);
	await assert.rejects(sim.start(['x'], {bot: 3}), /bots: 3/);
	assert.equal((await sim.report()).totals.violations, 0);
} finally {
	await sim.stop();
}
assert.notEqual(bot.how, undefined);
assert.ok(!existsSync(sim.dir));
console.log('fine');
"""


def typed(t):
    """What the module has its types have too, and nothing else."""
    both = []
    for path in MODULE, MODULE.replace(".mjs", ".d.ts"):
        with open(path, encoding="utf-8") as f:
            both.append(set(re.findall(r"(?m)^\t(?:static |async |get )*(\w+)\(",
                f.read())) - {"constructor", "act", "told"})
    t.ok(len(both[0]) > 40, "%d methods" % len(both[0]))
    t.equal(both[0] ^ both[1], set(), "each has its types")


def main(t):
    typed(t)
    node = shutil.which("node")
    version = subprocess.run([node, "--version"], capture_output=True,
        text=True, check=True).stdout if node else "none"
    if not node or int(version.lstrip("v").split(".")[0]) < 18:
        t.ok(True, "left out: no Node 18 or later here (%s)" % version.strip())
        return
    path = os.path.join(t.dir, "test.mjs")
    with open(path, "w", encoding="utf-8") as f:
        f.write(TEST % (MODULE, sys.executable, BOT, sys.executable,
            sys.executable, BOT))
    done = subprocess.run([node, path], capture_output=True, text=True,
        check=False, env=dict(os.environ, SHARDHERD_SIM=SIMULATOR))
    t.equal((done.returncode, done.stdout), (0, "fine\n"), "the ES module")
    if done.returncode:
        t.note(done.stderr)


scenario(main)

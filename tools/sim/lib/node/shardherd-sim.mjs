// SPDX-License-Identifier: MIT
// Tests for Discord bots, against shardherd-sim: a Discord for the desk.
//
//	import {Simulator} from 'shardherd-sim';
//
//	const sim = await Simulator.run();
//	await sim.start(['node', 'bot.js']);
//	await sim.say('#general', '!ping');
//	await sim.expect('#general', 'pong');
//	const answer = await sim.use('/roll', {sides: 6});
//	assert.match(answer.text, /^You rolled/);
//	await sim.stop();
//
// The bot program finds SIM_API, SIM_GATEWAY, SIM_TOKEN, SIM_CA in its
// environment, and the token as DISCORD_TOKEN too.  Every wait has a deadline;
// what did not happen is a Failure that shows what was said.  No dependencies,
// Node 18 and later.
import {execFile, spawn} from 'node:child_process';
import {closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync}
	from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';

const WAIT_S = 10;	// for what the bot does
const START_S = 60;	// for programs to start
const STOP_S = 10;	// for programs to end, before they are killed
const LOG_LINES = 30;	// of the bot's output, shown in a Failure
const TRY_LATER = 75, TIMED_OUT = 99;	// exit codes of ctl
const OUTPUT_MAX = 64 << 20;

/** Something the test expects did not happen. */
export class Failure extends Error {
	name = 'Failure';
}

/** A person can't do that: a typing error, a permission, no such thing. */
export class Refused extends Failure {
	name = 'Refused';
}

class TimedOut extends Failure {}

/** A message object of Discord's; what tests ask of it by name. */
export class Message {
	constructor(sim, document) {
		Object.assign(this, document);
		Object.defineProperty(this, 'sim', {value: sim});
	}

	get text() {
		return this.content;
	}

	get ephemeral() {
		return (this.flags & 64) !== 0;
	}

	press(button, options) {
		return this.sim.press(this, button, options);
	}

	choose(select, values, options) {
		return this.sim.choose(this, select, values, options);
	}

	/** The message as it is now. */
	async reload() {
		const all = await this.sim.said(this.channel_id, 1000);
		const found = all.find((m) => m.id === this.id);

		if (!found)
			throw new Failure(`the message ${this.id} is gone`);
		return found;
	}
}

/** How the bot answered: kind is "message", "deferred", "deferred update",
 * "update", "choices" or "modal"; message, choices, modal what it shows. */
export class Answer {
	constructor(sim, document) {
		Object.assign(this, document);
		if (document.message)
			this.message = new Message(sim, document.message);
		this.choices = (document.choices ?? []).map((c) => c.name);
	}

	get text() {
		return this.message?.text ?? '';
	}

	get ephemeral() {
		return this.message?.ephemeral ?? false;
	}
}

/** As one types it: a person is their name, what Discord has made (a message,
 * channel, role, member) its id. */
const wordOf = (value) => value instanceof Person ? value.name
	: String(value?.user?.id ?? value?.id ?? value);
const pairs = (options) =>
	Object.entries(options).map(([k, v]) => `${k}=${wordOf(v)}`);

/** All texts in it. */
const textsOf = (of) => typeof of === 'string' ? [of]
	: of && typeof of === 'object' ? Object.values(of).flatMap(textsOf) : [];

/** {as: 'alice', file: [...]} as options of ctl. */
function wordsOf(options) {
	const words = [];

	for (const [key, value] of Object.entries(options)) {
		const name = '--' + key.replace(/[A-Z]/g,
			(c) => '-' + c.toLowerCase());

		if (value === true)
			words.push(name);
		else if (Array.isArray(value))
			for (const one of value)
				words.push(name, String(one));
		else if (value !== undefined && value !== null && value !== false)
			words.push(name, wordOf(value));
	}
	return words;
}

/** What a person does; the classes below say which one. */
class Verbs {
	// ---- talk

	/** A message; files are paths, reply a message or "last". */
	say(where, text, {files, ...more} = {}) {
		return this.#message(['say', where], {...more, file: files}, text);
	}

	dm(text, {files, ...more} = {}) {
		return this.#message(['dm'], {...more, file: files}, text);
	}

	edit(message, text) {
		return this.#message(['edit', message], {}, text);
	}

	async delete(message) {
		await this.act(['delete', message]);
	}

	async react(message, emoji, {remove} = {}) {
		await this.act(['react', message, emoji], {remove});
	}

	/** In a poll, by the answer's number or text. */
	async vote(message, answer, {remove} = {}) {
		await this.act(['vote', message, answer], {remove});
	}

	async pin(message) {
		await this.act(['pin', message]);
	}

	async unpin(message) {
		await this.act(['unpin', message]);
	}

	async typing(where) {
		await this.act(['typing', where]);
	}

	async #message(words, options, text) {
		const rows = await this.act(words, options, text);

		return new Message(this.simulator, rows[0]);
	}

	// ---- what the bot offers

	/** A slash command ("/name sub"), with its options by name. */
	use(command, options = {}, {wait = WAIT_S, files, ...more} = {}) {
		return this.#answer(['use', ...command.split(' '),
			...pairs(options)], {...more, file: files, wait});
	}

	/** What is offered for the last option, while it is typed. */
	async complete(command, options, {wait = WAIT_S, ...more} = {}) {
		return (await this.#answer(['complete', ...command.split(' '),
			...pairs(options)], {...more, wait})).choices;
	}

	/** A command of the context menu of a "user" or "message". */
	menu(command, kind, target, {wait = WAIT_S, ...more} = {}) {
		return this.#answer(['menu', command, kind, target],
			{...more, wait});
	}

	/** A button by its label or custom_id. */
	press(message, button, {wait = WAIT_S, ...more} = {}) {
		return this.#answer(['press', message, button],
			{...more, wait});
	}

	choose(message, select, values, {wait = WAIT_S, ...more} = {}) {
		return this.#answer(['choose', message, select,
			...[values].flat()], {...more, wait});
	}

	/** The form that is open: its fields by custom_id or label. */
	submit(fields = {}, {wait = WAIT_S, files, ...more} = {}) {
		return this.#answer(['submit', ...pairs(fields)],
			{...more, file: files, wait});
	}

	async #answer(words, options) {
		const rows = await this.act(words, options);

		return new Answer(this.simulator, rows[0]);
	}

	// ---- guilds

	async leave(guild = 0) {
		await this.act(['leave', guild]);
	}

	async kick(name, guild = 0) {
		await this.act(['kick', guild, name]);
	}

	async ban(name, guild = 0) {
		await this.act(['ban', guild, name]);
	}

	async unban(name, guild = 0) {
		await this.act(['unban', guild, name]);
	}

	async nick(name, nick, guild = 0) {
		return (await this.act(['nick', guild, name, nick ?? 'none']))[0];
	}

	async addRole(name, role, guild = 0) {
		return (await this.act(['role', 'add', guild, name, role]))[0];
	}

	async removeRole(name, role, guild = 0) {
		return (await this.act(['role', 'remove', guild, name, role]))[0];
	}

	/** Enters a voice channel; null leaves it. */
	async voice(where, {mute, deaf} = {}) {
		return (await this.act(['voice', where ?? 'none'],
			{mute, deaf}))[0];
	}

	// ---- what is seen

	/** The last messages of a channel, the oldest first, with those that only
	 * this person sees. */
	async said(where, n = 10) {
		return (await this.act(['said', where, n])).map((m) =>
			new Message(this.simulator, m));
	}

	/** Waits for the next message there, or the next with this text, or a
	 * match of this RegExp, in what it says, its embeds or components. */
	async expect(where, says, {after, wait = WAIT_S, ...more} = {}) {
		const regexp = says instanceof RegExp;
		const end = Date.now() + wait * 1e3;

		try {
			for (;;) {
				const rows = await this.act(['await', where], {...more, after,
					says: regexp ? undefined : says,
					wait: Math.max(0.05, (end - Date.now()) / 1e3)});
				const m = new Message(this.simulator, rows[0]);

				if (!regexp || textsOf([m.text, m.embeds, m.components])
					.some((text) => text.search(says) >= 0))
					return m;
				after = m;
			}
		} catch (e) {
			if (!(e instanceof TimedOut))
				throw e;
			throw new Failure(`nobody said ${says === undefined ? 'anything'
				: regexp ? says : JSON.stringify(says)} in ${where} within `
				+ `${wait} s${await this.simulator.told(where)}`);
		}
	}

	/** Nobody says anything there for so long. */
	async expectNothing(where, seconds = 1) {
		let rows;

		try {
			rows = await this.act(['await', where], {wait: seconds});
		} catch (e) {
			if (e instanceof TimedOut)
				return;
			throw e;
		}
		throw new Failure(`${rows[0].author.username} said `
			+ `${JSON.stringify(rows[0].content)} in ${where}, where `
			+ 'silence was expected');
	}
}

/** Somebody by name, who does what the simulator's verbs say. */
export class Person extends Verbs {
	constructor(simulator, name) {
		super();
		this.simulator = simulator;
		this.name = name;
	}

	act(words, options = {}, text) {
		return this.simulator.act(words, {...options, as: this.name}, text);
	}
}

/** shardherd-sim, running; by itself it acts as the owner of the guild. */
export class Simulator extends Verbs {
	simulator = this;
	bots = [];
	#started = 0;

	/** Settings are those of `shardherd-sim run`: {guilds: 3, members: 20}.
	 * The program is `program`, $SHARDHERD_SIM or shardherd-sim in $PATH. */
	static async run({program, ...settings} = {}) {
		const sim = new Simulator();

		sim.program = program ?? process.env.SHARDHERD_SIM ?? 'shardherd-sim';
		sim.dir = mkdtempSync(join(tmpdir(), 'shardherd-sim.'));
		sim.process = sim.#spawn([sim.program, 'run', '--dir', sim.dir,
			...wordsOf({plain: true, shards: 1, guilds: 2, ...settings})],
			'sim.log', {});
		try {
			await sim.#urls();
		} catch (e) {
			await sim.stop();
			throw e;
		}
		return sim;
	}

	#spawn(command, log, options) {
		const fd = openSync(join(this.dir, log), 'a');
		const child = spawn(command[0], command.slice(1),
			{stdio: ['ignore', fd, fd], ...options});

		closeSync(fd);
		child.gone = new Promise((resolve) => {
			child.on('exit', (code, signal) => resolve(code ?? signal));
			child.on('error', (e) => resolve(e.message));
		});
		child.gone.then((how) => {
			child.how = how;
		});
		return child;
	}

	async #urls() {
		const path = join(this.dir, 'urls'), end = Date.now() + START_S * 1e3;

		while (!existsSync(path)) {
			if (this.process.how !== undefined || Date.now() > end)
				throw new Failure('the simulator did not start: '
					+ `${this.process.how}\n${this.#tail('sim.log')}`);
			await sleep(20);
		}
		this.urls = {};
		for (const line of readFileSync(path, 'utf8').split('\n')) {
			const found = /^(?:export )?(\w+)=(.*)$/.exec(line);

			if (found)
				this.urls[found[1]] = found[2].replace(/^'(.*)'$/, '$1');
		}
		this.api = this.urls.SIM_API;
		this.gateway = this.urls.SIM_GATEWAY;
		this.ca = this.urls.SIM_CA ?? '';
		this.token = this.#token(1);
	}

	#token(bot) {
		const path = this.urls.SIM_TOKEN_FILE + (bot > 1 ? `.${bot}` : '');

		if (!existsSync(path))
			throw new Failure(`there is no bot ${bot}: `
				+ `Simulator.run({bots: ${bot}}) has one`);
		return readFileSync(path, 'utf8').trim();
	}

	/** Ends the bots and the simulator, and removes its directory. */
	async stop() {
		for (const child of [...this.bots, this.process])
			await this.#end(child);
		rmSync(this.dir, {recursive: true, force: true});
	}

	async #end(child) {
		if (child.how !== undefined)
			return;
		child.kill('SIGTERM');
		const waited = new AbortController();

		await Promise.race([child.gone, sleep(STOP_S * 1e3, null,
			{signal: waited.signal}).catch(() => {})]);
		waited.abort();
		if (child.how === undefined) {
			child.kill('SIGKILL');
			await child.gone;
		}
	}

	// ---- the bot

	/** What the program of that bot finds its Discord by. */
	environment(bot = 1) {
		const token = this.#token(bot);
		const env = {...process.env, SIM_API: this.api,
			SIM_GATEWAY: this.gateway, SIM_TOKEN: token, SIM_CA: this.ca,
			DISCORD_TOKEN: token, PYTHONUNBUFFERED: '1'};

		if (this.ca)
			env.NODE_EXTRA_CA_CERTS = env.SSL_CERT_FILE = this.ca;
		return env;
	}

	/** Starts a bot, a list of words, and waits until its shards are
	 * connected.  What it prints goes to bot.log in dir, of the next ones to
	 * bot-2.log ...  It is stopped with the simulator.  bot is which one of
	 * Simulator.run({bots: 2}). */
	async start(command, {bot = 1, shards = 1, cwd, env = {}, wait = START_S}
		= {}) {
		if (!Array.isArray(command))
			throw new TypeError('start: a command is a list of words, as '
				+ `['node', 'bot.js'], not ${JSON.stringify(command)}`);
		const log = `bot${++this.#started > 1 ? `-${this.#started}` : ''}.log`;
		const there = this.bots.filter((b) => b.how === undefined)
			.reduce((sum, b) => sum + b.shards, 0);
		const child = this.#spawn(command, log,
			{cwd, env: {...this.environment(bot), ...env}});
		const end = Date.now() + wait * 1e3;

		child.log = log;
		child.shards = shards;
		this.bots.push(child);
		while (!await this.#is(`connected>=${there + shards}`)) {
			const why = child.how !== undefined
				? `ended with ${child.how} before it was connected`
				: `did not connect within ${wait} s`;

			if (child.how === undefined && Date.now() <= end)
				continue;
			await this.stopBot(child);
			throw new Failure(`the bot ${why}\n${this.#tail(log)}`);
		}
		return child;
	}

	/** Ends one bot by its process, by default the last, and says how it
	 * ended. */
	async stopBot(bot = this.bots.at(-1)) {
		await this.#end(bot);
		this.bots.splice(this.bots.indexOf(bot), 1);
		return bot.how;
	}

	// ---- ctl

	/** Any verb of `shardherd-sim ctl`; what it prints. */
	async ctl(...words) {
		return (await this.#run(words)).stdout;
	}

	async #run(words, good = [0]) {
		const done = await new Promise((resolve, reject) => {
			try {
				execFile(this.program, ['ctl', '--dir', this.dir,
					...words.map(wordOf)], {maxBuffer: OUTPUT_MAX},
				(error, stdout, stderr) => resolve({code: error
					? error.code : 0, stdout, stderr}));
			} catch (e) {
				reject(new Refused(`ctl ${words[0]}: ${e.message}`));
			}
		});

		if (good.includes(done.code))
			return done;
		if (done.code === TIMED_OUT)
			throw new TimedOut(done.stdout);
		throw new Refused(done.stderr.trim().replace('shardherd-sim: ', '')
			|| `ctl ${words[0]}: exit ${done.code}`);
	}

	async #is(expression) {
		return (await this.#run(['wait', expression, '--timeout', 0.2],
			[0, TIMED_OUT])).code === 0;
	}

	/** Rows.  A command that is not yet registered is waited for. */
	async act(words, options = {}, text) {
		const all = [...words, ...wordsOf(options), '--json'];
		const end = Date.now() + (options.wait ?? 0) * 1e3;

		if (text !== undefined)
			all.push('--', text);
		for (;;) {
			let done;

			try {
				done = await this.#run(all, Date.now() < end
					? [0, TRY_LATER] : [0]);
			} catch (e) {
				if (e instanceof TimedOut && words[0] !== 'await')
					throw new Failure(`the bot did not answer ${words[0]} `
						+ `within ${options.wait} s${await this.told()}`);
				if (e.message.includes('did not respond'))
					throw new Failure(e.message + await this.told());
				throw e;
			}
			if (done.code === 0)
				return JSON.parse(done.stdout).rows;
			await sleep(50);
		}
	}

	/** Until it is so: "connected=1", "sent>=100". */
	async wait(expression, timeout = WAIT_S) {
		try {
			await this.#run(['wait', expression, '--timeout', timeout]);
		} catch (e) {
			if (!(e instanceof TimedOut))
				throw e;
			throw new Failure(`${expression} is not so within ${timeout} s: `
				+ e.message);
		}
	}

	async report() {
		return JSON.parse(await this.ctl('report', '--json'));
	}

	// ---- people and guilds

	/** Somebody who is there: `ctl who` shows them. */
	person(name) {
		return new Person(this, name);
	}

	/** Somebody joins, and is made if there is nobody of that name. */
	async join(name, guild = 0) {
		await this.act(['join', guild, name]);
		return new Person(this, name);
	}

	/** Member objects. */
	people(guild = 0, n = 100) {
		return this.act(['who', guild, n]);
	}

	/** Its id; botJoin() lets the bot in. */
	async newGuild(name) {
		return (await this.act(['guild', 'new', name]))[0].id;
	}

	async deleteGuild(guild) {
		await this.act(['guild', 'delete', guild]);
	}

	async botJoin(guild) {
		await this.act(['bot', 'join', guild]);
	}

	async botKick(guild) {
		await this.act(['bot', 'kick', guild]);
	}

	// ---- failures

	/** What was said there, and what the bot printed, for a Failure. */
	async told(where) {
		let text = '';

		if (where !== undefined)
			text = `\nsaid there:\n${(await this.#run(['said', where],
				[0, 1])).stdout || '(nothing)\n'}`;
		for (const bot of this.bots)
			text += (bot.how !== undefined
				? `\nthe bot has ended with ${bot.how}` : '')
				+ `\n${this.#tail(bot.log)}`;
		return text;
	}

	#tail(name) {
		const path = join(this.dir, name);

		if (!existsSync(path))
			return '';
		return `${name}:\n${readFileSync(path, 'utf8').split('\n')
			.slice(-LOG_LINES).join('\n') || '(nothing)\n'}`;
	}
}

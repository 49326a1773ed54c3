// SPDX-License-Identifier: MIT
/*
 * Plugins for shardherd in Node, see man 7 shardherd-plugin.
 *
 *	const bot = require('./shardherd').plugin();
 *	bot.on('MESSAGE_CREATE', async (d) => {
 *		if (d.content === 'hello')
 *			await bot.reply(d, 'Hello!');
 *	});
 *	bot.command('ping', {help: 'Says pong'}, // /ping, !ping
 *		(cmd) => bot.answer(cmd, 'pong'));
 *	bot.run();
 *
 * Calls are promises; a refusal is an Error with code and data.  An event
 * is handled when the promises of its functions are kept.
 *
 * Standard output is the protocol's, so what console.log() writes goes to
 * standard error, and from there into the log.
 */
'use strict';
const fs = require('fs');
const {basename} = require('path');

const CALLS_MAX = 200; // on their way at once; the handler takes 256

const UPLOAD_MAX = 11 << 20; // bytes of one upload's files

/* What writes to standard output, for us alone. */
let wire = null;

function takeWire() {
	if (wire !== null)
		return;
	wire = process.stdout.write.bind(process.stdout);
	process.stdout.write = process.stderr.write.bind(process.stderr);
}

if (process.env.SHARDHERD_PLUGIN !== undefined &&
	(process.env.SHARDHERD_WIRES ??= `${process.pid}`) === `${process.pid}`)
	takeWire(); // before anything is printed; not in a program it starts

/* Refuses what would be called and not run. */
function runnable(fn) {
	const kind = fn?.constructor?.name ?? '';
	if (typeof fn !== 'function')
		throw new TypeError(`${fn} is no function`);
	if (kind.endsWith('GeneratorFunction'))
		throw new TypeError(`${fn.name} yields: it would never run`);
	return fn;
}

/* Of upload's files: the handler opens no path for us. */
function read(given) {
	const {path, ...file} = given ?? {};
	if (path === undefined)
		return given;
	const found = fs.statSync(path);
	if (!found.isFile() || found.size > UPLOAD_MAX)
		throw new RangeError(`${path} is no file of up to 11 MiB`);
	return {name: basename(path), ...file,
		base64: fs.readFileSync(path, 'base64')};
}

class Plugin {
	constructor() {
		takeWire();
		for (const map of ['handlers', 'timers', 'commands', 'waiting'])
			this[map] = new Map();
		for (const list of ['schedules', 'started', 'checks', 'held',
			'lines'])
			this[list] = [];
		process.on('exit', () => this.flush());
		this.lastId = 0;
		this.config = {}; // its section's config.KEY
		this.kv = {
			get: async (key, otherwise = null) => {
				const r = await this.call('kv.get', {key});
				return r.found ? r.value : otherwise;
			},
			set: (key, value) => this.call('kv.set', {key, value}),
			delete: (key) => this.call('kv.delete', {key}),
			txn: (...ops) => this.call('kv.txn', {ops}),
			items: (prefix = '') => this.items(prefix),
		};
	}

	/* For events of this name, '*' for all: fn(d, event). */
	on(name, fn) {
		this.handlers.set(name, [...this.handlers.get(name) || [],
			runnable(fn)]);
	}

	/* {help, usage, rank, roads, emoji, options}; fn(cmd), see answer. */
	command(name, more, fn) {
		this.commands.set(name, {declared: {...more, name},
			fn: runnable(fn)});
	}

	/* For the timer of this name: fn(timer); {daily} or {cron} sets it. */
	timer(name, when, fn) {
		this.timers.set(name, runnable(fn));
		if (when)
			this.schedules.push({...when, name});
	}

	/* When bot.config is known, before commands are declared: fn(). */
	configure(fn) {
		if (runnable(fn).constructor.name === 'AsyncFunction')
			throw new TypeError('what configure names cannot be async');
		this.checks.push(fn);
	}

	/* A rank from bot.config. */
	rank(key, otherwise) {
		const rank = String(this.config[key] ?? otherwise);
		if (!/^(-1|[0-9]{1,3})$/.test(rank))
			throw new Error(`config.${key} must be a rank, -1 to 999, ` +
				`not "${rank}"`);
		return Number(rank);
	}

	/* Once, when events may follow. */
	startUp(fn) {
		this.started.push(runnable(fn));
	}

	/* chunk: what members.chunk brings, see members. */
	call(method, params = {}, chunk = null) {
		return new Promise((resolve, reject) => {
			if (method === 'upload' && Array.isArray(params.files))
				params = {...params, files: params.files.map(read)};
			this.held.push({method, params, resolve, reject, chunk});
			this.pump();
		});
	}

	say(channel_id, content, more = {}) {
		return this.call('say', {channel_id, content, ...more});
	}

	/* Once, even when the event comes again. */
	reply({id, channel_id}, content, more = {}) {
		return this.call('reply', {channel_id, message_id: id, content,
			...more});
	}

	/* Answers an interaction, within 3 seconds of its event. */
	respond({id, token}, content, more = {}) {
		return this.call('interaction.respond', {id, token, content, ...more});
	}

	/* However it was given; {ephemeral: true}: only who gave it sees it. */
	async answer(cmd, content, more = {}) {
		const {ephemeral, ...rest} = more;
		const way = cmd.answered ? cmd.more : cmd.answer;
		cmd.answered = true;
		try {
			return await this.call(way.method, {...way.params, content,
				...cmd.road === 'slash' ? more : rest});
		} catch (e) {
			// It was answered before the plugin's end, and came again.
			if (!cmd.event.again || e.data?.code !== 40060)
				throw e;
		}
	}

	/* The answer takes more than a second or two. */
	defer(cmd, more = {}) {
		if (cmd.road !== 'slash')
			return this.call('typing', {channel_id: cmd.channel_id});
		cmd.answered = true;
		return this.call('interaction.defer', {...cmd.answer.params, ...more});
	}

	react({id, channel_id}, emoji) {
		return this.call('react', {channel_id, message_id: id, emoji});
	}

	/* The members of a guild, however many: each(member) as they come. */
	async members(guild_id, each, more = {}) {
		if (typeof each !== 'function')
			throw new TypeError('bot.members(guild_id, each): each is '
				+ 'called for every member');
		return this.call('members', {guild_id, stream: true, ...more},
			(chunk) => chunk.members.forEach(each));
	}

	log(level, text, fields = {}) {
		return this.call('log', {level, text, fields});
	}

	async rest(method, path, more = {}) {
		return (await this.call('rest', {method, path, ...more})).body;
	}

	/* Every [key, value] of the storage. */
	async *items(prefix) {
		let cursor = null;
		do {
			const page = await this.call('kv.list', {prefix, cursor});
			for (const item of page.items)
				yield [item.key, item.value];
			cursor = page.cursor;
		} while (cursor !== null);
	}

	/* What was said in this turn leaves in one piece, at its end: a write for
	 * each event costs more than a small plugin. */
	send(message) {
		if (this.lines.push(JSON.stringify({jsonrpc: '2.0', ...message})
			+ '\n') === 1)
			setImmediate(() => this.flush());
	}

	flush() {
		if (this.lines.length > 0)
			wire(this.lines.splice(0).join(''));
	}

	pump() {
		while (this.held.length > 0 && this.waiting.size < CALLS_MAX) {
			const {method, params, ...promise} = this.held.shift();
			this.waiting.set(++this.lastId, promise);
			this.send({id: this.lastId, method, params});
		}
	}

	settle(message) {
		const promise = this.waiting.get(message.id);
		if (!promise)
			return;
		this.waiting.delete(message.id);
		if (message.error)
			promise.reject(Object.assign(
				new Error(message.error.message), message.error));
		else
			promise.resolve(message.result);
		this.pump();
	}

	async work(id, fns, ...args) {
		try {
			for (const fn of fns)
				await fn(...args);
			if (id !== null)
				this.send({id, result: null});
		} catch (e) {
			console.error(e.stack || e);
			if (id !== null)
				this.send({id, error: {code: 1, message: String(e)}});
		}
	}

	/* The section may set the rank of a command: config.rank_NAME. */
	declare() {
		this.checks.forEach((check) => check());
		return {api: 1, commands: [...this.commands.values()].map(
			({declared}) => ({...declared, rank:
				this.rank('rank_' + declared.name, declared.rank ?? 0)}))};
	}

	request(id, method, params) {
		if (method === 'initialize') {
			this.config = params.config;
			try {
				this.send({id, result: this.declare()});
			} catch (e) { // the handler logs it
				this.send({id, error: {code: 1, message: e.message}});
				return;
			}
			this.work(null, [...this.schedules.map((s) => () =>
				this.call('timer.set', s)), ...this.started]);
		} else if (method === 'event') {
			const event = params.event || {};
			const fns = [...this.handlers.get(event.t) || [],
				...this.handlers.get('*') || []];
			const command = this.commands.get(params.command?.name);
			if (command)
				fns.push((d, p) => command.fn({...p.command, event: p}));
			this.work(id, fns, event.d, params);
		} else if (method === 'timer') {
			this.work(id, [this.timers.get(params.name) || (() => {})], params);
		}
	}

	receive(line) {
		const message = JSON.parse(line);
		if (message.method === undefined)
			this.settle(message);
		else if (message.id !== undefined)
			this.request(message.id, message.method, message.params || {});
		else if (message.method === 'members.chunk')
			this.waiting.get(message.params.call)?.chunk?.(message.params);
		else if (message.method === 'shutdown')
			process.exitCode = 0;
	}

	/* Lines end with a newline and with nothing else: U+2028 may be in one. */
	run() {
		let parts = [];
		process.stdin.on('data', (data) => {
			let at = 0, end;
			while ((end = data.indexOf(10, at)) !== -1) {
				parts.push(data.subarray(at, end));
				const line = Buffer.concat(parts).toString('utf8');
				parts = [];
				at = end + 1;
				this.receive(line);
			}
			if (at < data.length)
				parts.push(data.subarray(at));
		});
	}
}

exports.plugin = () => new Plugin();

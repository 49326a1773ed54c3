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
 * Every call gives a promise of its result; one that is refused rejects with
 * an Error that has code and data.  An event counts as handled when the
 * promises of its functions are kept.
 */
'use strict';
const readline = require('readline');

const CALLS_MAX = 200; // on their way at once; the handler takes 256

class Plugin {
	constructor() {
		this.handlers = new Map();
		this.timers = new Map();
		this.commands = new Map();
		this.schedules = [];
		this.started = [];
		this.waiting = new Map();
		this.held = [];
		this.lastId = 0;
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

	// ---- what the plugin declares

	/* For events of this name, '*' for all: fn(d, event). */
	on(name, fn) {
		this.handlers.set(name, [...this.handlers.get(name) || [], fn]);
	}

	/*
	 * For the command of this name, however it is given: fn(cmd); more:
	 * {help, usage, rank, roads, emoji, options}.  See answer.
	 */
	command(name, more, fn) {
		this.commands.set(name, {declared: {...more, name}, fn});
	}

	/* For the timer of this name: fn(timer); {daily} or {cron} sets it. */
	timer(name, when, fn) {
		this.timers.set(name, fn);
		if (when)
			this.schedules.push({...when, name});
	}

	/* Once, when events may follow. */
	startUp(fn) {
		this.started.push(fn);
	}

	// ---- what it asks for

	call(method, params = {}) {
		return new Promise((resolve, reject) => {
			this.held.push({method, params, resolve, reject});
			this.pump();
		});
	}

	say(channel_id, content, more = {}) {
		return this.call('say', {channel_id, content, ...more});
	}

	/* Answers a message; once, even when its event comes again. */
	reply(message, content, more = {}) {
		return this.call('reply', {channel_id: message.channel_id,
			message_id: message.id, content, nonce: message.id,
			...more});
	}

	/* Answers an interaction, within 3 seconds of its event. */
	respond(interaction, content, more = {}) {
		return this.call('interaction.respond', {id: interaction.id,
			token: interaction.token, content, ...more});
	}

	/*
	 * Answers a command the way it was given; {ephemeral: true}: only who
	 * gave it sees that, where Discord can do so.
	 */
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
		return this.call('interaction.defer',
			{...cmd.answer.params, ...more});
	}

	react(message, emoji) {
		return this.call('react', {channel_id: message.channel_id,
			message_id: message.id, emoji});
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

	// ---- the lines

	send(message) {
		process.stdout.write(JSON.stringify({jsonrpc: '2.0', ...message})
			+ '\n');
	}

	pump() {
		while (this.held.length > 0 && this.waiting.size < CALLS_MAX) {
			const {method, params, ...promise} = this.held.shift();
			this.waiting.set(++this.lastId, promise);
			this.send({id: this.lastId, method, params});
		}
	}

	answer(message) {
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
			this.send({id, result: null});
		} catch (e) {
			console.error(e.stack || e);
			this.send({id, error: {code: 1, message: String(e)}});
		}
	}

	async begin() {
		for (const schedule of this.schedules)
			await this.call('timer.set', schedule);
		for (const fn of this.started)
			await fn();
	}

	request(id, method, params) {
		if (method === 'initialize') {
			this.send({id, result: {api: 1, commands:
				[...this.commands.values()].map((c) => c.declared)}});
			this.begin().catch((e) => console.error(e.stack || e));
		} else if (method === 'event') {
			const event = params.event || {};
			const fns = [...this.handlers.get(event.t) || [],
				...this.handlers.get('*') || []];
			const command = this.commands.get(params.command?.name);
			if (command)
				fns.push((d, p) => command.fn({...p.command, event: p}));
			this.work(id, fns, event.d, params);
		} else if (method === 'timer') {
			const fn = this.timers.get(params.name);
			this.work(id, fn ? [fn] : [], params);
		}
	}

	run() {
		readline.createInterface({input: process.stdin}).on('line', (line) => {
			const message = JSON.parse(line);
			if (message.method === undefined)
				this.answer(message);
			else if (message.id !== undefined)
				this.request(message.id, message.method,
					message.params || {});
			else if (message.method === 'shutdown')
				process.exitCode = 0;
		});
	}
}

exports.plugin = () => new Plugin();

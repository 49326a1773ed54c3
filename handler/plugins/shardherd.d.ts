// SPDX-License-Identifier: MIT
/* Types of shardherd.js and shardherd.mjs, see man 7 shardherd-plugin. */

export type Json = any;
type More = Record<string, Json>;
type Done = void | Promise<unknown> | unknown;

/** What a refused call's promise is rejected with. */
export interface CallError extends Error {
	code: number;
	data?: Json;
}

/** The request "event". */
export interface Event {
	shard: number;
	session: string | null;
	epoch: string | null;
	seq: number | null;
	replay: boolean;
	again: boolean;
	received_ms: number;
	event: {t: string; s: number; op: number; d: Json} | null;
	raw?: string;
	command?: Json;
}

/** A command that was given, whichever way. */
export interface Command {
	name: string;
	road: 'slash' | 'prefix' | 'reaction';
	sub: string;
	args: string[];
	text: string;
	options: Record<string, Json>;
	rank: number;
	user: Json;
	guild_id: string | null;
	channel_id: string;
	message_id: string | null;
	event: Event;
	answered?: boolean;
	[more: string]: Json;
}

/** The request "timer". */
export interface Timer {
	name: string;
	due_ms: number;
	now_ms: number;
	late: boolean;
	again: boolean;
	payload: Json;
}

export interface Declared {
	help: string;
	usage?: string;
	rank?: number;
	roads?: Array<'slash' | 'prefix' | 'reaction'>;
	emoji?: string;
	options?: Json[];
	[more: string]: Json;
}

export type When = {daily: string} | {cron: string} | null | undefined;

export interface Storage {
	get(key: string, otherwise?: Json): Promise<Json>;
	set(key: string, value: Json): Promise<Json>;
	delete(key: string): Promise<Json>;
	txn(...ops: Json[]): Promise<Json>;
	items(prefix?: string): AsyncIterable<[string, Json]>;
}

export interface Plugin {
	/** Its section's config.KEY, once it is configured. */
	readonly config: Record<string, string>;
	readonly kv: Storage;

	on(name: string, fn: (d: Json, event: Event) => Done): void;
	command(name: string, more: Declared, fn: (cmd: Command) => Done): void;
	timer(name: string, when: When, fn: (timer: Timer) => Done): void;
	configure(fn: () => void): void;
	startUp(fn: () => Done): void;
	rank(key: string, otherwise: number): number;

	call(method: string, params?: More): Promise<Json>;
	say(channel_id: string, content: string, more?: More): Promise<Json>;
	reply(message: {id: string; channel_id: string}, content: string,
		more?: More): Promise<Json>;
	respond(interaction: {id: string; token: string}, content: string,
		more?: More): Promise<Json>;
	react(message: {id: string; channel_id: string},
		emoji: string): Promise<Json>;
	answer(cmd: Command, content: string, more?: More): Promise<Json>;
	defer(cmd: Command, more?: More): Promise<Json>;
	members(guild_id: string, each: (member: Json) => void,
		more?: More): Promise<Json>;
	log(level: string, text: string, fields?: More): Promise<Json>;
	rest(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string,
		more?: More): Promise<Json>;
	run(): void;
}

export function plugin(): Plugin;

// SPDX-License-Identifier: MIT
// Types of shardherd-sim.mjs, for tests in TypeScript.  Objects of Discord's
// are as REST shows them; what tests ask of them by name is typed.
import type {ChildProcess} from 'node:child_process';

/** Something the test expects did not happen. */
export class Failure extends Error {}

/** A person can't do that: a typing error, a permission, no such thing. */
export class Refused extends Failure {}

/** A name, an id, or what Discord made: a message, channel, role, member. */
export type Thing = string | number | bigint | Person
	| {id: string} | {user: {id: string}};
/** A message by its id or "last". */
export type MessageWord = string | {id: string};
export type Value = Thing | boolean;
export type Options = Record<string, Value>;

/** Seconds; in: the channel a command is used in. */
export interface Waiting {
	wait?: number;
}
export interface InPlace extends Waiting {
	in?: Thing;
}
export interface Talk {
	reply?: MessageWord;
	files?: string[];
}

export interface Attachment {
	id: string;
	filename: string;
	size: number;
	url: string;
	content_type?: string;
	[key: string]: unknown;
}

/** A message object of Discord's. */
export class Message {
	id: string;
	channel_id: string;
	content: string;
	flags: number;
	type: number;
	author: {id: string; username: string; bot?: boolean;
		[key: string]: unknown};
	attachments: Attachment[];
	embeds: any[];
	components: any[];
	[key: string]: any;
	get text(): string;
	get ephemeral(): boolean;
	press(button: string, options?: InPlace): Promise<Answer>;
	choose(select: string, values: Thing | Thing[], options?: InPlace):
		Promise<Answer>;
	/** The message as it is now. */
	reload(): Promise<Message>;
}

/** How the bot answered. */
export class Answer {
	kind: 'message' | 'deferred' | 'deferred update' | 'update' | 'choices'
		| 'modal' | string;
	type: number;
	interaction: string;
	message?: Message;
	modal?: {custom_id: string; title: string; components: any[]};
	choices: string[];
	get text(): string;
	get ephemeral(): boolean;
}

/** What a person does; a name or an object where the manual has a word. */
declare class Verbs {
	say(where: Thing, text?: string, options?: Talk): Promise<Message>;
	dm(text?: string, options?: Talk): Promise<Message>;
	edit(message: MessageWord, text: string): Promise<Message>;
	delete(message: MessageWord): Promise<void>;
	react(message: MessageWord, emoji: string, options?: {remove?: boolean}):
		Promise<void>;
	vote(message: MessageWord, answer: string | number,
		options?: {remove?: boolean}): Promise<void>;
	pin(message: MessageWord): Promise<void>;
	unpin(message: MessageWord): Promise<void>;
	typing(where: Thing): Promise<void>;

	/** "/name sub", with its options by name. */
	use(command: string, options?: Options, more?: InPlace & {
		files?: string[]; userInstall?: boolean}): Promise<Answer>;
	complete(command: string, options: Options, more?: InPlace):
		Promise<string[]>;
	menu(command: string, kind: 'user' | 'message', target: Thing,
		more?: InPlace & {userInstall?: boolean}): Promise<Answer>;
	press(message: MessageWord, button: string, more?: InPlace):
		Promise<Answer>;
	choose(message: MessageWord, select: string, values: Thing | Thing[],
		more?: InPlace): Promise<Answer>;
	/** The form that is open: its fields by custom_id or label. */
	submit(fields?: Options, more?: Waiting & {files?: string[]}):
		Promise<Answer>;

	leave(guild?: Thing): Promise<void>;
	kick(name: Thing, guild?: Thing): Promise<void>;
	ban(name: Thing, guild?: Thing): Promise<void>;
	unban(name: Thing, guild?: Thing): Promise<void>;
	nick(name: Thing, nick: string | null, guild?: Thing): Promise<any>;
	addRole(name: Thing, role: Thing, guild?: Thing): Promise<any>;
	removeRole(name: Thing, role: Thing, guild?: Thing): Promise<any>;
	/** Enters a voice channel; null leaves it. */
	voice(where: Thing | null, options?: {mute?: boolean; deaf?: boolean}):
		Promise<any>;

	said(where: Thing, n?: number): Promise<Message[]>;
	/** The next message there, or the next with this text in it. */
	expect(where: Thing, says?: string | RegExp, options?: Waiting & {
		from?: Thing; after?: MessageWord}): Promise<Message>;
	expectNothing(where: Thing, seconds?: number): Promise<void>;
}

/** Somebody by name. */
export class Person extends Verbs {
	private constructor();
	readonly name: string;
	readonly simulator: Simulator;
}

/** A program that was started. */
export type Bot = ChildProcess & {log: string; shards: number;
	/** How it ended: an exit code, a signal's name, or why it did not start. */
	how?: number | string;
	gone: Promise<number | string>};

export interface Settings {
	program?: string;
	plain?: boolean;
	shards?: number;
	guilds?: number;
	members?: number;
	bots?: number;
	/** Any other option of `shardherd-sim run`, as heartbeatInterval. */
	[option: string]: string | number | boolean | undefined;
}

/** shardherd-sim, running; by itself it acts as the owner of the guild. */
export class Simulator extends Verbs {
	private constructor();
	static run(settings?: Settings): Promise<Simulator>;
	stop(): Promise<void>;

	readonly dir: string;
	readonly api: string;
	readonly gateway: string;
	readonly ca: string;
	readonly token: string;
	readonly bots: Bot[];
	environment(bot?: number): Record<string, string | undefined>;
	start(command: string[], options?: Waiting & {bot?: number;
		shards?: number; cwd?: string; env?: Record<string, string>}):
		Promise<Bot>;
	stopBot(bot?: Bot): Promise<number | string>;

	/** Any verb of `shardherd-sim ctl`; what it prints. */
	ctl(...words: Value[]): Promise<string>;
	/** Until it is so: "connected=1", "sent>=100". */
	wait(expression: string, timeout?: number): Promise<void>;
	report(): Promise<any>;

	person(name: string): Person;
	join(name: string, guild?: Thing): Promise<Person>;
	people(guild?: Thing, n?: number): Promise<any[]>;
	newGuild(name: string): Promise<string>;
	deleteGuild(guild: Thing): Promise<void>;
	botJoin(guild: Thing): Promise<void>;
	botKick(guild: Thing): Promise<void>;
}

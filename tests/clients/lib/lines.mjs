// SPDX-License-Identifier: MIT
// What the drivers in JavaScript share: they do what a line on standard input
// says, {"n":1,"do":"reply",...}, and answer it with {"re":1,"ok":...} or
// {"re":1,"error":"..."}.  What the library tells by itself goes out as
// {"saw":"message",...}, and whatever it complains of as {"saw":"error"}.
import {readFileSync} from 'node:fs';
import {createInterface} from 'node:readline';

export const env = {
	api: new URL(process.env.SIM_API),
	gateway: process.env.SIM_GATEWAY,
	token: readFileSync(process.env.SIM_TOKEN_FILE, 'utf8').trim(),
};

function out(line) {
	process.stdout.write(JSON.stringify(line) + '\n');
}

export function saw(what, more = {}) {
	out({saw: what, ...more});
}

export function complain(error) {
	saw('error', {text: String(error?.stack ?? error)});
}

// Libraries print to the console what they want somebody to read.
for (const name of ['log', 'info', 'warn', 'error'])
	console[name] = (...words) => process.stderr.write(words.join(' ') + '\n');
process.on('uncaughtException', complain);
process.on('unhandledRejection', complain);

// actions: {name: async (args) => value}.  Returns when there is no more to do.
export async function serve(actions) {
	for await (const text of createInterface({input: process.stdin})) {
		const {n, do: name, ...args} = JSON.parse(text);
		Promise.resolve()
			.then(() => actions[name](args))
			.then((value) => out({re: n, ok: value ?? true}))
			.catch((e) => out({re: n, error: String(e?.stack ?? e)}));
	}
	process.exit(0);
}

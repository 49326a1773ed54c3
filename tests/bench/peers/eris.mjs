// SPDX-License-Identifier: MIT
// Eris as a reader of tools/bench-peers, with the cache it cannot be without.
import {Agent} from 'node:https';
import Eris from 'eris';

const [api, token, mode] = process.argv.slice(2);
const url = new URL(api);
const agent = new Agent({keepAlive: true});
agent.defaultPort = Number(url.port);
const client = new Eris(`Bot ${token}`, {intents: ['all'], maxShards: 1,
	compress: mode === 'zlib', rest: {agent, domain: url.hostname,
		baseURL: url.pathname}});

client.on('error', () => {});
client.on('warn', () => {});
client.connect();

// SPDX-License-Identifier: MIT
// @discordjs/ws as a reader of tools/bench-peers: zlib-stream by zlib-sync where
// it is there, else by Node's, as it is wont.  It hands events to nobody.
import {REST} from '@discordjs/rest';
import {CompressionMethod, WebSocketManager, WebSocketShardEvents} from
	'@discordjs/ws';

const [api, token, mode] = process.argv.slice(2);
const rest = new REST({api: api.replace(/\/v10$/, '')}).setToken(token);
const manager = new WebSocketManager({rest, token, intents: 53608447,
	shardCount: 1, compression: mode === 'none' ? null : mode === 'zstd'
		? CompressionMethod.ZstdNative : CompressionMethod.ZlibNative});

manager.on(WebSocketShardEvents.Dispatch, () => {});
manager.on(WebSocketShardEvents.Error, (e) => console.error(e));
await manager.connect();

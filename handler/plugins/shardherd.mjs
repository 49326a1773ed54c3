// SPDX-License-Identifier: MIT
/*
 * shardherd.js for ES modules, also where "type" is "module":
 *
 *	import {plugin} from './shardherd.mjs';
 *	const bot = plugin();
 */
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {fileURLToPath} from 'node:url';
import {compileFunction} from 'node:vm';

const file = fileURLToPath(new URL('shardherd.js', import.meta.url));
const helper = {};

compileFunction(readFileSync(file, 'utf8'), ['exports', 'require'],
	{filename: file})(helper, createRequire(import.meta.url));

export const {plugin} = helper;
export default helper;

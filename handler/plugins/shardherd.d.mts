// SPDX-License-Identifier: MIT
import * as helper from './shardherd.js';
export * from './shardherd.js';
export default helper;

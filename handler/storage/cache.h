/* SPDX-License-Identifier: MIT */
/*
 * Texts by key for a while: users, channels, guilds, DM channels.  A fixed
 * number of places, chosen by the key's hash; a newer text takes the place of
 * the older.  Only ever a shortcut: anything may be missing from it.
 */
#ifndef HANDLER_STORAGE_CACHE_H
#define HANDLER_STORAGE_CACHE_H

#include "shared/base/base.h"

#define CACHE_SLOTS 512u
#define CACHE_TEXT_MAX 65536u /* longer ones are not kept */

struct cache_slot {
	char *key, *text;
	uint64_t until_ms;
};

struct cache {
	struct cache_slot slot[CACHE_SLOTS];
};

/* NULL: not there, or too old.  Borrowed until the next put. */
const char *cache_get(struct cache *, const char *key);
void cache_put(struct cache *, const char *key, const char *text, size_t len,
    uint64_t for_ms);
void cache_free(struct cache *);

#endif

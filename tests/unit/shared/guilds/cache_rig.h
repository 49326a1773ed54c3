/* SPDX-License-Identifier: MIT */
/*
 * Random guilds and dispatches for the cache, with fields nobody knows, and
 * what they make of a guild when it is a json-c document that is changed in
 * place: the judge of what the cache composes.
 */
#ifndef TESTS_UNIT_SHARED_GUILDS_CACHE_RIG_H
#define TESTS_UNIT_SHARED_GUILDS_CACHE_RIG_H

#include "shared/guilds/guild_cache.h"

#include <json-c/json.h>

#define CACHE_RIG_GUILDS 3
#define CACHE_RIG_SELF 400

struct cache_rig {
	uint64_t seed;
	enum guild_cache_members members;
	bool presences;
	/* NULL: not there; without name: unavailable */
	json_object *guild[CACHE_RIG_GUILDS];
	int64_t now_ms;
	char joined[CACHE_RIG_GUILDS][40]; /* of the last that was counted */
};

uint64_t cache_rig_pick(struct cache_rig *, uint64_t below);
uint64_t cache_rig_id(unsigned guild);
/* A dispatch: its d, applied to the document; *what says which. */
json_object *cache_rig_event(struct cache_rig *, enum dispatch *what);
/* d of a GUILD_CREATE of about this many things of each kind. */
json_object *cache_rig_guild(struct cache_rig *, unsigned guild, unsigned size);
void cache_rig_drop(struct cache_rig *);
/* Sorts the lists of a guild by id, and makes absent ones empty. */
void cache_rig_sort(json_object *guild);

#endif

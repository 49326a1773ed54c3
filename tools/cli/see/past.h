/* SPDX-License-Identifier: MIT */
/* What happened, dated, from the stats page: of a shard, a plugin, a client, or
 * of the whole fleet. */
#ifndef TOOLS_CLI_SEE_PAST_H
#define TOOLS_CLI_SEE_PAST_H

#include "shared/view/view.h"

struct json_object;

#define PAST_KEPT 96	/* the last ones */
#define PAST_LINE 320	/* bytes of a line */
#define PAST_FOLD 60000 /* ms in which the same of several is one event */

struct past_event {
	int64_t at_ms;	/* wall clock */
	int32_t shard;	/* -1: of no shard */
	uint32_t more;	/* so many more times within PAST_FOLD */
	bool others;	/* ... of other shards, too */
	const char *of; /* "plugin", "client"; NULL: of shard or fleet */
	char name[64];	/* ... of that name */
	char text[176];
};

struct past {
	struct past_event event[PAST_KEPT];
	size_t n; /* oldest first */
};

/* They empty it first; it stays so where the page can't be read.  Each has of
 * the fleet's events those that are of everybody. */
void past_of_shard(struct past *, const char *state_dir, const struct view *,
    uint32_t shard);
void past_of_plugin(struct past *, const char *state_dir, const char *name);
void past_of_client(struct past *, const char *state_dir, const char *name);
/* Everything; what happened to many shards at once is one event. */
void past_of_fleet(struct past *, const char *state_dir, const struct view *);

/* "2026-11-21 03:14:05  shard 3: ready: RESUME answered" */
void past_line(const struct past_event *, char *out, size_t size);
/* The same without its time. */
void past_words(const struct past_event *, char *out, size_t size);
/* [{time_ms, shard, plugin or client, text, more}], shard null where it is of
 * none. */
struct json_object *past_json(const struct past *);

#endif

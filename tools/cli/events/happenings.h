/* SPDX-License-Identifier: MIT */
/* What happened to the fleet, its processes, shards, plugins and clients, as
 * the stats page has it. */
#ifndef TOOLS_CLI_EVENTS_HAPPENINGS_H
#define TOOLS_CLI_EVENTS_HAPPENINGS_H

#include "shared/base/err.h"
#include "tools/cli/see/past.h"

struct happenings {
	struct past_event *event; /* n of them, oldest first, texts cleaned */
	size_t n, room;
};

/*
 * Those after since_ms, up to until_ms; shard: of it and of the fleet, but of
 * no plugin and no client, -1: of all.  -1 with EXIT_DOWN when there is no page.  Owner calls free.
 */
int happenings_read(struct happenings *, const char *state_dir, int64_t shard,
    int64_t since_ms, int64_t until_ms, struct err *);
void happenings_free(struct happenings *);

#endif

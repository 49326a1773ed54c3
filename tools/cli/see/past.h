/* SPDX-License-Identifier: MIT */
/* What happened to a shard and its fleet, dated, from the stats page. */
#ifndef TOOLS_CLI_SEE_PAST_H
#define TOOLS_CLI_SEE_PAST_H

#include "shared/view/view.h"

struct json_object;

struct past {
	struct page_event event[PAGE_SHARD_PAST + PAGE_FLEET_PAST];
	size_t n; /* oldest first */
};

/* None where the page can't be read. */
void past_read(struct past *, const struct config *, const struct view *,
    uint32_t shard);
/* "2026-11-21 03:14:05  shard 3: ready: RESUME answered" */
void past_line(const struct page_event *, char *out, size_t size);
/* [{time_ms, shard, text}], shard null for the fleet. */
struct json_object *past_json(const struct past *);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What the pages see of the world, in one place: documents in Discord's own
 * form.  Callers own what they get.
 */
#ifndef TOOLS_SIM_PAGE_PAGE_LOOK_H
#define TOOLS_SIM_PAGE_PAGE_LOOK_H

#include "tools/sim/world/world.h"

uint64_t page_look_guilds(const struct world *);
/* Index of a guild by its snowflake, or -1. */
int64_t page_look_find(const struct world *, uint64_t id);
/* The guild object with its roles; NULL: there is none. */
json_object *page_look_guild(struct world *, uint64_t index);
/* Its channels, in their order. */
json_object *page_look_channels(struct world *, uint64_t index);
/* At most n of its members from that one on, with their users; *all: how many
 * there are. */
json_object *page_look_members(struct world *, uint64_t index, uint64_t from,
    uint64_t n, uint64_t *all);
/* The channel object, NULL: there is none. */
json_object *page_look_channel(struct world *, uint64_t id);
/* The newest n messages (at most PAGE_LOOK_MESSAGES) under `before` (0: of
 * all), the newest last, those that one user sees among them; *older: its id
 * to go on from, 0 when there are no more. */
#define PAGE_LOOK_MESSAGES 64
json_object *page_look_messages(struct world *, uint64_t channel,
    uint64_t before, uint64_t n, uint64_t *older);

#endif

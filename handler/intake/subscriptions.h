/* SPDX-License-Identifier: MIT */
/*
 * Which plugins want an event: by its name, and for those that say so by its
 * shard and guild.  The lists of the config are consulted once per name; after
 * that it is one look into a small table.
 */
#ifndef HANDLER_INTAKE_SUBSCRIPTIONS_H
#define HANDLER_INTAKE_SUBSCRIPTIONS_H

#include "shared/config/config.h"
#include "shared/config/config_ranges.h"

#define SUBSCRIPTIONS_NAME_MAX                                                 \
	64 /* longer event names are looked up each time */
#define SUBSCRIPTIONS_SLOTS 512

struct subscriptions_slot {
	uint64_t wanted; /* bit per plugin */
	uint8_t len;
	char name[SUBSCRIPTIONS_NAME_MAX];
};

struct subscriptions {
	char *events[CONFIG_PLUGINS_MAX]; /* NULL: no such plugin */
	struct config_ranges guilds[CONFIG_PLUGINS_MAX];
	struct config_ranges shards[CONFIG_PLUGINS_MAX];
	uint64_t by_guild, by_shard; /* plugins that look at it */
	struct subscriptions_slot slot[SUBSCRIPTIONS_SLOTS];
};
_Static_assert(CONFIG_PLUGINS_MAX <= 64, "one bit per plugin");

void subscriptions_init(struct subscriptions *);
void subscriptions_free(struct subscriptions *);
/* What plugin i subscribes to, from now on. */
void subscriptions_set(struct subscriptions *, unsigned i,
    const struct config_plugin *);
/*
 * Bit i: plugin i wants the event whose payload is raw, its name at t_off.
 * Only "*" lists want an event without a name.
 */
uint64_t subscriptions_wanted(struct subscriptions *, uint32_t shard,
    const char *raw, size_t len, size_t t_off, size_t t_len);
/* May plugin i have it as far as its shards and guilds are concerned? */
bool subscriptions_allows(struct subscriptions *, unsigned i, uint32_t shard,
    const char *raw, size_t len, size_t t_off, size_t t_len);

#endif

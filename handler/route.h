/* SPDX-License-Identifier: MIT */
/*
 * Which plugins want an event of this name.  The lists of the config are
 * consulted once per name; after that it is one look into a small table.
 */
#ifndef HANDLER_ROUTE_H
#define HANDLER_ROUTE_H

#include "shared/config.h"

#define ROUTE_NAME_MAX 64 /* longer event names are looked up each time */
#define ROUTE_SLOTS 512

struct route_slot {
	uint64_t wanted; /* bit per plugin */
	uint8_t len;
	char name[ROUTE_NAME_MAX];
};

struct route {
	const struct config *config;
	struct route_slot slot[ROUTE_SLOTS];
};
_Static_assert(CONFIG_PLUGINS_MAX <= 64, "one bit per plugin");

void route_init(struct route *, const struct config *);
/* Bit i: plugin i wants it.  Only "*" lists want an event without a name. */
uint64_t route_wanted(struct route *, const char *name, size_t len);

#endif

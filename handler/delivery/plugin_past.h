/* SPDX-License-Identifier: MIT */
/*
 * What happened to a plugin, dated, on its way to the page: the first things
 * happen to it before its handler is the one that writes there.
 */
#ifndef HANDLER_DELIVERY_PLUGIN_PAST_H
#define HANDLER_DELIVERY_PLUGIN_PAST_H

#include "handler/process/plugin.h"

#define PLUGIN_PAST_KEPT 8 /* then the oldest goes */

struct plugin_past {
	struct plugin_past_event {
		int64_t at_ms; /* wall clock */
		char text[176];
	} event[PLUGIN_PAST_KEPT];
	unsigned n;
};

void plugin_past_tell(struct plugin_past *, const char *fmt, ...)
    printflike(2, 3);
/* A process of it has changed its state. */
void plugin_past_changed(struct plugin_past *, const struct plugin *);
bool plugin_past_any(const struct plugin_past *);
/* To its place, NULL: there is none; and forgets it. */
void plugin_past_write(struct plugin_past *, struct page_client_past *);

#endif

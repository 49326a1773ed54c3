/* SPDX-License-Identifier: MIT */
/*
 * One plugin's processes: who serves, who takes over, who leaves (struct replacement
 * is in plugin_set.h).  Used by plugin_set.c alone, but for the orders.
 */
#ifndef HANDLER_DELIVERY_REPLACEMENT_H
#define HANDLER_DELIVERY_REPLACEMENT_H

#include "handler/delivery/plugin_set.h"

struct replacement *replacement_new(struct plugin_set *, unsigned index,
    const struct config_plugin *);
void replacement_forget(struct replacement *); /* what waits; no process may be left */
void replacement_free(struct replacement *);
void replacement_start(struct replacement *);
void replacement_stop(struct replacement *);
/* A process of this plugin changed its state. */
void replacement_changed(struct replacement *, struct plugin *);
/* Its hold, if another process kept that from the disk. */
void replacement_save(struct replacement *);
/* The one that leaves may be done. */
void replacement_check_old(struct replacement *);
bool replacement_gone(const struct replacement *);
bool replacement_settled(const struct replacement *);
enum plugin_state replacement_state(const struct replacement *);
/* Why it is not up: last words, or how it ended; good until the next call. */
const char *replacement_reason(const struct replacement *);
void replacement_page(struct replacement *, uint64_t now_wall_ms, struct page_plugin *);

#endif

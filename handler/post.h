/* SPDX-License-Identifier: MIT */
/*
 * One plugin's processes: who serves, who takes over, who leaves (struct post
 * is in staff.h).  Used by staff.c alone, but for the orders.
 */
#ifndef HANDLER_POST_H
#define HANDLER_POST_H

#include "handler/staff.h"

struct post *post_new(struct staff *, unsigned index,
    const struct config_plugin *);
void post_forget(struct post *); /* what waits; no process may be left */
void post_free(struct post *);
void post_start(struct post *);
void post_stop(struct post *);
/* A process of this plugin changed its state. */
void post_changed(struct post *, struct plugin *);
/* Its hold, if another process kept that from the disk. */
void post_save(struct post *);
/* The one that leaves may be done. */
void post_check_old(struct post *);
bool post_gone(const struct post *);
bool post_settled(const struct post *);
enum plugin_state post_state(const struct post *);
/* Why it is not up: last words, or how it ended; good until the next call. */
const char *post_reason(const struct post *);
void post_page(struct post *, uint64_t now_wall_ms, struct page_plugin *);

#endif

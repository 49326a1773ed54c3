/* SPDX-License-Identifier: MIT */
/*
 * Dead letters on the handler's side: what a plugin could not survive is kept
 * with its last words, and delivered to it again when an operator asks.
 */
#ifndef HANDLER_DELIVERY_DEAD_LETTERS_H
#define HANDLER_DELIVERY_DEAD_LETTERS_H

#include "handler/delivery/plugin_set.h"

#define DEAD_LETTERS_LATE_MAX 64 /* wait to be written; events of any size */

/* d ended this process too often; the caller finishes it. */
void dead_letters_set_aside(struct plugin_entry *, const struct plugin *,
    const struct delivery *);
/* Delivered again and finished: it is one no longer.  Frees the event. */
void dead_letters_buried(struct lanes *, struct lane *, struct event *);
/* Writes what had to wait for another process; last: or says that it
 * is lost. */
void dead_letters_late(struct plugin_set *, bool last);
/*
 * Delivers one (or CONTRACT_PLUGIN_ALL) again; name "" is whoever they belong
 * to.  The answer is written to text; true when there was one.
 */
bool dead_letters_replay(struct plugin_set *, uint64_t id, const char *name,
    char *text, size_t size);

#endif

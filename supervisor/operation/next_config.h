/* SPDX-License-Identifier: MIT */
/*
 * The config a new handler, the shards, or one plugin are to get: read from the
 * file as it is now; what can't be taken over is left out and said, what would
 * end sessions is refused with its price.  Touches nothing of an operation that
 * may be under way: who asked is told by the ticket that is passed in.
 */
#ifndef SUPERVISOR_OPERATION_NEXT_CONFIG_H
#define SUPERVISOR_OPERATION_NEXT_CONFIG_H

#include "shared/config/config.h"

struct fleet;

/*
 * Each reads files, but for same and undo: a config for the caller to drop, or
 * NULL.  ticket 0: the log hears of it.
 */
/* Of a reload: the file, but for what restarts more than the handler. */
struct config *next_config_reload(struct fleet *, uint32_t ticket,
    struct err *);
/* That in force once more. */
struct config *next_config_same(struct fleet *, uint32_t ticket, struct err *);
/* That in force but for one plugin's section. */
struct config *next_config_plugin(struct fleet *, uint32_t ticket,
    const char *name, struct err *);
/* That in force with what the file has changed for shards; NULL also when the
 * file asks for what no rollout can do. */
struct config *next_config_rollout(struct fleet *, uint32_t ticket,
    struct err *);
/* That in force with the shards' keys as before had them. */
struct config *next_config_undo(struct fleet *, const struct config *before,
    uint32_t ticket, struct err *);
void next_config_drop(struct config *); /* NULL: nothing */

/*
 * It and the config in force change places, and what can change while we run
 * does.  Whoever holds f->config keeps its pointer: the contents change.
 */
void next_config_swap(struct fleet *, struct config *);
/* Does the file differ from what is in force?  1, 0, or -1: it is no good. */
int next_config_differs(struct fleet *, struct err *);

#endif

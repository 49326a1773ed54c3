/* SPDX-License-Identifier: MIT */
/*
 * The config a new handler, or one plugin, is to get: read from the file as it
 * is now, what can't be taken over left out and said.  Touches nothing of an
 * operation that may be under way: who asked is told by the ticket that is
 * passed in.
 */
#ifndef SUPERVISOR_OPERATION_RELOAD_CONFIG_H
#define SUPERVISOR_OPERATION_RELOAD_CONFIG_H

#include "shared/config/config.h"

struct fleet;

/* Each: a config for the caller to drop, or NULL.  ticket 0: the log hears it.
 * read: of a reload, with each change said; same: that in force once more;
 * plugin: that in force but for one plugin's section. */
struct config *reload_config_read(struct fleet *, uint32_t ticket,
    struct err *);
struct config *reload_config_same(struct fleet *, uint32_t ticket,
    struct err *);
struct config *reload_config_plugin(struct fleet *, uint32_t ticket,
    const char *name, struct err *);
void reload_config_drop(struct config *);	/* NULL: nothing */
/* Does the file differ from what is in force?  1, 0, or -1: it is no good. */
int reload_config_differs(struct fleet *, struct err *);

#endif

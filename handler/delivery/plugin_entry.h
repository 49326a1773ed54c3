/* SPDX-License-Identifier: MIT */
/*
 * One plugin of the set and its processes: who serves, who takes over, who
 * leaves.  Used by plugin_set.c alone, but for the orders.
 */
#ifndef HANDLER_DELIVERY_PLUGIN_ENTRY_H
#define HANDLER_DELIVERY_PLUGIN_ENTRY_H

#include "handler/delivery/plugin_past.h"
#include "handler/delivery/plugin_set.h"

/* One plugin. */
struct plugin_entry {
	struct plugin_set *set;
	unsigned index;
	struct lane lane;
	struct config_plugin cfg[PLUGIN_SET_SLOTS]; /* own copies, by slot */
	struct plugin *slot[PLUGIN_SET_SLOTS];
	unsigned active, next, old; /* slots, or PLUGIN_SET_NONE */
	struct timer drain;	    /* for the old one to finish */
	char held;	 /* by an operator, see plugin_set_was_held */
	bool unsaved;	 /* ... and that is not yet on disk */
	bool asked;	 /* somebody waits to hear what became of it */
	bool given;	 /* ... and its section is the one given */
	uint32_t serial; /* ... under this number */
	uint64_t dead_letters;
	struct plugin_past past; /* not yet on the page */
};

struct plugin_entry *plugin_entry_new(struct plugin_set *, unsigned index,
    const struct config_plugin *);
/* What waits for it; no process may be left. */
void plugin_entry_forget(struct plugin_entry *);
void plugin_entry_free(struct plugin_entry *);
void plugin_entry_start(struct plugin_entry *);
void plugin_entry_stop(struct plugin_entry *);
/* A process of this plugin changed its state. */
void plugin_entry_changed(struct plugin_entry *, struct plugin *);
/* Its hold, if another process kept that from the disk. */
void plugin_entry_save(struct plugin_entry *);
/* The one that leaves may be done. */
void plugin_entry_check_old(struct plugin_entry *);
bool plugin_entry_gone(const struct plugin_entry *);
bool plugin_entry_settled(const struct plugin_entry *);
enum plugin_state plugin_entry_state(const struct plugin_entry *);
/* Why it is not up: last words, or how it ended; good until the next call. */
const char *plugin_entry_reason(const struct plugin_entry *);
void plugin_entry_page(struct plugin_entry *, uint64_t now_wall_ms,
    struct page_plugin *);

/* Orders; the answer comes at once or later.  cfg: new, or NULL. */
void plugin_entry_load(struct plugin_entry *, const struct config_plugin *cfg,
    uint32_t serial);
/* dismiss: what waits for it, and what comes, is dropped. */
void plugin_entry_unload(struct plugin_entry *, uint32_t serial, bool dismiss);
void plugin_entry_restart(struct plugin_entry *,
    const struct config_plugin *cfg, uint32_t serial);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The plugins of a handler: for each its lane of events and the processes that
 * serve it, one as a rule, two while one takes over from the other.  A new
 * process proves itself first, then the old one finishes what it holds, and
 * only then does the new one get events: their order holds across the change.
 */
#ifndef HANDLER_DELIVERY_PLUGIN_SET_H
#define HANDLER_DELIVERY_PLUGIN_SET_H

#include "handler/delivery/lane.h"
#include "handler/process/plugin.h"
#include "handler/intake/subscriptions.h"
#include "shared/store/deadletter.h"

#define PLUGIN_SET_SYNC_MS 200 /* between two syncs of the backlogs */
#define PLUGIN_SET_SYNC_REST 4 /* times as long as one took, besides */
#define PLUGIN_SET_SLOTS 2
#define PLUGIN_SET_NONE PLUGIN_SET_SLOTS

/* What became of an order; a section of the config that came along is in
 * force from DONE and TRIES on. */
enum plugin_set_end {
	PLUGIN_SET_DONE,
	PLUGIN_SET_DONE_BEFORE, /* nothing had to be done */
	PLUGIN_SET_TRIES,	/* it does not come up, and is tried again */
	PLUGIN_SET_REFUSED,
	PLUGIN_SET_UNKNOWN /* there is no such plugin */
};

struct plugin_entry;

struct plugin_set {
	struct plugin_host host;
	struct lanes lanes;
	struct subscriptions *route;
	struct config *config; /* a new plugin is entered there */
	struct store store;    /* path "": could not be opened */
	struct plugin_entry *entry[CONFIG_PLUGINS_MAX];
	struct plugin *serving[CONFIG_PLUGINS_MAX]; /* by index, of entries */
	unsigned entries;
	struct lane *beside; /* that is no plugin's: the gate's; or NULL */
	uint64_t dead_letters;
	struct list late; /* dead_letters.c: dead letters yet to be written */
	unsigned late_n;
	uint64_t sync_ms; /* boot stamp before which backlogs aren't synced */
	double drain_s;
	bool stopping;
	bool news; /* something the page should show */
	/* What became of an order of the supervisor. */
	void (*answer)(struct plugin_set *, uint32_t serial,
	    enum plugin_set_end, const char *text);
	void (*gone)(struct plugin_set *); /* a process is gone for good */
	void (
	    *up)(struct plugin_set *, struct plugin *); /* it serves from now */
};

/* host, route, answer, gone are filled in already. */
void plugin_set_init(struct plugin_set *, const char *state_dir,
    double drain_s);
/* No process is left: first what waits, then, once nothing is in work and no
 * call is under way, the rest. */
void plugin_set_forget(struct plugin_set *);
void plugin_set_free(struct plugin_set *);
/* One more plugin: NULL when there are too many. */
struct plugin_entry *plugin_set_add(struct plugin_set *,
    const struct config_plugin *);
struct plugin_entry *plugin_set_find(struct plugin_set *, const char *name);
/* The operator's word of an earlier time, CONTRACT_HELD_KEY: 0,
 * PLUGIN_SET_HELD or PLUGIN_SET_DISMISSED. */
#define PLUGIN_SET_HELD '1'
#define PLUGIN_SET_DISMISSED '2'
char plugin_set_was_held(struct plugin_set *, const char *name);
/* All that no operator holds. */
void plugin_set_start(struct plugin_set *);
void plugin_set_push(struct plugin_set *, unsigned index, struct delivery *);
void plugin_set_tick(struct plugin_set *);
/* Nothing has come for a while: buffers go back. */
void plugin_set_rest(struct plugin_set *);
/*
 * Before shards hear that something is finished: what a backlog took instead of
 * the plugin must survive a power loss, as their cursors do.  true: it does.
 * false: the disk has its rest, ask again next turn.  now: without one.
 */
bool plugin_set_sync(struct plugin_set *, bool now);
/* Too much is in work for too long: whoever holds most writes it to disk. */
void plugin_set_relieve(struct plugin_set *);
void plugin_set_reap(struct plugin_set *);
void plugin_set_stop(struct plugin_set *);
bool plugin_set_gone(const struct plugin_set *);    /* no process is left */
bool plugin_set_settled(const struct plugin_set *); /* starting is over */
bool plugin_set_idle(
    const struct plugin_set *); /* nothing is being worked on */
unsigned plugin_set_wanted(const struct plugin_set *); /* held by no operator */
unsigned plugin_set_up(const struct plugin_set *);     /* of those */
unsigned plugin_set_failing(
    const struct plugin_set *); /* up, but see health.h */
/* Each that should be up and is not, with the reason. */
void plugin_set_each_down(struct plugin_set *,
    void (*fn)(void *arg, const char *name, const char *why), void *arg);
/* Into a page that the caller has begun and will end. */
void plugin_set_page(struct plugin_set *, struct page_plugins *);
/* What happened to them, into the page's PAGE_PLUGINS places. */
void plugin_set_past(struct plugin_set *, struct page_client_past *);
void plugin_set_note(const struct plugin_set *, char *note, size_t size);

#endif

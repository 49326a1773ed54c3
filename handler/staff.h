/* SPDX-License-Identifier: MIT */
/*
 * The plugins of a handler: for each its lane of events and the processes that
 * serve it, one as a rule, two while one takes over from the other.  A new
 * process proves itself first, then the old one finishes what it holds, and
 * only then does the new one get events: their order holds across the change.
 */
#ifndef HANDLER_STAFF_H
#define HANDLER_STAFF_H

#include "handler/lane.h"
#include "handler/process/plugin.h"
#include "handler/intake/subscriptions.h"
#include "shared/store/deadletter.h"

#define STAFF_SYNC_MS 200    /* between two syncs of the backlogs */
#define STAFF_SYNC_REST 4     /* times as long as one took, besides */
#define STAFF_SLOTS 2
#define STAFF_NONE STAFF_SLOTS

/* What became of an order; a section of the config that came along is in
 * force from DONE and TRIES on. */
enum staff_end {
	STAFF_DONE,
	STAFF_DONE_BEFORE, /* nothing had to be done */
	STAFF_TRIES,	   /* it does not come up, and is tried again */
	STAFF_REFUSED,
	STAFF_UNKNOWN	   /* there is no such plugin */
};

struct staff;

/* One plugin. */
struct post {
	struct staff *staff;
	unsigned index;
	struct lane lane;
	struct config_plugin cfg[STAFF_SLOTS]; /* own copies, by slot */
	struct plugin *slot[STAFF_SLOTS];
	unsigned active, next, old; /* slots, or STAFF_NONE */
	struct timer drain;	    /* for the old one to finish */
	char held;		    /* by an operator, see staff_was_held */
	bool unsaved;		    /* ... and that is not yet on disk */
	bool asked;		    /* somebody waits to hear what became of it */
	bool given;		    /* ... and its section is the one given */
	uint32_t serial;	    /* ... under this number */
	uint64_t dead_letters, restarts;
};

struct staff {
	struct plugin_host host;
	struct lanes lanes;
	struct subscriptions *route;
	struct config *config; /* a new plugin is entered there */
	struct store store; /* path "": could not be opened */
	struct post *post[CONFIG_PLUGINS_MAX];
	struct plugin *serving[CONFIG_PLUGINS_MAX]; /* by index, of posts */
	unsigned posts;
	uint64_t dead_letters;
	struct list late; /* letters.c: dead letters yet to be written */
	unsigned late_n;
	uint64_t sync_ms; /* boot stamp before which backlogs aren't synced */
	double drain_s;
	bool stopping;
	bool news; /* something the page should show */
	/* What became of an order of the supervisor. */
	void (*answer)(struct staff *, uint32_t serial, enum staff_end,
	    const char *text);
	void (*gone)(struct staff *); /* a process is gone for good */
	void (*up)(struct staff *, struct plugin *); /* it serves from now */
};

/* host, route, answer, gone are filled in already. */
void staff_init(struct staff *, const char *state_dir, double drain_s);
/* No process is left: first what waits, then, once nothing is in work and no
 * call is under way, the rest. */
void staff_forget(struct staff *);
void staff_free(struct staff *);
/* Hires a plugin: NULL when there are too many. */
struct post *staff_add(struct staff *, const struct config_plugin *);
struct post *staff_find(struct staff *, const char *name);
/* The operator's word of an earlier time, CONTRACT_HELD_KEY: 0, STAFF_HELD or
 * STAFF_DISMISSED. */
#define STAFF_HELD '1'
#define STAFF_DISMISSED '2'
char staff_was_held(struct staff *, const char *name);
/* All that no operator holds. */
void staff_start(struct staff *);
void staff_push(struct staff *, unsigned index, struct delivery *);
void staff_tick(struct staff *);
/*
 * Before shards hear that something is finished: what a backlog took instead of
 * the plugin must survive a power loss, as their cursors do.  true: it does.
 * false: the disk has its rest, ask again next turn.  now: without one.
 */
bool staff_sync(struct staff *, bool now);
/* Too much is in work for too long: whoever holds most writes it to disk. */
void staff_relieve(struct staff *);
void staff_reap(struct staff *);
void staff_stop(struct staff *);
bool staff_gone(const struct staff *);	  /* no process is left */
bool staff_settled(const struct staff *); /* starting is over */
bool staff_idle(const struct staff *);	  /* nothing is being worked on */
unsigned staff_wanted(const struct staff *); /* held by no operator */
unsigned staff_up(const struct staff *);     /* of those */
unsigned staff_failing(const struct staff *); /* up, but see health.h */
/* Each that should be up and is not, with the reason. */
void staff_each_down(struct staff *, void (*fn)(void *arg, const char *name,
    const char *why), void *arg);
/* Into a page that the caller has begun and will end. */
void staff_page(struct staff *, struct page_plugins *);
void staff_note(const struct staff *, char *note, size_t size);

/* Orders; the answer comes at once or later.  cfg: new, or NULL. */
void staff_load(struct post *, const struct config_plugin *cfg,
    uint32_t serial);
/* dismiss: what waits for it, and what comes, is dropped. */
void staff_unload(struct post *, uint32_t serial, bool dismiss);
void staff_restart(struct post *, const struct config_plugin *cfg,
    uint32_t serial);

#endif

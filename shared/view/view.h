/* SPDX-License-Identifier: MIT */
/*
 * This room: the fleet as somebody sees it who is none of its processes.
 *
 * What the fleet looks like now, read from the stats page and /proc without
 * asking any of the processes (I7): a process that is gone is down whatever
 * its slot says, and a shard that hears nothing is deaf, not ready.
 */
#ifndef SHARED_VIEW_VIEW_H
#define SHARED_VIEW_VIEW_H

#include "shared/config/config.h"
#include "shared/config/patience.h"
#include "shared/state/keeper.h"
#include "shared/page/page.h"
#include "shared/state/stopped.h"
#include "shared/page/verdict.h"

struct view_shard {
	uint32_t id;
	struct page_shard s;
	struct page_watch w;
	uint64_t cursor_seq; /* acknowledged, by the cursor */
	int32_t pid;	     /* 0: none */
	bool alive;	     /* its process exists */
	bool orphan;	     /* of an earlier supervisor, not of this one */
	bool stopped;	     /* by a signal or a debugger */
	bool ready;	     /* and hears */
	bool deaf;	     /* ready, but no ACK or no byte for too long */
	int64_t age_ms;	     /* so for so long; -1: not known */
	uint64_t until_ms;   /* boot stamp; 0 */
	char evidence[VERDICT_WORDS]; /* as verdict_evidence says it */
	uint32_t silent; /* partly deaf: bits of enum page_class_id */
	char silent_words[VERDICT_WORDS]; /* as verdict_words says it */
	const char *state; /* of page.h, "deaf", "partly deaf" or "hung" */
	enum verdict_code code;
};

/* The process of a client that the fleet runs. */
struct view_process {
	char name[64];
	int32_t pid;   /* of the bot; 0: it does not run */
	bool alive;    /* its runner */
	bool changing; /* another one is to take over */
	struct page_watch w;
};

struct view {
	struct page_cluster cluster;
	struct page_handler handler;
	struct page_watch handler_watch, supervisor_watch, gate_watch;
	struct page_watch web_watch;
	struct page_gate gate;
	struct page_clients_rest clients_rest;
	struct view_process process[PAGE_CLIENTS]; /* "": none */
	struct page_plugins plugins;
	struct verdict_fleet verdict;
	bool told_down;	     /* not alive, and an operator wants it so */
	struct stopped told; /* who and when */
	struct keeper keeper;
	bool alive;	/* the supervisor */
	bool hung;	/* the supervisor lives but does nothing: */
	bool stopped;	/* by a signal or a debugger */
	int64_t hung_s; /* for so long, 0: not that long yet */
	bool handler_alive, gate_alive, web_alive;
	bool handler_stopped, gate_stopped; /* by a signal or a debugger */
	uint64_t plugins_stopped;	    /* bits of their places */
	int64_t handler_silent_s; /* its loop has not turned for so long; 0 */
	int64_t gate_silent_s;
	int64_t web_silent_s; /* 0 as well when nobody is there to hear it */
	const char *handler_state; /* of page.h, or "silent" */
	const char *gate_state;
	uint64_t now_ms; /* clock_boot_ms() */
	int64_t wall_ms;
	struct view_shard *shard; /* n of them, ids ascending */
	size_t n;
	struct verdict_shards shards;
	uint32_t ready, deaf;
	uint32_t partly;		 /* of the ready ones, partly deaf */
	uint32_t in_state[SHARD_STATES]; /* deaf ones are not in READY */
};

/* Owner calls view_free.  -1 with EXIT_DOWN when nothing was started. */
int view_read(struct view *, const struct config *, struct err *);
void view_free(struct view *);
/*
 * The same for the supervisor, of its own page.  The lock that tells whether it
 * lives is not asked for.
 */
void view_own(struct view *, const struct page *, const char *state_dir);
/*
 * Does the supervisor live and do nothing?  -1 with the one answer to whoever
 * wants something of it, EXIT_UNKNOWN; else 0.
 */
int view_awake(const struct config *, struct err *);
/* The first thing an operator should read, or "". */
const char *view_note(const struct view *);
/* Events not yet acknowledged, by the shards or the handler. */
uint64_t view_unanswered(const struct view *);
/* Events that wait with the plugins, in memory and on disk, and are not yet
 * handed to them. */
uint64_t view_backlog(const struct view *);
/* The shard, or NULL with err when it is not of this fleet. */
const struct view_shard *view_shard(const struct view *, uint64_t id,
    struct err *);

/* Was it forked with another program or config than one forked now would be? */
bool view_is_behind(const struct view *, const struct view_shard *);
uint32_t view_behind(const struct view *);

/* The process of a client; NULL: the fleet runs none. */
const struct view_process *view_process(const struct view *,
    const char *client);

/* Milliseconds since a stamp of the page, -1: never. */
int64_t view_age(const struct view *, uint64_t stamp_ms);

/* Seconds an order may take by the limits of the fleet that runs. */
double view_patience(const struct config *, enum patience);

#endif

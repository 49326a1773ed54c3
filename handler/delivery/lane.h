/* SPDX-License-Identifier: MIT */
/*
 * This room: which event goes to whom, waits where, and what becomes of one
 * that nobody can take.
 *
 * One plugin's lane: its events wait here, in memory while it keeps up, on
 * disk when it does not.  What has waited or been worked on for too long is
 * written to the backlog and is done as far as its shard is concerned, so a
 * dead, stuck or slow plugin holds up neither another plugin nor a shard
 * (design, I9).  Knows nothing of processes but the windows they look through.
 */
#ifndef HANDLER_DELIVERY_LANE_H
#define HANDLER_DELIVERY_LANE_H

#include "handler/delivery/backlog.h"
#include "handler/process/window.h"

#define LANE_TICK_MS 250u
#define LANE_PATIENCE 4u /* ticks an event may hold up its shard */
#define LANE_FILL 64u	 /* events taken from disk ahead of need */
#define LANE_LEAVE                                                             \
	8u		     /* ticks to finish what is of a backlog that is
				   another handler's now */
#define LANE_ALARM_MS 60000u /* one complaint about lost events per minute */
#define LANE_DISMISS 4096u   /* events dropped from disk per tick */
#define LANE_WINDOWS 2	     /* processes at once: the old and the new one */

struct lane;

/* What all lanes share. */
struct lanes {
	struct backlog_dir backlogs;
	uint32_t epoch; /* counts ticks */
	bool stopping;	/* nothing more is taken from disk */
	bool serving;	/* else the backlogs are another handler's */
	/* A delivery of an event in work is finished. */
	void (*finished)(struct lanes *, struct event *);
	/* A dead letter that was delivered again is finished. */
	void (*buried)(struct lanes *, struct lane *, struct event *);
};

struct lane {
	struct lanes *all;
	unsigned index;
	char name[64], who[80]; /* who: "plugin pong" */
	size_t max_waiting;	/* backlog_events */
	struct window_waiting waiting;
	struct window *window[LANE_WINDOWS]; /* the oldest first; or NULL */
	struct backlog backlog;
	uint32_t leaving; /* ticks since we do not serve */
	bool dismissed;	  /* nothing is kept for it */
	uint64_t events, dropped, alarm_ms, alarm_dropped;
	char note[160]; /* what is wrong with its backlog, "" */
};

void lane_init(struct lane *, struct lanes *, unsigned index,
    const struct config_plugin *);
void lane_config(struct lane *, const struct config_plugin *);
/* What is in memory only is freed; no window may be left. */
void lane_free(struct lane *);

/* An event for it. */
void lane_push(struct lane *, struct delivery *);
/* A dead letter, to be delivered before what waits. */
void lane_push_copy(struct lane *, struct event *);
/* One is finished; it and its event may be gone afterwards. */
void lane_finish(struct lane *, struct delivery *);
/* Takes from disk what a process could work on next. */
void lane_fill(struct lane *);
/* Every LANE_TICK_MS: patience, age, whose the backlog is. */
void lane_tick(struct lane *);
/* Whether what comes, and what waits already, is dropped instead of kept. */
void lane_dismiss(struct lane *, bool);
/* Writes what holds up shards to disk. */
void lane_spill(struct lane *);
/* Deliveries of events in work that it holds up. */
size_t lane_load(const struct lane *);
/* Age of its oldest unfinished event, 0: it has none. */
uint64_t lane_lag_ms(struct lane *, uint64_t now_wall_ms);
/*
 * Where what is not done waits, each event once: handed out, in memory, and on
 * disk alone.  What was taken from disk to be handed out has its record there
 * until it is done, and does not count there.
 */
size_t lane_out(const struct lane *);
size_t lane_waiting(const struct lane *);
uint64_t lane_on_disk(const struct lane *);
/* Could the next event be handed out, as far as the order is concerned? */
bool lane_open(struct lane *);

#endif

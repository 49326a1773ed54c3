/* SPDX-License-Identifier: MIT */
/*
 * This room: what joins the others: the loop, messages, orders, the regular
 * looks.
 *
 * The few decisions that concern the fleet as a whole: launching it, what a
 * fatal end of one member means for the rest, what is under way, and what the
 * operator reads.
 */
#ifndef SUPERVISOR_FLEET_H
#define SUPERVISOR_FLEET_H

#include "supervisor/base/fleet_state.h"
#include "supervisor/child/member.h"

#define FLEET_LAUNCH_BATCH 16 /* forks per turn of the loop */
#define FLEET_LAUNCH_S 0.005
#define FLEET_LAYOUT_KEY "layout" /* store blob: shard count last launched */

/* With all parts, everything zero; freed with free(), once each was ended. */
struct fleet *fleet_new(void);
/* Makes them ready, with loop, timers, config, token and store there. */
void fleet_init(struct fleet *);

/* The layout that usable session records in the store belong to; 0: none. */
uint32_t fleet_stored_layout(struct fleet *);
/* Creates the page for count shards; also before the count is known. */
int fleet_page(struct fleet *, uint32_t count, struct err *);
/* Starts the handler and `count` shards. */
int fleet_launch(struct fleet *, uint32_t count, struct err *);
/* Forgets a layout whose processes have all ended. */
void fleet_unlaunch(struct fleet *);
/* Tells whoever started us that we are up, once. */
void fleet_tell_ready(struct fleet *);
/* We can't go on: says so and stops in order with this exit code. */
void fleet_give_up(struct fleet *, int code, const char *sentence);

/* From children, through messages.c.  A shard's events go to the handler of
 * this generation now. */
void fleet_switched(struct fleet *, struct member *, uint32_t generation);
void fleet_fatal(struct fleet *, struct member *, uint32_t close_code,
    const char *sentence);
/* Every place of a process: handlers, shards, and the second ones of shards
 * that are being replaced.  Some have no process. */
void fleet_each_child(struct fleet *, void (*fn)(struct member *));
/* Is this under way (enum operation_underway)? */
bool fleet_underway(const struct fleet *, unsigned);
/* Releases whoever waits for the brake. */
void fleet_unbrake(struct fleet *);
/* The child with this pid, or NULL. */
struct member *fleet_find(struct fleet *, pid_t);

#endif

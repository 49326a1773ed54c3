/* SPDX-License-Identifier: MIT */
/*
 * The process drains, keeps what is left, and leaves.
 */
#ifndef SHARD_ENDING_H
#define SHARD_ENDING_H

#include "shard/process.h"

#define ENDING_FATAL_S 5.0 /* for the uplink, when it can't go on */
void ending_fatal(struct process *, unsigned close_code, const char *text);
/* As the supervisor asks: the session is kept, or ended with Discord. */
void ending_stop(struct process *, bool end_session, double seconds);
/* Empties the uplink for so long, then ends. */
void ending_drain(struct process *, double seconds);
timer_fn ending_drain_over;
void ending_leave(struct process *);
/* Once there is nothing left that anybody would take. */
void ending_leave_if_drained(struct process *);
/* What nobody acknowledged is there for the next start: writes to disk. */
void ending_keep_pending(struct process *);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Carries the session's decisions out.  They run inside of an event of it: none
 * raises another before it returns.
 */
#ifndef SHARD_SESSION_ACTIONS_H
#define SHARD_SESSION_ACTIONS_H

#include "shard/process.h"

extern const struct session_ops session_actions_ops;
extern const struct send_queue_ops session_actions_sends_ops;
/* Ends dial and connection without a word. */
void session_actions_free(struct process *);
/* There is a supervisor again: asks it for the permit we wait for, if any. */
void session_actions_ask_again(struct process *);

#endif

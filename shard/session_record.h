/* SPDX-License-Identifier: MIT */
/*
 * The session's record in the store.  Each call may write to disk, and waits
 * for other writers as store.h says; put and drop try again by themselves.
 */
#ifndef SHARD_SESSION_RECORD_H
#define SHARD_SESSION_RECORD_H

#include "shard/process.h"

/* Fills rec from the store; the cause when it can't be resumed.
 * -1: the store can't be read, and nobody knows. */
int session_record_load(struct process *, struct store_session *,
    enum identify_cause *);
void session_record_put(struct process *, const struct store_session *);
void session_record_drop(struct process *);
void session_record_retry(struct process *);
void session_record_init(struct process *); /* once there are timers */

#endif

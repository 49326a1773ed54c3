/* SPDX-License-Identifier: MIT */
/*
 * What shard.c does for the other parts of its process.
 */
#ifndef SHARD_SHARD_IMPL_H
#define SHARD_SHARD_IMPL_H

#include "shard/process.h"

/* There is no supervisor: goes on for a bounded time. */
void shard_orphaned(struct process *, const char *why);
void shard_publish(struct process *);
/* Counters go on where the last process of this slot left them. */
void shard_take_stats(struct process *);
/* What is received and kept from here on is this session's. */
void shard_name_session(struct process *, const struct store_session *);

#endif

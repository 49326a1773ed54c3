/* SPDX-License-Identifier: MIT */
/*
 * Which handler the shard sends to, and the cut from one to the next.
 */
#ifndef SHARD_HANDLER_SWITCH_H
#define SHARD_HANDLER_SWITCH_H

#include "shard/process.h"

extern const struct uplink_ops handler_switch_ops;
void handler_switch_init(struct process *);
void handler_switch_free(struct process *);
/* A handler of that generation is at the other end of fd, which it owns. */
void handler_switch_uplink(struct process *, uint32_t generation, int fd);
/* Which handlers it knows, for a new supervisor. */
void handler_switch_describe(const struct process *, struct msg_adopt *);
/* Reconnects a session that was closed for want of room, if there is some. */
void handler_switch_room(struct process *);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * From one process of a shard to the next, while both live.
 */
#ifndef SHARD_TAKEOVER_H
#define SHARD_TAKEOVER_H

#include "shard/process.h"

void takeover_hand_over(struct process *);
void takeover_take_over(struct process *);
/* A successor without a supervisor: takes what nobody has, or leaves. */
void takeover_alone(struct process *);
void takeover_init(struct process *);

#endif

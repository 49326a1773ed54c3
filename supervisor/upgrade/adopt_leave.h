/* SPDX-License-Identifier: MIT */
/*
 * Processes that an earlier supervisor left: which they are, and how one that
 * is not taken over leaves (adopt_dismiss of adopt.h is here, too).
 */
#ifndef SUPERVISOR_UPGRADE_ADOPT_LEAVE_H
#define SUPERVISOR_UPGRADE_ADOPT_LEAVE_H

#include "shared/base/timer.h"
#include "shared/wire/contract.h"

#include <sys/types.h>

struct member;

/* The process the page names and, of a shard, the one that holds its place; 0:
 * none. */
pid_t adopt_leave_behind(const struct member *);
const char *adopt_leave_words(enum contract_role);
/* Of struct adopt: who was told to leave has had its time. */
void adopt_leave_late(struct timer *);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A socket that has said its last word.  Closing it with unread bytes would
 * send a reset that can overtake our close frame, so it is read empty for a
 * moment first; nobody waits for it (discord-protocol.md 2.10).
 */
#ifndef SHARD_FAREWELL_H
#define SHARD_FAREWELL_H

#include "shared/base/timer.h"

#include <ev.h>

#define FAREWELL_S 1.0

struct farewell {
	struct ev_loop *loop;
	struct timer timer;
	ev_io io;
	int fd;		/* -1: none */
};

void farewell_init(struct farewell *, struct ev_loop *, struct timers *);
/* Takes fd over; an earlier one is closed. */
void farewell_take(struct farewell *, int fd);
static inline bool
farewell_active(const struct farewell *l)
{
	return l->fd >= 0;
}
void farewell_drop(struct farewell *);

#endif

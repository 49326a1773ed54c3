/* SPDX-License-Identifier: MIT */
/*
 * A socket that has said its last word.  Closing it with unread bytes would
 * send a reset that can overtake our close frame, so it is read empty for a
 * moment first; nobody waits for it (discord-protocol.md 2.10).
 */
#ifndef SHARD_NET_WS_LINGER_H
#define SHARD_NET_WS_LINGER_H

#include "shared/base/timer.h"

#include <ev.h>

#define WS_LINGER_S 1.0

struct ws_linger {
	struct ev_loop *loop;
	struct timer timer;
	ev_io io;
	int fd; /* -1: none */
};

void ws_linger_init(struct ws_linger *, struct ev_loop *, struct timers *);
/* Takes fd over; an earlier one is closed. */
void ws_linger_take(struct ws_linger *, int fd);
static inline bool
ws_linger_active(const struct ws_linger *l)
{
	return l->fd >= 0;
}
void ws_linger_drop(struct ws_linger *);

#endif

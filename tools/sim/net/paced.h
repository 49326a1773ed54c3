/* SPDX-License-Identifier: MIT */
/*
 * This room is what the simulator's line to a client is like: latency,
 * bandwidth, segments.  The connection itself is shared/websocket's.
 */
#ifndef TOOLS_SIM_NET_PACED_H
#define TOOLS_SIM_NET_PACED_H

#include "shared/websocket/wire.h"
#include "tools/sim/base/sim.h"

struct paced {
	struct wire wire;
	const struct sim_line *line; /* what it is like; borrowed */
	struct list late;	     /* of paced.c: what may leave when */
	double credit;		     /* bytes that bandwidth allows now ... */
	uint64_t credit_ms;	     /* ... as of then ... */
	uint64_t counted;	     /* ... and up to this byte */
	uint64_t piece_ms;	     /* the next piece leaves then */
	ev_timer hold;		     /* until more may leave, or be read */
};

/* As wire_open; line is set, and the wire's callbacks. */
int paced_open(struct paced *, struct ev_loop *, int fd, SSL_CTX *tls);
/* What line says is another thing now: what waited for it is looked at. */
void paced_changed(struct paced *);

#endif

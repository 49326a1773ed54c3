/* SPDX-License-Identifier: MIT */
/*
 * One end of a gate lane (contract.h): frames in and out over a non-blocking
 * socket, the same for handler and gate.  What is put waits in memory until the
 * other end takes it: who puts looks at gate_wire_full first.
 */
#ifndef SHARED_WIRE_GATE_WIRE_H
#define SHARED_WIRE_GATE_WIRE_H

#include "shared/base/buf.h"
#include "shared/wire/contract.h"

#include <ev.h>

#define GATE_WIRE_OUT ((size_t)1 << 20) /* bytes that wait: then it is full */
#define GATE_WIRE_READ (256u << 10)	/* bytes read per wake-up */
#define GATE_WIRE_FRAME (80u << 20)	/* beyond it the peer is broken */

struct gate_wire;

struct gate_wire_ops {
	unsigned types; /* that the other end sends: bits by enum gate_type */
	/* It has greeted: hdr.shard_count of a gate_hello. */
	void (*greeted)(struct gate_wire *, const struct gate_hello *);
	/* payload is borrowed.  It must not close the wire. */
	void (*frame)(struct gate_wire *, const struct gate_hdr *,
	    const char *payload);
	/* All that was read in this wake-up was told. */
	void (*settled)(struct gate_wire *);
	/* Closed already; it may be freed. */
	void (*gone)(struct gate_wire *, const char *why);
};

struct gate_wire {
	const struct gate_wire_ops *ops;
	struct ev_loop *loop;
	ev_io rd, wr;
	int fd; /* -1: closed */
	struct buf in, out;
	bool greeted;
};

/* Takes fd over and greets. */
void gate_wire_open(struct gate_wire *, const struct gate_wire_ops *,
    struct ev_loop *, int fd, uint32_t generation, uint32_t shard_count);
void gate_wire_close(struct gate_wire *); /* idempotent; tells nobody */
static inline bool
gate_wire_is_open(const struct gate_wire *w)
{
	return w->fd != -1;
}
/* Is there no room for an event? */
bool gate_wire_full(const struct gate_wire *);
/* Behind what waits; hdr->len bytes. */
void gate_wire_put(struct gate_wire *, const struct gate_hdr *,
    const void *payload);
/* The same of a payload in two parts; the first is of so many bytes. */
void gate_wire_put_both(struct gate_wire *, const struct gate_hdr *,
    const void *first, size_t len, const void *rest);
/* Writes what the socket takes; the rest follows by itself. */
void gate_wire_flush(struct gate_wire *);

#endif

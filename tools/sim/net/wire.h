/* SPDX-License-Identifier: MIT */
/*
 * This room is a client's connection below the gateway: bytes, the upgrade,
 * compression, the heads of frames; it knows nothing of sessions.
 *
 * One accepted TCP connection, plain or TLS, non-blocking, with its own output
 * buffer: whatever is put there during a turn of the loop leaves in one write
 * (wire_flush_all).  Knows nothing of HTTP or websockets.
 */
#ifndef TOOLS_SIM_NET_WIRE_H
#define TOOLS_SIM_NET_WIRE_H

#include "tools/sim/base/sbuf.h"
#include "tools/sim/base/sim.h"

#include <ev.h>
#include <openssl/ssl.h>

struct wire;

/* Bytes arrived; the callee may end the wire. */
typedef void wire_bytes_fn(struct wire *, const char *, size_t);
/* The peer is gone or the transport broke; the wire is ended already. */
typedef void wire_gone_fn(struct wire *, const char *why);
/* The output buffer has become empty. */
typedef void wire_drained_fn(struct wire *);

struct wire {
	struct ev_loop *loop;
	int fd;	  /* -1: ended */
	SSL *ssl; /* NULL: plain */
	bool handshaking;
	bool corked; /* holds everything back until uncorked */
	bool shut;   /* FIN once everything is written */
	ev_io rd, wr;
	struct sbuf out;
	size_t out_off;		     /* bytes of out already written */
	struct list dirty;	     /* in the list of wires to flush */
	const struct sim_line *line; /* what it is like; borrowed */
	struct list late;	     /* of wire.c: what may leave when */
	double credit;		     /* bytes that bandwidth allows now ... */
	uint64_t credit_ms;	     /* ... as of then */
	uint64_t piece_ms;	     /* the next piece leaves then */
	size_t retry;	    /* bytes of a TLS write to be tried again */
	uint64_t put, gone; /* bytes appended, written, so far */
	ev_timer hold;	    /* until more may leave, or be read */
	wire_bytes_fn *on_bytes;
	wire_gone_fn *on_gone;
	wire_drained_fn *on_drained;
};

/* Takes fd over; tls may be NULL, line is set.  0, or -1 with fd closed. */
int wire_open(struct wire *, struct ev_loop *, int fd, SSL_CTX *tls);
/* Appends to the output; dirty is flushed by wire_flush_all on that list. */
void wire_put(struct wire *, const void *, size_t, struct list *dirty);
size_t wire_backlog(const struct wire *);
/*
 * clock_boot_ms() at which the kernel had the newest bytes of the peer: what it
 * is judged by must not depend on how soon we came to read them.
 */
uint64_t wire_arrived_ms(const struct wire *);
/* The kernel has bytes of the peer that we have not read yet. */
bool wire_unread(const struct wire *);
void wire_flush_all(struct list *dirty);
/* What line says is another thing now: what waited for it is looked at. */
void wire_line_changed(struct wire *);
/* Corked, the peer hears nothing: as over a line that is dead one way. */
void wire_cork(struct wire *, bool);
/* FIN after what is buffered; reading goes on. */
void wire_shut(struct wire *);
/* Ends it: reset sends RST instead of FIN.  Idempotent, no callback. */
void wire_end(struct wire *, bool reset);

#endif

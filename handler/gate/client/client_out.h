/* SPDX-License-Identifier: MIT */
/*
 * Messages to a client: framed, compressed as agreed, put into its output.
 */
#ifndef HANDLER_GATE_CLIENT_CLIENT_OUT_H
#define HANDLER_GATE_CLIENT_CLIENT_OUT_H

#include "handler/gate/client/client_conn.h"

#include <sys/uio.h>

/* One message of n parts. */
void client_out_message(struct client_conn *, const struct iovec *, int n);
/* What is no dispatch; d: its JSON. */
void client_out_op(struct client_conn *, int op, const char *d);
/* A dispatch of the gate's own; d, len: its JSON. */
void client_out_dispatch(struct client_conn *, const char *t, uint64_t s,
    const char *d, size_t len);
/* There is room for more events. */
static inline bool
client_out_room(const struct client_conn *c)
{
	return wire_backlog(&c->wire) < GATE_CLIENTS_AHEAD;
}

#endif

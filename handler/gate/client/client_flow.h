/* SPDX-License-Identifier: MIT */
/*
 * From the log to a client: seeking its place, the replay of a RESUME, live
 * events, and what its heartbeats acknowledge.  All bounded per turn.
 */
#ifndef HANDLER_GATE_CLIENT_CLIENT_FLOW_H
#define HANDLER_GATE_CLIENT_CLIENT_FLOW_H

#include "handler/gate/client/client_conn.h"

/* SEEKING begins: the session is the connection's, s what it has. */
void client_flow_resume(struct client_conn *, uint64_t s);
/* The snapshot is out: everything behind it. */
void client_flow_begin(struct client_conn *);

/* What WORK is in these states. */
void client_flow_seek(struct client_conn *);
void client_flow_replay(struct client_conn *);
void client_flow_live(struct client_conn *);

/* It missed what the log has let go of. */
void client_flow_overrun(struct gate_clients *, struct gate_clients_tally *);

/* Its heartbeat says that it has s. */
void client_flow_heard(struct client_conn *, uint64_t s);

#endif

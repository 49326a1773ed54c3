/* SPDX-License-Identifier: MIT */
/*
 * How a client comes in: IDENTIFY and RESUME, judged, held, refused.  All are
 * what events do in states of client_conn.
 */
#ifndef HANDLER_GATE_CLIENT_CLIENT_ENTER_H
#define HANDLER_GATE_CLIENT_CLIENT_ENTER_H

#include "handler/gate/client/client_conn.h"

void client_enter_identify(struct client_conn *);
/* HELD: is everything there now? */
void client_enter_try(struct client_conn *);
void client_enter_late(struct client_conn *);

void client_enter_resume(struct client_conn *);
/* WAITING: is the session that took over still there? */
void client_enter_look(struct client_conn *);

#endif

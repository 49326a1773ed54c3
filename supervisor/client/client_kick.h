/* SPDX-License-Identifier: MIT */
/*
 * `client kick`: handed to the gate in service, one at a time, with a deadline,
 * and its answer handed back.
 */
#ifndef SUPERVISOR_CLIENT_CLIENT_KICK_H
#define SUPERVISOR_CLIENT_CLIENT_KICK_H

#include "shared/base/timer.h"
#include "shared/wire/contract.h"
#include "supervisor/base/report.h"

struct fleet;
struct member;

#define CLIENT_KICK_S 10 /* for the gate's answer */

struct client_kick {
	struct fleet *fleet;
	struct timer deadline;
	struct member *asked; /* NULL: nothing is under way */
	struct report report;
	uint32_t serial;
	struct msg_kick order;
};

void client_kick_init(struct client_kick *, struct fleet *);
/* 0 and the client is answered later; or -1. */
int client_kick_ask(struct client_kick *, uint32_t ticket,
    const struct msg_kick *, struct err *);
void client_kick_answered(struct client_kick *, struct member *,
    uint32_t serial, const struct msg_kicked *);
void client_kick_gate_gone(struct client_kick *, struct member *);
void client_kick_stop(struct client_kick *);

#endif

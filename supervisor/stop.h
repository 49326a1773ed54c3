/* SPDX-License-Identifier: MIT */
/*
 * Stopping in order: shards first (they flush to the handler), then the
 * handler, the gate, web, then us.  Each process climbs its own ladder (member.c); this
 * module only knows whose turn it is, and an end for the whole.
 */
#ifndef SUPERVISOR_STOP_H
#define SUPERVISOR_STOP_H

#include "shared/base/timer.h"

struct fleet;

#define STOP_SLACK_S 4 /* beyond twice stop_timeout: we leave */

enum stop_phase {
	STOP_NOT,
	STOP_SHARDS,
	STOP_CLIENTS, /* bots whose processes are ours */
	STOP_HANDLER,
	STOP_GATE,
	STOP_WEB,
	STOP_DONE
};

struct stop {
	struct fleet *fleet;
	enum stop_phase phase;
	struct timer timer; /* of the whole */
};

void stop_init(struct stop *, struct fleet *);
/* who: it is for, in words, "an operator". */
void stop_begin(struct stop *, bool end_sessions, const char *who);
/* A second request: no more asking. */
void stop_now(struct stop *);
/* Some child ended: is it the next one's turn? */
void stop_progress(struct stop *);

#endif

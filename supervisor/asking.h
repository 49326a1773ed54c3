/* SPDX-License-Identifier: MIT */
/*
 * Keeps asking /gateway/bot until it answers, with growing delays, and turns
 * the answer into what the fleet does: launch, budget, refusals.  Resumes
 * never wait for it (discord-protocol.md 1.2).
 */
#ifndef SUPERVISOR_ASKING_H
#define SUPERVISOR_ASKING_H

#include "supervisor/ask.h"
#include "supervisor/sizing.h"

struct fleet;

#define ASKING_BUSY_MS 60000	/* between questions while shards IDENTIFY, or
				   do not reach the gateway */
#define ASKING_REFUSED_S 600.0	/* until a token that was refused is tried */
#define ASKING_LEAST_MS 2000	/* between questions of an operator */

struct asking {
	struct fleet *fleet;
	struct ask ask;
	struct timer retry;
	enum ask_what what;	/* of the question under way or due */
	bool more;		/* everything is wanted once that is over */
	uint64_t asked_ms;	/* boot stamp of the last question, 0: none */
	uint32_t fails;		/* in a row */
	struct sizing_pace pace;
	uint64_t answered_ms;	/* asked_ms of the last question answered, be
				   it by a refusal of the token; 0: none */
	uint32_t recommended;	/* shards of the last answer; 0: none yet */
	bool forbidden;		/* 401, proved: asked every 10 min only */
};

void asking_init(struct asking *, struct fleet *);
/* Asks now, or makes the question already under way or due do. */
void asking_want(struct asking *, enum ask_what);
void asking_stop(struct asking *);
/* A shard found nobody at the gateway: it may have moved. */
void asking_unreached(struct asking *);
/* The token may be asked with again: the next question need not wait. */
void asking_allow(struct asking *);
/* Asks when Discord's counter is to be compared with ours again. */
void asking_tick(struct asking *);
/*
 * An operator wants that now: a new question, as the answer to one that is
 * under way may be older than what he asks about.  -1 when it was just done.
 */
int asking_now(struct asking *, struct err *);

#endif

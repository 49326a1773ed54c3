/* SPDX-License-Identifier: MIT */
/*
 * Keeps asking /gateway/bot until it answers, with growing delays, and turns
 * the answer into what the fleet does: launch, budget, refusals.  Resumes
 * never wait for it (discord-protocol.md 1.2).
 */
#ifndef SUPERVISOR_ASKING_H
#define SUPERVISOR_ASKING_H

#include "supervisor/ask.h"

struct fleet;

struct asking {
	struct fleet *fleet;
	struct ask ask;
	struct timer retry;
	enum ask_what what;	/* of the question under way or next */
	uint32_t fails;		/* in a row */
	uint32_t recommended;	/* shards of the last answer; 0: none yet */
	bool forbidden;		/* 401: nothing is asked any more */
};

void asking_init(struct asking *, struct fleet *);
/* Asks now, or makes the question already under way or due do. */
void asking_want(struct asking *, enum ask_what);
void asking_stop(struct asking *);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What is asked of the gate's cache (contract.h, GATE_ASK), over the gate's
 * lane.  Every question gets one answer: what the gate says, or, when it goes
 * away or says nothing for too long, that.
 */
#ifndef HANDLER_DELIVERY_GATE_QUESTION_H
#define HANDLER_DELIVERY_GATE_QUESTION_H

#include "shared/base/list.h"
#include "shared/base/timer.h"
#include "shared/wire/gate_wire.h"

#define GATE_QUESTIONS_MAX                                                     \
	256 /* not answered; half of them for clients' REST */
#define GATE_QUESTION_S 3.0

/* status: enum gate_answered; text is borrowed. */
typedef void gate_question_fn(void *arg, const struct gate_answer *,
    const char *text, size_t len);

struct gate_questions {
	struct gate_wire *wire; /* NULL: there is no gate in the config */
	struct list asked;	/* the oldest first */
	unsigned n;
	uint64_t next;
	struct timer late;
};

/* wire: it lives as long, open or closed. */
void gate_question_init(struct gate_questions *, struct timers *,
    struct gate_wire *);
/*
 * NULL, and fn is called once, later; or why it can't be asked, a clause.
 * behind: len bytes, GATE_ASK_MAX at most.
 */
const char *gate_question_ask(struct gate_questions *, const struct gate_ask *,
    const char *behind, size_t len, gate_question_fn *, void *arg);
/* A GATE_ANSWER came. */
void gate_question_answered(struct gate_questions *, const struct gate_hdr *,
    const char *payload);
/* All that is open ends so; a clause. */
void gate_question_lost(struct gate_questions *, const char *why);
void gate_question_free(struct gate_questions *);

#endif

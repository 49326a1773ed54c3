/* SPDX-License-Identifier: MIT */
/*
 * The hands of a succession (handover.h): the second process of a shard, and
 * the moment at which the two exchange their places in the fleet.
 */
#ifndef SUPERVISOR_OPERATION_HANDOVER_EFFECTS_H
#define SUPERVISOR_OPERATION_HANDOVER_EFFECTS_H

#include "shared/wire/contract.h"
#include "supervisor/child/member.h"
#include "supervisor/operation/handover.h"

struct handover_effects;

typedef void handover_effects_done_fn(void *arg, struct member *place, bool ok,
    const char *why);

struct handover_effects {
	struct handover succession;
	struct fleet *fleet;
	struct member *place;	 /* of the shard; what is in it changes */
	struct member other;	 /* the successor, then the process before */
	struct page_watch watch; /* of other */
	bool taken;		 /* the successor has the place */
	bool void_session;	 /* it had to ask for an IDENTIFY */
	handover_effects_done_fn *done;
	void *arg;
};

void handover_effects_init(struct handover_effects *, struct fleet *,
    handover_effects_done_fn *, void *arg);
void handover_effects_close(
    struct handover_effects *); /* its process is gone */
/* 0 and done is called once, or -1. */
int handover_effects_begin(struct handover_effects *, struct member *place,
    struct err *);
void handover_effects_abort(struct handover_effects *);
static inline bool
handover_effects_free(const struct handover_effects *s)
{
	return handover_free(&s->succession);
}
/* Is this process one of s's two? */
static inline bool
handover_effects_about(const struct handover_effects *s, const struct member *c)
{
	return !handover_effects_free(s) && (c == s->place || c == &s->other);
}

/* What one of the two said, or became of it; c is one of them. */
void handover_effects_standby(struct handover_effects *, struct member *);
void handover_effects_trouble(struct handover_effects *, struct member *,
    const char *);
void handover_effects_handed(struct handover_effects *, struct member *,
    const struct msg_handed *);
void handover_effects_ready(struct handover_effects *, struct member *);
void handover_effects_asked(struct handover_effects *, struct member *);
void handover_effects_gone(struct handover_effects *, struct member *);

#endif

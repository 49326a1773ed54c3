/* SPDX-License-Identifier: MIT */
/*
 * The hands of a succession (succession.h): the second process of a shard, and
 * the moment at which the two exchange their places in the fleet.
 */
#ifndef SUPERVISOR_HEIR_H
#define SUPERVISOR_HEIR_H

#include "shared/wire/contract.h"
#include "supervisor/child/member.h"
#include "supervisor/succession.h"

struct heir;

typedef void heir_done_fn(void *arg, struct member *place, bool ok,
    const char *why);

struct heir {
	struct succession succession;
	struct fleet *fleet;
	struct member *place;	/* of the shard; what is in it changes */
	struct member other;	/* the successor, then the process before */
	struct page_watch watch; /* of other */
	bool taken;		/* the successor has the place */
	bool void_session;	/* it had to ask for an IDENTIFY */
	heir_done_fn *done;
	void *arg;
};

void heir_init(struct heir *, struct fleet *, heir_done_fn *,
    void *arg);
void heir_close(struct heir *);	/* its process is gone */
/* 0 and done is called once, or -1. */
int heir_begin(struct heir *, struct member *place, struct err *);
void heir_abort(struct heir *);
static inline bool
heir_free(const struct heir *s)
{
	return succession_free(&s->succession);
}
/* Is this process one of s's two? */
static inline bool
heir_about(const struct heir *s, const struct member *c)
{
	return !heir_free(s) && (c == s->place || c == &s->other);
}

/* What one of the two said, or became of it; c is one of them. */
void heir_standby(struct heir *, struct member *);
void heir_trouble(struct heir *, struct member *, const char *);
void heir_handed(struct heir *, struct member *,
    const struct msg_handed *);
void heir_ready(struct heir *, struct member *);
void heir_asked(struct heir *, struct member *);
void heir_gone(struct heir *, struct member *);

#endif

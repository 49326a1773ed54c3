/* SPDX-License-Identifier: MIT */
/*
 * Round trips, asked for by an operator or by [probe] interval: handed to the
 * handler in service, one at a time, with a deadline.  The last result is on
 * the stats page; a scheduled one that fails is an alert's business.
 */
#ifndef SUPERVISOR_OPERATION_PROBE_H
#define SUPERVISOR_OPERATION_PROBE_H

#include "shared/wire/contract.h"
#include "shared/base/err.h"
#include "shared/page/page.h"
#include "shared/base/timer.h"
#include "supervisor/base/report.h"

struct fleet;
struct member;

#define PROBE_PARTS 4	    /* of [probe] deadline, at most; contract.h */
#define PROBE_SLACK_S 5	    /* beyond that */
#define PROBE_RETRY_MS 5000 /* one that could not be made now */
#define PROBE_RETRIES 12    /* of a scheduled one, then it has failed */

struct probe {
	struct fleet *fleet;
	struct timer deadline;
	struct member *asked; /* NULL: nothing is under way */
	struct report report; /* without a ticket: it is a scheduled one */
	uint32_t serial;
	uint64_t setup;	   /* channel a message is posted in */
	uint64_t next_ms;  /* of the schedule, boot; 0: not set */
	double interval_s; /* that next_ms was reckoned with */
	unsigned retries;
	struct page_probe last;
};

void probe_init(struct probe *, struct fleet *);
void probe_stop(struct probe *);
/* setup: post a message in this channel instead.  0: answered later; or -1. */
int probe_ask(struct probe *, uint32_t ticket, uint64_t setup, struct err *);
void probe_answered(struct probe *, struct member *, uint32_t serial,
    const struct msg_probe_answer *);
void probe_handler_gone(struct probe *, struct member *);
/* The handler that is asked leaves our sight: why, for who waits. */
void probe_give_up(struct probe *, const char *why);
static inline bool
probe_busy(const struct probe *p)
{
	return p->asked != NULL;
}
/* Now and then: is a scheduled one due? */
void probe_tick(struct probe *);
/* The schedule is on, and its first round trip in this life is not over. */
bool probe_pending(const struct probe *);
/* "" unless the schedule is on and its last round trip did not live. */
const char *probe_alarm(const struct probe *);

#endif

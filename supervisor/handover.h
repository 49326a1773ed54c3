/* SPDX-License-Identifier: MIT */
/*
 * The hands of a reload (reload.h): the two handler slots of the fleet, the
 * config and program of each, the page's word on who is in service, and what
 * the operator reads about it.
 */
#ifndef SUPERVISOR_HANDOVER_H
#define SUPERVISOR_HANDOVER_H

#include "shared/config.h"
#include "supervisor/probation.h"
#include "supervisor/reload.h"

struct fleet;
struct member;

#define HANDOVER_READY_S 2	/* beyond start_timeout, which plugins have */
#define HANDOVER_SLACK_S 5	/* beyond drain_timeout and the like */

struct handover {
	struct fleet *fleet;
	struct reload reload;
	struct probation probation;
	/* While one is under way: */
	struct member *fresh, *old;
	struct config *other;	/* not in force: the next one, then the last */
	bool promoted;		/* other is the last one */
	uint32_t ticket;	/* of the client that waits; 0: none */
	uint64_t began_ms;
};

void handover_init(struct handover *, struct fleet *);
void handover_free(struct handover *);
/*
 * Reads the config file again and begins: 0, or -1 with the client told.
 * check: only says what would change.
 */
int handover_begin(struct handover *, uint32_t ticket, bool check,
    bool no_wait, struct err *);
/* From fleet.c: something happened to a handler, or to a shard's uplink. */
void handover_ready(struct handover *, struct member *);
void handover_gone(struct handover *, struct member *);
void handover_moved(struct handover *);
void handover_abort(struct handover *);
static inline bool
handover_busy(const struct handover *h)
{
	return reload_busy(&h->reload);
}

/* Puts what can change while we run into force, after a config did. */
void handover_apply_live(struct fleet *);

#endif

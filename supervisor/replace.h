/* SPDX-License-Identifier: MIT */
/*
 * The hands of a reload (reload.h): the two handler slots of the fleet, the
 * config and program of each, the page's word on who is in service, and what
 * the operator reads about it.
 */
#ifndef SUPERVISOR_REPLACE_H
#define SUPERVISOR_REPLACE_H

#include "shared/config/config.h"
#include "supervisor/operation.h"
#include "supervisor/probation.h"
#include "supervisor/reload.h"

struct fleet;
struct member;

#define REPLACE_READY_S 2	/* beyond start_timeout, which plugins have */
#define REPLACE_SLACK_S 5	/* beyond drain_timeout and the like */

struct replace {
	struct fleet *fleet;
	struct reload reload;
	struct probation probation;
	/* While one is under way: */
	struct member *fresh, *old;
	struct config *other;	/* not in force: the next one, then the last */
	bool promoted;		/* other is the last one */
	bool switched, anew;	/* ROLLING_BACK: it had served; the old one had
				   to be started anew */
	char unfit[RELOAD_WORDS]; /* a plugin that fresh, or the old one
				   started anew, can't bring up; "": none */
	uint32_t ticket;	/* of the client that waits for the one under
				   way; 0: none */
	uint64_t began_ms;
	int last_code;		/* how the last one ended, err.h */
};

void replace_init(struct replace *, struct fleet *);
void replace_free(struct replace *);
/*
 * Reads the config file again and begins: 0, or -1 with the client told.
 * check: only says what would change.
 */
int replace_begin(struct replace *, uint32_t ticket, bool check,
    bool no_wait, struct err *);
/*
 * The same without a client, when the file differs from what is in force: 1,
 * 0 when it does not, -1 when it can't be taken.
 */
int replace_changed(struct replace *, struct err *);
/* A new handler with the config in force, for another token or program: 0 with
 * the client told as it goes (ticket 0: nobody), or -1.  within: what it is a
 * part of; UNDERWAY_COUNT: nothing. */
int replace_same(struct replace *, uint32_t ticket,
    enum operation_underway within, struct err *);
/* From messages.c, before that handler is ready: "NAME (why it is not up)". */
void replace_plugin_down(struct replace *, struct member *, const char *);
/* From fleet.c: something happened to a handler, or to a shard's uplink. */
void replace_ready(struct replace *, struct member *);
void replace_gone(struct replace *, struct member *);
void replace_moved(struct replace *);
void replace_abort(struct replace *);
static inline bool
replace_busy(const struct replace *h)
{
	return reload_busy(&h->reload);
}

/* Puts what can change while we run into force, after a config did. */
void replace_apply_live(struct fleet *);

#endif

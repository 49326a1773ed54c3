/* SPDX-License-Identifier: MIT */
/*
 * The hands of a reload (reload.h): the two handler slots of the fleet, the
 * config and program of each, the page's word on who is in service, and what
 * the operator reads about it.
 */
#ifndef SUPERVISOR_OPERATION_RELOAD_EFFECTS_H
#define SUPERVISOR_OPERATION_RELOAD_EFFECTS_H

#include "shared/config/config.h"
#include "supervisor/base/report.h"
#include "supervisor/operation/operation.h"
#include "supervisor/operation/probation.h"
#include "supervisor/operation/reload.h"

struct fleet;
struct member;

#define RELOAD_EFFECTS_READY_S 2 /* beyond start_timeout, which plugins have */
#define RELOAD_EFFECTS_SLACK_S 5 /* beyond drain_timeout and the like */

struct reload_effects {
	struct fleet *fleet;
	struct reload reload;
	struct probation probation;
	/* While one is under way: */
	struct member *fresh, *old;
	struct config *other; /* not in force: the next one, then the last */
	bool promoted;	      /* other is the last one */
	bool switched, anew;  /* ROLLING_BACK: it had served; the old one had
				   to be started anew */
	char unfit[RELOAD_WORDS]; /* a plugin that fresh, or the old one
				   started anew, can't bring up; "": none */
	struct report report;
	uint64_t began_ms;
	int last_code; /* how the last one ended, err.h */
};

void reload_effects_init(struct reload_effects *, struct fleet *);
void reload_effects_free(struct reload_effects *);
/*
 * Reads the config file again and begins: 0, or -1 with the client told.
 * check: only says what would change.
 */
int reload_effects_begin(struct reload_effects *, uint32_t ticket, bool check,
    bool no_wait, struct err *);
/*
 * The same without a client, when the file differs from what is in force: 1,
 * 0 when it does not, -1 when it can't be taken.
 */
int reload_effects_changed(struct reload_effects *, struct err *);
/* A new handler with the config in force, for another token or program: 0 with
 * the client told as it goes (ticket 0: nobody), or -1.  within: what it is a
 * part of; UNDERWAY_COUNT: nothing. */
int reload_effects_same(struct reload_effects *, uint32_t ticket,
    enum operation_underway within, struct err *);
/* From messages.c, before that handler is ready: "NAME (why it is not up)". */
void reload_effects_plugin_down(struct reload_effects *, struct member *,
    const char *);
/* From fleet.c: something happened to a handler, or to a shard's uplink. */
void reload_effects_ready(struct reload_effects *, struct member *);
void reload_effects_gone(struct reload_effects *, struct member *);
void reload_effects_moved(struct reload_effects *);
void reload_effects_abort(struct reload_effects *);
static inline bool
reload_effects_busy(const struct reload_effects *h)
{
	return reload_busy(&h->reload);
}

#endif

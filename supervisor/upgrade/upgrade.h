/* SPDX-License-Identifier: MIT */
/*
 * This room: another program takes over: in this process, or from a supervisor
 * that is gone.
 *
 * `upgrade`: the supervisor becomes another program, by exec, in the same
 * process.  First that program says, as a process of its own, whether it can
 * take over (upgrade_check.h); then the exec, through which only the lock, the
 * config, the token and the waiting client pass (upgrade_handoff.h).  The
 * children see their channels end and call, as after a death, and are taken
 * over (adopt.h).  Until the exec has succeeded nothing is given up; and a
 * program that can't start after all makes way for the one before.
 */
#ifndef SUPERVISOR_UPGRADE_UPGRADE_H
#define SUPERVISOR_UPGRADE_UPGRADE_H

#include "shared/config/config.h"
#include "supervisor/base/helper.h"
#include "supervisor/base/report.h"
#include "supervisor/base/request.h"
#include "supervisor/upgrade/upgrade_handoff.h"
#include "supervisor/upgrade/upgrade_check.h"
#include "supervisor/child/program.h"

struct fleet;

#define UPGRADE_EXAMINE_S 20 /* for the next program's answer */

/* What an upgrade asks of the top floor, and tells it. */
struct upgrade_ops {
	/* The fleet is to stop, its sessions kept, for the other program. */
	void (*stop)(struct fleet *);
	/* Before the exec: hands to the store what is only in memory. */
	void (*keep)(struct fleet *);
	/* After it, or a start: everybody awaited was taken over or is gone. */
	void (*settled)(struct fleet *);
};

struct upgrade {
	struct fleet *fleet;
	struct request_upgrade wish;
	struct report report;
	/* while it is examined: */
	struct program program; /* fd -1: nothing under way */
	struct helper helper;
	struct examined examined;
	bool cold; /* everything is stopped, then the exec */
	/* after it, until all is taken over: */
	bool arrived;
	struct arrival from;
};

void upgrade_init(struct upgrade *, struct fleet *);
/* 0 and the client is answered later; or -1. */
int upgrade_begin(struct upgrade *, uint32_t ticket,
    const struct request_upgrade *, struct err *);
static inline bool
upgrade_busy(const struct upgrade *s)
{
	return s->program.fd != -1 || s->arrived;
}
/* The fleet is to stop, and that is all. */
void upgrade_cancel(struct upgrade *);
/*
 * Everything has ended: becomes the other program, if that is what it ended
 * for.  Returns when there is nothing to become.
 */
void upgrade_leave(struct upgrade *);
void upgrade_free(struct upgrade *);

/* After the exec, from the start on. */
void upgrade_arrive(struct upgrade *, const struct arrival *);
/* Who could be taken over is, n of the shards among them. */
void upgrade_settled(struct upgrade *, uint32_t shards);
/* This program can't start: becomes the one before again.  Returns if not. */
void upgrade_return(struct fleet *, const struct arrival *, const struct err *);

#endif

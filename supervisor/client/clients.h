/* SPDX-License-Identifier: MIT */
/*
 * This room: the bots whose processes the config has us run (exec in [client]),
 * and orders about the gate's clients.
 *
 * Each such client has two places for a process, or rather for its runner
 * (runner.h): one in service, and one that is to take over.  A process is
 * started once the gate serves, started again by the rules of every child,
 * replaced start-first (client_change.h) by an order or when its section
 * changed, and ended when that is gone.  It outlives handler, gate and
 * supervisor.
 */
#ifndef SUPERVISOR_CLIENT_CLIENTS_H
#define SUPERVISOR_CLIENT_CLIENTS_H

#include "supervisor/base/report.h"
#include "supervisor/child/member.h"
#include "supervisor/client/client_change.h"

#define CLIENTS_LOOK_S 0.1 /* between two looks whether it has arrived */

struct client_process {
	struct fleet *fleet;
	uint32_t place; /* on the page */
	char name[64];
	struct member slot[2];
	struct member *now, *fresh; /* fresh: of a change under way */
	struct page_watch spare;    /* of the other one */
	struct client_change change;
	struct timer look;
	uint64_t began_ms, late_ms; /* of the change */
	uint32_t had;		    /* sessions of the one before, live then */
	uint64_t sum, fresh_sum;    /* of the section each was started with */
	uint64_t tried; /* of one that did not come up: not again by itself */
	struct report report;
	char label[80];
	bool ordered; /* by an operator */
};

struct clients {
	struct fleet *fleet;
	struct client_process *of[PAGE_CLIENTS]; /* by place; NULL: none yet */
};

void clients_init(struct clients *, struct fleet *);
void clients_close(struct clients *); /* no process runs, or we leave */

/* Before processes of an earlier supervisor are awaited: those there may be
 * have their places from then on. */
void clients_expect(struct clients *);
/* The config or the gate may have changed: starts, replaces and ends processes
 * as needed. */
void clients_follow(struct clients *);
/* The same after a reload: what did not come up before is tried again. */
void clients_reloaded(struct clients *);
/* 0 and the client is answered later; or -1. */
int clients_restart(struct clients *, const char *name, uint32_t ticket,
    struct err *);
/* One is being replaced. */
bool clients_busy(const struct clients *);
/* One runs. */
bool clients_run(const struct clients *);

/* A member of ours has ended. */
void clients_gone(struct clients *, struct member *);
/* Its bot runs. */
void clients_guest(struct clients *, struct member *, pid_t bot);
/* It was taken over, started with a section of this sum. */
void clients_adopted(struct clients *, struct member *, uint64_t sum,
    pid_t bot);

/* All of it ends: true when none runs any more. */
bool clients_end(struct clients *);
void clients_each(struct clients *, void (*fn)(struct member *));
struct member *clients_find(struct clients *, pid_t);
/* The one in service at a place of the page; NULL: none. */
struct member *clients_at(struct clients *, uint32_t place);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What `wait`, `settle` and people wait for: begun by a verb, judged again and
 * again by the control socket until it is so or the deadline has passed.
 */
#ifndef TOOLS_SIM_CONTROL_WAIT_H
#define TOOLS_SIM_CONTROL_WAIT_H

#include "tools/sim/base/sbuf.h"
#include "tools/sim/base/sim.h"
#include "tools/sim/people/people.h"

#define WAIT_TIMEOUT_S 30.0 /* unless --timeout says otherwise */
#define WAIT_ASK_MS 2000    /* between two questions for heartbeats */

struct wait {
	bool active;
	bool settle, rows;	   /* rows: see answer.h */
	char expr[256];		   /* "connected=16,sent>=5000" */
	struct people_wait person; /* seconds > 0: that instead */
	uint64_t deadline_ms;
	uint64_t ask_ms; /* not before: for heartbeats */
};

/* argv[0]: wait or settle.  0 with active set, or EXIT_USAGE. */
int wait_begin(struct sim *, int argc, char **argv, struct wait *,
    struct sbuf *out);
/* Runs a person's verb, which may begin a wait; wait NULL: it can't. */
int wait_person(struct sim *,
    int (*)(struct sim *, int, char **, struct people_wait *, struct sbuf *),
    int argc, char **argv, struct wait *, struct sbuf *out);
/* True when it is over: *code and out are final and active is false. */
bool wait_judge(struct sim *, struct wait *, int *code, struct sbuf *out);

#endif

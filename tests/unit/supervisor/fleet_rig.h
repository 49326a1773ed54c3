/* SPDX-License-Identifier: MIT */
/*
 * A supervisor's fleet without processes: spawn.c is replaced by one that only
 * seems to start them, on the fake clock.  What a process would say and how it
 * would end the test says in its place, and may say it before the call that
 * starts it returns: hands call back at once.
 */
#ifndef TESTS_UNIT_SUPERVISOR_FLEET_RIG_H
#define TESTS_UNIT_SUPERVISOR_FLEET_RIG_H

#include "supervisor/fleet.h"
#include "supervisor/fleet_parts.h"
#include "tests/unit/rig/fake_time.h"

#define HANDS_SHARDS 4
#define HANDS_PROCESSES 64

struct hands_process {
	pid_t pid;
	int fd;			/* our end of its channel; -1: it has ended */
	bool handler;
	uint64_t identity;	/* of the token it was started with */
	unsigned said[MSG_TYPES]; /* what it was told, by type */
};

extern struct hands {
	struct fleet *f;
	struct hands_process process[HANDS_PROCESSES];
	unsigned processes;	/* started so far */
	bool spawn_fails;
	bool at_once;		/* a process says HELLO, a handler READY, too,
				   within its own start */
} hands;

/* A fleet of HANDS_SHARDS with nothing started; extra lines of its config. */
void hands_open(const char *more);
void hands_close(void);
/* Starts everything and brings it up, as far as it has not come up itself. */
void hands_start(void);
/* What its process says, any message or a certain one. */
void hands_says(struct member *, enum msg_type, uint32_t serial,
    const void *body, size_t len);
void hands_hello(struct member *);
void hands_ready(struct member *);
void hands_report(struct member *, enum shard_report, uint32_t serial,
    const char *text);
void hands_handed(struct member *, bool ok);
/* What a shard that is ready writes on its page. */
void hands_shows_ready(struct member *);
/* Its process ends. */
void hands_dies(struct member *, int status);
/* Every shard says that its events go to the handler in service. */
void hands_all_switch(void);
/* How often its process was told this. */
unsigned hands_told(struct member *, enum msg_type);
/* Live processes, handlers among them. */
unsigned hands_alive(bool handlers);

#endif

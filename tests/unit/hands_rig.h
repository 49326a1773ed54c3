/* SPDX-License-Identifier: MIT */
/*
 * A supervisor's fleet without processes: spawn.c is replaced by one that only
 * seems to start them, on the fake clock.  What a process would say and how it
 * would end the test says in its place, and may say it before the call that
 * starts it returns: hands call back at once.
 */
#ifndef TESTS_UNIT_HANDS_RIG_H
#define TESTS_UNIT_HANDS_RIG_H

#include "supervisor/fleet.h"
#include "tests/unit/fake_time.h"

#define RIG_SHARDS 4
#define RIG_PROCESSES 64

struct rig_process {
	pid_t pid;
	int fd;			/* our end of its channel; -1: it has ended */
	bool handler;
	uint64_t identity;	/* of the token it was started with */
	unsigned said[MSG_TYPES]; /* what it was told, by type */
};

extern struct rig {
	struct fleet *f;
	struct rig_process process[RIG_PROCESSES];
	unsigned processes;	/* started so far */
	bool spawn_fails;
	bool at_once;		/* a process says HELLO, a handler READY, too,
				   within its own start */
} rig;

/* A fleet of RIG_SHARDS with nothing started; extra lines of its config. */
void rig_open(const char *more);
void rig_close(void);
/* Starts everything and brings it up, as far as it has not come up itself. */
void rig_start(void);
/* What its process says. */
void rig_hello(struct member *);
void rig_ready(struct member *);
void rig_report(struct member *, enum shard_report, uint32_t serial,
    const char *text);
void rig_handed(struct member *, bool ok);
/* What a shard that is ready writes on its page. */
void rig_shows_ready(struct member *);
/* Its process ends. */
void rig_dies(struct member *, int status);
/* Every shard says that its events go to the handler in service. */
void rig_all_switch(void);
/* How often its process was told this. */
unsigned rig_told(struct member *, enum msg_type);
/* Live processes, handlers among them. */
unsigned rig_alive(bool handlers);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A supervisor's fleet without processes: spawn.c is replaced by one that only
 * seems to start them, on the fake clock.  What a process would say and how it
 * would end the test says in its place, and may say it before the call that
 * starts it returns.
 */
#ifndef TESTS_UNIT_SUPERVISOR_PUPPET_H
#define TESTS_UNIT_SUPERVISOR_PUPPET_H

#include "supervisor/fleet.h"
#include "supervisor/fleet_parts.h"
#include "tests/unit/rig/fake_time.h"

#define PUPPET_SHARDS 4
#define PUPPET_PROCESSES 1024
#define PUPPET_EXITED(code) ((code) << 8)

struct puppet_process {
	pid_t pid;
	int fd; /* our end of its channel; -1: it has ended */
	bool handler;
	uint64_t identity;	  /* of the token it was started with */
	unsigned said[MSG_TYPES]; /* what it was told, by type */
};

extern struct puppet {
	struct fleet *f;
	struct puppet_process process[PUPPET_PROCESSES];
	unsigned processes; /* started so far */
	bool spawn_fails;
	bool at_once; /* a process says HELLO, a handler READY, too,
				   within its own start */
} puppet;

/* A fleet of PUPPET_SHARDS that is up; more is extra lines of its config. */
struct fleet *puppet_open(const char *more, bool at_once);
void puppet_close(void);
/* What its process says, any message or a certain one. */
void puppet_says(struct member *, enum msg_type, uint32_t serial,
    const void *body, size_t len);
void puppet_hello(struct member *);
void puppet_ready(struct member *);
void puppet_report(struct member *, enum shard_report, uint32_t serial,
    const char *text);
void puppet_handed(struct member *, bool ok);
/* What a shard that is ready writes on its page. */
void puppet_shows_ready(struct member *);
/* Its process ends. */
void puppet_dies(struct member *, int status);
/* Every shard says that its events go to the handler in service. */
void puppet_all_switch(void);
/* Begins one, and brings the new handler up. */
void puppet_reload(void);
/* How often its process was told this. */
unsigned puppet_told(struct member *, enum msg_type);
/* Live processes, handlers among them. */
unsigned puppet_alive(bool handlers);

#endif

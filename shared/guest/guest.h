/* SPDX-License-Identifier: MIT */
/*
 * This room: programs of somebody else's that run as our children, plugins and
 * bots: how they are started and ended, and what is heard of them.
 *
 * Starts one: no shell, a clean environment, no descriptor but its three
 * pipes, the limits we were started with, its own process group, and a signal
 * when its parent dies.
 */
#ifndef SHARED_GUEST_GUEST_H
#define SHARED_GUEST_GUEST_H

#include "shared/process/confine.h"
#include "shared/base/err.h"

/* In a guest's environment: the number of its process, also for those that it
 * starts (stragglers.h). */
#define GUEST_PROCESS_ENV "SHARDHERD_PROCESS"

#include <sys/resource.h>
#include <sys/types.h>

#define GUEST_ENV_MAX 5

/* What is run, borrowed for the call. */
struct guest_job {
	const char *exec, *user;	/* user "", NULL: see guest_start */
	int64_t memory, nofile, nice;	/* 0: no limit, as we were started */
	bool sandbox;			/* confined, where it is our user's */
	int death_signal;		/* when its parent dies */
	const char *env[GUEST_ENV_MAX]; /* "NAME=value", besides PATH, HOME,
					   LANG; up to a NULL */
};

/* What children get back of their parent's own start; filled once. */
struct guest_limits {
	struct rlimit nofile, core;
	int oom;		/* the parent's own oom_score_adj */
	struct confine confine; /* for those of our own user */
};

struct guest {
	pid_t pid;
	int in, out, err; /* our ends, non-blocking and CLOEXEC */
};

struct config;

void guest_limits_save(struct guest_limits *);
/* What guests of our own user may not see; the config must outlive it. */
void guest_confine(struct guest_limits *, const struct config *);
/*
 * Runs its exec (split into words like a shell would, expanding
 * nothing; the first is an absolute path) in dir, as its user, else, when we
 * are root, as the owner of its program, and within its limits; confined when
 * that is our own user.  A program that can't be run says so on its stderr and
 * exits with 127.
 */
int guest_start(struct guest *, const struct guest_job *, const char *dir,
    const struct guest_limits *, struct err *);
/*
 * true when pid has ended: *status is waitpid's.  What is left of its process
 * group has then been killed.
 */
bool guest_ended(pid_t pid, int *status);
void guest_signal(pid_t pid, int sig); /* to the whole group */
/* "exit status 3", "signal 9 (Killed)". */
void guest_status_text(int status, char *out, size_t size);

#endif

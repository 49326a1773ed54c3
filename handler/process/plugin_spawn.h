/* SPDX-License-Identifier: MIT */
/*
 * Starts a plugin's process: no shell, a clean environment, no descriptor but
 * its three pipes, the limits we were started with, its own process group,
 * and SIGTERM when the handler dies.
 */
#ifndef HANDLER_PROCESS_PLUGIN_SPAWN_H
#define HANDLER_PROCESS_PLUGIN_SPAWN_H

#include "shared/process/confine.h"
#include "shared/base/err.h"

/* In a plugin's environment: the number of its process, also for those that it
 * starts (stragglers.h). */
#define PLUGIN_SPAWN_PROCESS_ENV "SHARDHERD_PROCESS"

#include <sys/resource.h>
#include <sys/types.h>

struct config_plugin;

/* What children get back of the handler's own start; filled once. */
struct plugin_spawn_limits {
	struct rlimit nofile, core;
	int oom;		/* the handler's own oom_score_adj */
	struct confine confine; /* for those of our own user */
};

struct plugin_spawn {
	pid_t pid;
	int in, out, err; /* our ends, non-blocking and CLOEXEC */
};

struct config;

void plugin_spawn_limits_save(struct plugin_spawn_limits *);
/* What plugins of our own user may not see; the config must outlive it. */
void plugin_spawn_confine(struct plugin_spawn_limits *, const struct config *);
/*
 * Runs the plugin's exec (split into words like a shell would, expanding
 * nothing; the first is an absolute path) in dir, as its user, else, when we
 * are root, as the owner of its program, and within its limits; confined when
 * that is our own user.  A program that can't be run says so on its stderr and
 * exits with 127.
 */
int plugin_spawn_start(struct plugin_spawn *, const struct config_plugin *,
    const char *dir, const struct plugin_spawn_limits *, struct err *);
/*
 * true when pid has ended: *status is waitpid's.  What is left of its process
 * group has then been killed.
 */
bool plugin_spawn_ended(pid_t pid, int *status);
void plugin_spawn_signal(pid_t pid, int sig); /* to the whole group */
/* "exit status 3", "signal 9 (Killed)". */
void plugin_spawn_status_text(int status, char *out, size_t size);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A simulator and a fleet of one shard in a folder of their own, for as long
 * as one command of the CLI runs.  Whatever happens, and on Ctrl-C, all that
 * was started is ended by its pid and the folder is removed.
 */
#ifndef TOOLS_CLI_PLUGIN_TEST_RIG_H
#define TOOLS_CLI_PLUGIN_TEST_RIG_H

#include "shared/config/config.h"

#include <limits.h>
#include <sys/types.h>

#define RIG_START_S 15 /* simulator, or fleet, from fork to ready */
#define RIG_CTL_S 10   /* one word to the simulator */
#define RIG_STOP_S 25  /* the fleet, from SIGTERM on */
#define RIG_SLOW_MAX 20
#define RIG_SHARDS 1

struct rig {
	char dir[64];
	char self[PATH_MAX], sim_path[PATH_MAX];
	char api[256], token_file[PATH_MAX];
	pid_t sim, fleet; /* 0: not running */
	int fleet_status; /* of waitpid, once it ended */
};

/* On a slow machine: every wait for a program is so many times as long.  For
 * the whole process; 1 to RIG_SLOW_MAX. */
void rig_slow(unsigned times);
/* So long is that here. */
unsigned rig_seconds(unsigned);
/* Makes the folder and starts the simulator: 0 or -1. */
int rig_open(struct rig *, struct err *);
/* Starts the fleet of DIR/shardherd.conf, in the foreground. */
int rig_fleet(struct rig *, struct err *);
/* false once the fleet's process has ended. */
bool rig_fleet_runs(struct rig *);
/* Ends the fleet in order. */
void rig_fleet_stop(struct rig *);
/* shardherd-sim ctl WORDS ..., NULL; its output without the last newline. */
int rig_ctl(struct rig *, char *out, size_t size, struct err *,
    const char *const *words);
/* keep: the folder stays. */
void rig_close(struct rig *, bool keep);
/* A port of the loopback that nobody listened at a moment ago, or -1. */
int rig_port(struct err *);
/* A file that can be run? */
bool rig_is_program(const char *path);
/* As a shell finds it; out is changed in any case. */
bool rig_in_path(const char *name, char out[PATH_MAX]);
/* cli_step, but false after Ctrl-C as well. */
bool rig_step(uint64_t deadline_ms);
bool rig_interrupted(void);

#endif

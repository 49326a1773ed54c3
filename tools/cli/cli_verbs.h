/* SPDX-License-Identifier: MIT */
/* Every verb's function; the table itself is in cli.c. */
#ifndef TOOLS_CLI_CLI_VERBS_H
#define TOOLS_CLI_CLI_VERBS_H

#include "tools/cli/base/cli.h"

cli_fn verb_init;	/* cli_init.c */
cli_fn verb_run, verb_start, verb_ensure; /* cli_run.c */
cli_fn verb_upgrade;	/* cli_upgrade.c */
cli_fn verb_restart;	/* cli_restart.c */
cli_fn verb_stop;	/* cli_stop.c */
cli_fn verb_status;	/* cli_status.c */
cli_fn verb_check;	/* cli_check.c */
cli_fn verb_why;		/* cli_why.c */
cli_fn verb_shard;	/* verb_shard.c */
cli_fn verb_budget;	/* cli_budget.c */
cli_fn verb_release;	/* cli_release.c */
cli_fn verb_config;	/* cli_config.c */
cli_fn verb_db;		/* cli_db.c */
cli_fn verb_logs;	/* cli_logs.c */
cli_fn verb_reload;	/* cli_reload.c */
cli_fn verb_rollout;	/* cli_rollout.c */
cli_fn verb_plugin;	/* cli_plugin.c */
cli_fn verb_probe;	/* cli_probe.c */
cli_fn verb_deadletter;	/* cli_deadletter.c */
cli_fn verb_rank;	/* cli_rank.c */
cli_fn verb_token;	/* cli_token.c */

/* cli_stop.c: stops what runs, within so many seconds; the exit code. */
int stopping(struct cli *, bool end_sessions, double seconds);
/* cli_run.c: starts it in the background; until 0: without a wait. */
int starting(struct cli *, uint64_t until);
/* cli_run.c: until every shard is ready, 0, or -1 with EXIT_WAIT. */
int starting_wait(struct cli *, uint64_t until);

#endif

/* SPDX-License-Identifier: MIT */
/* Every verb's function; the table itself is in cli.c. */
#ifndef TOOLS_CLI_CLI_VERBS_H
#define TOOLS_CLI_CLI_VERBS_H

#include "tools/cli/base/cli.h"

cli_fn cli_init;	/* cli_init.c */
cli_fn cli_run, cli_start, cli_ensure; /* cli_run.c */
cli_fn cli_upgrade;	/* cli_upgrade.c */
cli_fn cli_restart;	/* cli_restart.c */
cli_fn cli_stop;	/* cli_stop.c */
cli_fn cli_status;	/* cli_status.c */
cli_fn cli_check;	/* cli_check.c */
cli_fn cli_why;		/* cli_why.c */
cli_fn cli_shard;	/* cli_shard.c */
cli_fn cli_budget;	/* cli_budget.c */
cli_fn cli_release;	/* cli_release.c */
cli_fn cli_config;	/* cli_config.c */
cli_fn cli_db;		/* cli_db.c */
cli_fn cli_logs;	/* cli_logs.c */
cli_fn cli_reload;	/* cli_reload.c */
cli_fn cli_rollout;	/* cli_rollout.c */
cli_fn cli_plugin;	/* cli_plugin.c */
cli_fn cli_probe;	/* cli_probe.c */
cli_fn cli_deadletter;	/* cli_deadletter.c */
cli_fn cli_rank;	/* cli_rank.c */
cli_fn cli_token;	/* cli_token.c */

/* cli_stop.c: stops what runs, within so many seconds; the exit code. */
int cli_stop_fleet(struct cli *, bool end_sessions, double seconds);
/* cli_run.c: starts it in the background; until 0: without a wait. */
int cli_start_fleet(struct cli *, uint64_t until);
/* cli_run.c: until every shard is ready, 0, or -1 with EXIT_WAIT. */
int cli_wait_ready(struct cli *, uint64_t until);

#endif

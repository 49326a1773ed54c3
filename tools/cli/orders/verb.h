/* SPDX-License-Identifier: MIT */
/*
 * This room: verbs that change what runs: they start a fleet, stop it, or order
 * it about.
 */
#ifndef TOOLS_CLI_ORDERS_VERB_H
#define TOOLS_CLI_ORDERS_VERB_H

#include "tools/cli/base/cli.h"

cli_fn verb_ensure, verb_probe, verb_release, verb_reload, verb_restart,
    verb_rollout, verb_run, verb_shard, verb_start, verb_stop, verb_upgrade;

/* Of `shard`: the exit code. */
int verb_shard_order(struct cli *, uint64_t id, const char *action, bool force);
/*
 * Returns when it is ready in another process, or will not be, or seconds are
 * over (0: what is usual); no_wait: once that is under way.
 */
int verb_shard_restart(struct cli *, uint64_t id, bool no_wait, double seconds);
/* Of `plugin`; the config is loaded. */
int verb_plugin_order(struct cli *, const char *action, const char *name);
/* Of `client`; the config is loaded.  end: its sessions end as well. */
int verb_client_restart(struct cli *, const char *name);
int verb_client_kick(struct cli *, const char *name, bool end);

#endif

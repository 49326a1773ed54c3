/* SPDX-License-Identifier: MIT */
/*
 * restart: stop and start, for who is used to that word, of the fleet or of one
 * that has a name.  The sessions are resumed.  What somebody else keeps running
 * is theirs to start again.
 */
#include "tools/cli/base/load.h"
#include "tools/cli/base/names.h"
#include "tools/cli/base/option.h"
#include "shared/base/secret.h"
#include "shared/view/lock.h"
#include "shared/view/view.h"
#include "tools/cli/orders/starting.h"
#include "tools/cli/orders/stopping.h"
#include "tools/cli/orders/verb.h"

#include <string.h>

/* 0, or -1: a fleet that must not be started in the background. */
static int
may_restart(struct cli *c)
{
	int r = keeper_check(c->config.state_dir, c->config.path, &c->err);
	char way[512] = "systemctl restart UNIT";
	struct view v;
	struct err none;

	if (r == -1 || view_read(&v, &c->config, &none) == -1)
		return r;
	if (v.keeper.unit[0] != '\0')
		keeper_command(&v.keeper, "restart", c->config.path, way,
		    sizeof(way));
	if (v.alive && v.cluster.foreground)
		r = err_set(&c->err, EXIT_USAGE,
		    "%s runs this fleet (pid %d), so it starts it again%s%s. "
		    "Without stopping anything, \"shardherd reload\" and "
		    "\"shardherd rollout\" replace the handler and the shards.",
		    v.cluster.service ? "systemd" : "Somebody's foreground",
		    v.cluster.pid, v.cluster.service ? ": " : "",
		    v.cluster.service ? way : "");
	view_free(&v);
	return r;
}

static int
restart_fleet(struct cli *c, double wait_s, double seconds)
{
	int32_t pid;
	char *token;
	int code;

	/* Strictly and first: what could not start again is not stopped. */
	if (load_for_fleet(c) == -1 || may_restart(c) == -1
	    || (token = config_read_token(c->config.token_file, &c->err))
		== NULL)
		return cli_fail(c);
	secret_free(token);
	if ((code = stopping(c, false, seconds)) != EXIT_FINE)
		return code;
	/* It may start elsewhere than where it ran. */
	config_free(&c->config);
	code = load_config(c) == -1
	    ? cli_fail(c)
	    : starting(c, starting_until(wait_s), false);
	if (code == EXIT_TRY_LATER && c->config.state_dir != NULL
	    && lock_held(c->config.state_dir, &pid))
		cli_say("Somebody else has started the fleet (supervisor pid "
			"%d) since this stopped it: nothing is left to do.",
		    (int)pid);
	if (code != EXIT_FINE
	    && (c->config.state_dir == NULL
		|| !lock_held(c->config.state_dir, &pid)))
		cli_say("The fleet was stopped for this and does not run now; "
			"its sessions are kept for a while. \"shardherd "
			"start\" goes on where it was.");
	return code;
}

/* Words of other programs for what has a verb of its own here. */
static const char *
meant(const char *name)
{
	return strcmp(name, "all") == 0 ? "\"shardherd restart\" alone "
					  "restarts the fleet."
	    : strcmp(name, "handler") == 0
	    ? "\"shardherd reload\" replaces the "
	      "handler."
	    : strcmp(name, "web") == 0 ? "\"shardherd reload\" replaces web."
	    : strcmp(name, "supervisor") == 0
	    ? "\"shardherd upgrade\" replaces the supervisor."
	    : strcmp(name, "shards") == 0 ? "\"shardherd rollout --all\" "
					    "replaces them one by one."
					  : NULL;
}

/* no_wait, seconds: of a shard; see verb_shard_restart(). */
static int
restart_one(struct cli *c, const char *name, bool no_wait, double seconds)
{
	unsigned kinds;

	if (load_look(c) == -1)
		return cli_fail(c);
	kinds = names_find(c, name, NAMES_SHARD | NAMES_PLUGIN | NAMES_CLIENT);
	if (kinds == 0 && meant(name) != NULL)
		err_set(&c->err, EXIT_USAGE, "Nothing is called \"%s\": %s",
		    name, meant(name));
	if (kinds == (NAMES_PLUGIN | NAMES_CLIENT))
		err_set(&c->err, EXIT_USAGE,
		    "%s is a plugin and a client: say \"shardherd plugin "
		    "restart %s\" or \"shardherd client restart %s\".",
		    name, name, name);
	if ((no_wait || seconds != 0) && kinds != 0 && kinds != NAMES_SHARD)
		return cli_error(c, EXIT_USAGE,
		    "--no-wait and --timeout are for a shard: a plugin's and a "
		    "client's next process has its time in the config.");
	switch (kinds) {
	case NAMES_SHARD:
		return verb_shard_restart(c, strtoull(name, NULL, 10), no_wait,
		    seconds);
	case NAMES_PLUGIN:
		return verb_plugin_order(c, "restart", name);
	case NAMES_CLIENT:
		return verb_client_restart(c, name);
	default:
		return cli_fail(c);
	}
}

int
verb_restart(struct cli *c)
{
	double wait_s = 0, seconds = 0;
	bool no_wait = false;
	const struct option opts[] = {
	    {"--wait", &wait_s},
	    {"--timeout", &seconds},
	    {"--no-wait", &no_wait},
	};

	if (option_take(c, opts, nitems(opts)) == -1)
		return cli_fail(c);
	if (c->argc == 0 && no_wait)
		return cli_error(c, EXIT_USAGE,
		    "--no-wait is for a shard: without --wait the fleet's "
		    "restart returns when it is being started.");
	if (c->argc == 0)
		return restart_fleet(c, wait_s, seconds);
	/* It waits anyway; --wait=S says how long. */
	return restart_one(c, c->argv[0], no_wait,
	    wait_s > 0 && seconds == 0 ? wait_s : seconds);
}

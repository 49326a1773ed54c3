/* SPDX-License-Identifier: MIT */
/*
 * restart: stop and start, for who is used to that word.  The sessions are
 * resumed.  What somebody else keeps running is theirs to start again.
 */
#include "tools/cli/base/load.h"
#include "tools/cli/base/option.h"
#include "shared/view/view.h"
#include "tools/cli/orders/starting.h"
#include "tools/cli/orders/stopping.h"
#include "tools/cli/orders/verb.h"

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

int
verb_restart(struct cli *c)
{
	double wait_s = 0, seconds = 0;
	const struct option opts[] = {
	    {"--wait", &wait_s},
	    {"--timeout", &seconds},
	};
	int code;

	/* Strictly and first: what could not start again is not stopped. */
	if (option_take(c, opts, nitems(opts)) == -1 || load_for_fleet(c) == -1
	    || may_restart(c) == -1)
		return cli_fail(c);
	if ((code = stopping(c, false, seconds)) != EXIT_FINE)
		return code;
	/* It may start elsewhere than where it ran. */
	config_free(&c->config);
	if (load_config(c) == -1)
		return cli_fail(c);
	return starting(c, starting_until(wait_s), false);
}

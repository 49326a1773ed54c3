/* SPDX-License-Identifier: MIT */
/* stop: leaves word of itself, so that no `ensure` undoes it. */
#include "shared/state/stopped.h"
#include "tools/cli/base/load.h"
#include "tools/cli/base/option.h"
#include "tools/cli/orders/stopping.h"
#include "tools/cli/orders/verb.h"

#include <unistd.h>

/* Left before it begins: cron may come in the middle of it. */
static int
stop_for_good(struct cli *c, bool end_sessions, double seconds)
{
	const char *dir = c->config.state_dir;
	struct stopped before;
	struct err e;
	bool had = stopped_get(dir, &before);
	bool left = stopped_put(dir, &e) == 0;
	int code = stopping(c, end_sessions, seconds);
	bool ends = code == EXIT_FINE || code == EXIT_WAIT;

	if (left && !had && !ends)
		stopped_clear(dir);
	if (!left && ends && access(dir, F_OK) == 0)
		cli_say("\"ensure\" will start it again: %s", e.text);
	return code;
}

int
verb_stop(struct cli *c)
{
	bool end_sessions = false;
	double seconds = 0;
	const struct option opts[] = {
	    {"--end-sessions", &end_sessions},
	    {"--timeout", &seconds},
	};

	if (option_take(c, opts, nitems(opts)) == -1 || load_look(c) == -1)
		return cli_fail(c);
	return stop_for_good(c, end_sessions, seconds);
}

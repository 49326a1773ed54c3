/* SPDX-License-Identifier: MIT */
/* ensure, for cron: starts the fleet unless it runs or was stopped. */
#include "shared/base/clock.h"
#include "shared/state/stopped.h"
#include "tools/cli/base/load.h"
#include "shared/view/lock.h"
#include "shared/view/view.h"
#include "tools/cli/orders/starting.h"
#include "tools/cli/orders/verb.h"

#include <string.h>
#include <unistd.h>

#define OTHER_WAIT_MS 30000 /* for a start somebody else is doing */

/* A fleet of another config file in the same state_dir is not ours. */
static int
same_config(struct cli *c)
{
	struct view v;
	int r = 0;

	if (view_read(&v, &c->config, &c->err) == -1)
		return 0; /* it is only starting: no page yet */
	if (v.cluster.config_path[0] != '\0'
	    && strcmp(v.cluster.config_path, c->config.path) != 0
	    && strlen(c->config.path) < sizeof(v.cluster.config_path))
		r = err_set(&c->err, EXIT_CONFIG,
		    "A fleet of %s runs on %s, which %s wants too; nothing was "
		    "changed.",
		    v.cluster.config_path, c->config.state_dir, c->config.path);
	view_free(&v);
	return r;
}

/* Somebody else holds the lock: has their start worked? */
static int
wait_other(struct cli *c)
{
	uint64_t until = clock_boot_ms() + OTHER_WAIT_MS;
	struct err why = c->err;
	int32_t pid;

	do {
		if (lock_held(c->config.state_dir, &pid))
			return 0;
	} while (cli_step(until));
	c->err = why;
	return -1;
}

/* Starts it unless it runs: 0, or -1. */
static int
start_if_down(struct cli *c, uint64_t until, bool *started)
{
	int32_t pid;

	*started = !lock_held(c->config.state_dir, &pid);
	if (!*started)
		return view_awake(&c->config, &c->err) == -1 ? -1
							     : same_config(c);
	if (starting_daemon(c, until, false) == -1
	    && (c->err.code != EXIT_TRY_LATER || wait_other(c) == -1))
		return -1;
	return 0;
}

/* Told once to a person; to cron each minute's word would be a mail. */
static int
leave_stopped(struct cli *c, const struct stopped *s, bool asked)
{
	char words[160];

	stopped_words(s, words, sizeof(words));
	if (asked)
		return cli_error(c, EXIT_DOWN,
		    "%s, and stays so: \"shardherd start\" or \"ensure "
		    "--even-if-stopped\" starts it.",
		    words);
	if (!c->json && isatty(STDERR_FILENO))
		cli_say("%s, and was left so: \"shardherd start\" or "
			"\"ensure --even-if-stopped\" starts it.",
		    words);
	return EXIT_FINE;
}

int
verb_ensure(struct cli *c)
{
	bool started, even_if_stopped = false;
	struct stopped s;
	uint64_t until;
	int32_t pid;

	if (starting_options(c, LOAD_BY_CRON, "--even-if-stopped",
		&even_if_stopped, &until)
	    == -1)
		return cli_fail(c);
	/* Of a directory we may not look into the start says why. */
	if (!even_if_stopped && access(c->config.state_dir, X_OK) == 0
	    && stopped_get(c->config.state_dir, &s)
	    && !lock_held(c->config.state_dir, &pid))
		return leave_stopped(c, &s, until != 0);
	do {
		if (start_if_down(c, until, &started) == -1)
			return cli_fail(c);
		if (until == 0 || starting_wait(c, until) == 0)
			return EXIT_FINE;
		/* It was ending already when we found it running. */
	} while (!started && c->err.code == EXIT_DOWN && cli_step(until));
	return cli_fail(c);
}

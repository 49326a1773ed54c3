/* SPDX-License-Identifier: MIT */
/* start: the fleet in the background, unless it runs. */
#include "tools/cli/base/load.h"
#include "shared/view/lock.h"
#include "shared/view/view.h"
#include "tools/cli/orders/starting.h"
#include "tools/cli/orders/verb.h"

int
verb_start(struct cli *c)
{
	bool hold = false;
	uint64_t until;
	int32_t pid;

	if (starting_options(c, LOAD_BY_HAND, "--hold-plugins", &hold, &until)
	    == -1)
		return cli_fail(c);
	if (lock_held(c->config.state_dir, &pid))
		return view_awake(&c->config, &c->err) == -1
		    ? cli_fail(c)
		    : cli_error(c, EXIT_TRY_LATER,
			"The fleet is running already (supervisor pid %d).",
			pid);
	return starting(c, until, hold);
}

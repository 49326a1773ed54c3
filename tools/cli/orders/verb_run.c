/* SPDX-License-Identifier: MIT */
/* run: the fleet in the foreground. */
#include "tools/cli/base/load.h"
#include "tools/cli/base/option.h"
#include "tools/cli/orders/starting.h"
#include "tools/cli/orders/verb.h"

int
verb_run(struct cli *c)
{
	bool hold = false;
	const struct option opts[] = {
	    {"--hold-plugins", &hold},
	};

	if (option_take(c, opts, nitems(opts)) == -1
	    || load_to_start(c, LOAD_BY_KEEPER) == -1)
		return cli_fail(c);
	return starting_here(c, hold);
}

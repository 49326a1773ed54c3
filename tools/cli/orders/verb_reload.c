/* SPDX-License-Identifier: MIT */
/*
 * reload: has the supervisor read the config again and replace the handler.
 * What it says on the way is shown as it comes; how it ends is our exit code.
 */
#include "shared/json/json.h"
#include "tools/cli/base/control_ask.h"
#include "tools/cli/base/follow.h"
#include "tools/cli/base/load.h"
#include "tools/cli/base/option.h"
#include "shared/view/view.h"
#include "tools/cli/orders/verb.h"

#include <string.h>

int
verb_reload(struct cli *c)
{
	bool check = false, no_wait = false;
	const struct option opts[] = {
	    {"--check", &check},
	    {"--no-wait", &no_wait},
	};
	struct json_object *q;

	/* A broken file ends here, with all its problems. */
	if (option_take(c, opts, nitems(opts)) == -1 || load_for_fleet(c) == -1)
		return cli_fail(c);
	q = control_ask_new("reload");
	json_put_bool(q, "check", check);
	json_put_bool(q, "no_wait", no_wait);
	return follow_order(c, q, "Reloading",
	    view_patience(&c->config, PATIENCE_RELOAD));
}

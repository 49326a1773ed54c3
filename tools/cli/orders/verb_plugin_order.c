/* SPDX-License-Identifier: MIT */
/* plugin load, unload, restart: orders about one plugin. */
#include "shared/json/json.h"
#include "shared/view/view.h"
#include "tools/cli/base/control_ask.h"
#include "tools/cli/base/follow.h"
#include "tools/cli/base/names.h"
#include "tools/cli/orders/verb.h"

int
verb_plugin_order(struct cli *c, const char *action, const char *name)
{
	struct json_object *q;

	if (names_find(c, name, NAMES_PLUGIN) == 0)
		return cli_fail(c);
	q = control_ask_new("plugin");
	json_put_text(q, "action", action);
	json_put_text(q, "name", name);
	return follow_order(c, q, "The plugin is waited for",
	    view_patience(&c->config, PATIENCE_PLUGIN));
}

/* SPDX-License-Identifier: MIT */
/* client restart, client kick: orders about one client of the gate. */
#include "shared/json/json.h"
#include "tools/cli/base/control_ask.h"
#include "tools/cli/base/follow.h"
#include "tools/cli/base/load.h"
#include "tools/cli/orders/verb.h"

#define ANSWER_S 15	 /* the gate's, and some */
#define USUAL_START_S 60 /* where the config has no such client: it refuses */

/* A new process, READY, and the end of the one before. */
static double
patience(const struct config *c, const char *name)
{
	const struct config_client *k = config_client(c, name);

	return (k != NULL ? k->start_timeout_s : USUAL_START_S)
	    + 2 * c->stop_timeout_s + ANSWER_S;
}

int
verb_client_restart(struct cli *c, const char *name)
{
	struct json_object *q = control_ask_new("client");

	json_put_text(q, "action", "restart");
	json_put_text(q, "name", name);
	return follow_order(c, q, "Replacing the client's process",
	    patience(&c->config, name));
}

int
verb_client_kick(struct cli *c, const char *name, bool end)
{
	struct json_object *q = control_ask_new("client");

	json_put_text(q, "action", "kick");
	json_put_text(q, "name", name);
	json_put_bool(q, "end", end);
	return follow_order(c, q, "The gate is waited for", ANSWER_S);
}

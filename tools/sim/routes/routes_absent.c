/* SPDX-License-Identifier: MIT */
/*
 * What Discord has and the simulator lacks: answered 501 with the route's
 * name, and counted by it in the report.  A route that is made leaves its row.
 */
#include "tools/sim/routes/routes.h"

static void
absent(struct rest_call *c)
{
	char name[200];
	json_object *o = json_object_new_object(), *n;

	must(str_format(name, sizeof(name), "%s %s", c->route->method,
	    c->route->pattern));
	n = jso_get(c->rest->absent, name);
	jso_set_int(c->rest->absent, name, json_object_get_int64(n) + 1);
	jso_set_int(o, "code", 0);
	jso_set(o, "message",
	    json_object_new_string("501: Not in the simulator"));
	jso_set_text(o, "route", name);
	rest_reply(c, 501, o);
}

#define ABSENT(method, pattern)                                                \
	{                                                                      \
		method, pattern, absent, LIMIT_NONE                            \
	}

const struct route routes_absent[] = {
    ABSENT("GET", "/skus/:sku_id/subscriptions/:subscription_id"),
    ABSENT("PUT", "/guilds/:guild_id/members/:user_id"),
    {0},
};

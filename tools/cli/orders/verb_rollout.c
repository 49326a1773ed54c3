/* SPDX-License-Identifier: MIT */
/*
 * rollout: has the supervisor replace the shards' processes one by one, and
 * shows how that goes.  `rollout status` asks nobody (I7).
 */
#include "shared/base/clock.h"
#include "shared/json/json.h"
#include "tools/cli/base/control_ask.h"
#include "tools/cli/base/follow.h"
#include "tools/cli/base/form.h"
#include "tools/cli/base/load.h"
#include "tools/cli/base/option.h"
#include "shared/view/status_json.h"
#include "tools/cli/base/progress.h"
#include "shared/view/view.h"
#include "tools/cli/orders/verb.h"
#include "tools/cli/see/status.h"

#include <string.h>

#define FOR_EVER_S 1e6 /* without --timeout: until it is over */

struct order {
	int64_t canary, parallel, max_failures;
	double pause_s, wait_s, timeout_s;
	bool all, dry_run, no_wait;
};

static struct json_object *
request(const char *action, const struct order *o)
{
	struct json_object *q = control_ask_new("rollout");

	json_put_text(q, "action", action);
	if (o->canary >= 0)
		json_put_int(q, "canary", o->canary);
	if (o->parallel >= 0)
		json_put_int(q, "parallel", o->parallel);
	if (o->max_failures >= 0)
		json_put_int(q, "max_failures", o->max_failures);
	if (o->pause_s >= 0)
		json_object_object_add(q, "pause_s",
		    json_object_new_double(o->pause_s));
	json_put_bool(q, "all", o->all);
	json_put_bool(q, "dry_run", o->dry_run);
	json_put_bool(q, "no_wait", o->no_wait);
	return q;
}

/* ---- status --------------------------------------------------------- */

static void
show_text(const struct view *v)
{
	const struct page_cluster *c = &v->cluster;
	uint32_t behind = view_behind(v);

	if (c->rollout)
		printf("rollout  under way: %u of %u replaced, %u failed\n",
		    c->rollout_moved, c->rollout_total, c->rollout_failed);
	else
		printf("rollout  none under way\n");
	if (c->rollout_note[0] != '\0')
		printf("last     %s\n", c->rollout_note);
	printf("shards   %u of %zu run the supervisor's program and "
	       "configuration\n",
	    (uint32_t)v->n - behind, v->n);
	for (size_t i = 0; i < v->n && behind > 0; i++)
		if (view_is_behind(v, &v->shard[i]))
			printf("behind   shard %u: an older %s, version %s\n",
			    v->shard[i].id,
			    v->shard[i].w.program != c->program
				? "program"
				: "configuration",
			    v->shard[i].w.version);
}

static int
show_status(struct cli *c)
{
	struct view v;
	int code;

	if (view_read(&v, &c->config, &c->err) == -1)
		return cli_fail(c);
	if (c->json)
		cli_print_json(status_json_rollout(&v));
	else
		show_text(&v);
	code = v.cluster.rollout || view_behind(&v) > 0 ? EXIT_DEGRADED
							: EXIT_FINE;
	view_free(&v);
	return code;
}

/* ---- orders --------------------------------------------------------- */

static int
give(struct cli *c, const char *action, const struct order *o)
{
	double s = o->timeout_s > 0 ? o->timeout_s
	    : o->wait_s > 0	    ? o->wait_s
				    : FOR_EVER_S;
	uint64_t until = clock_boot_ms() + (uint64_t)(s * 1000);
	struct json_object *a;

	progress_begin(c, PROGRESS_ROLLOUT, "Replacing shards", 0);
	a = control_ask_lines(&c->config, request(action, o), -1, s,
	    follow_show, c, &c->err);
	progress_end();

	if (a != NULL)
		return follow_end(c, a);
	if (c->err.code == EXIT_UNKNOWN && clock_boot_ms() >= until)
		return cli_error(c, EXIT_WAIT,
		    "The rollout is still under way after %g s and goes on: "
		    "\"shardherd rollout status\" shows it.",
		    s);
	return cli_fail(c);
}

int
verb_rollout(struct cli *c)
{
	struct order o = {.canary = -1,
	    .parallel = -1,
	    .max_failures = -1,
	    .pause_s = -1};
	const struct option opts[] = {
	    {"--canary", &o.canary},
	    {"--parallel", &o.parallel},
	    {"--max-failures", &o.max_failures},
	    {"--pause", &o.pause_s},
	    {"--all", &o.all},
	    {"--dry-run", &o.dry_run},
	    {"--no-wait", &o.no_wait},
	    {"--wait", &o.wait_s},
	    {"--timeout", &o.timeout_s},
	};

	/* A broken file ends a beginning here, with all its problems. */
	if (option_take(c, opts, nitems(opts)) == -1
	    || (form_is(c, "begin") ? load_for_fleet : load_look)(c) == -1)
		return cli_fail(c);
	return form_is(c, "status") ? show_status(c) : give(c, c->argv[0], &o);
}

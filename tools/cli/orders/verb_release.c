/* SPDX-License-Identifier: MIT */
/*
 * release: lets a fleet on hold go.  The supervisor checks the cause again
 * first, which means a question to Discord; the page tells what came of it.
 */
#include "shared/base/clock.h"
#include "shared/json/json.h"
#include "tools/cli/base/control_ask.h"
#include "tools/cli/base/load.h"
#include "tools/cli/base/option.h"
#include "tools/cli/base/progress.h"
#include "shared/view/view.h"
#include "tools/cli/orders/verb.h"

#include <string.h>

#define WAIT_S 40 /* the questions' own deadline, and some more */

static int
finish(struct cli *c, const struct page_cluster *now, uint32_t checks)
{
	if (now->release_checks == checks)
		return cli_error(c, EXIT_TRY_LATER,
		    "Discord has not answered yet whether the cause is gone; "
		    "the check goes on. %s",
		    now->note[0].text);
	if (now->held)
		return cli_error(c, EXIT_DEGRADED, "Not released. %s",
		    now->note[0].text);
	if (c->json)
		cli_print_json(
		    json_put_bool(json_object_new_object(), "released", true));
	else
		puts("released: shards may IDENTIFY again");
	return EXIT_FINE;
}

static int
release(struct cli *c, double wait_s)
{
	struct json_object *a;
	uint64_t until = clock_boot_ms() + (uint64_t)(wait_s * 1000);
	struct page_cluster was;
	struct view v;

	if (view_read(&v, &c->config, &c->err) == -1)
		return cli_fail(c);
	was = v.cluster;
	view_free(&v);
	if ((a = control_ask(&c->config, control_ask_new("release"), &c->err))
	    == NULL)
		return cli_fail(c);
	json_object_put(a);
	progress_begin(c, PROGRESS_PLAIN, "Discord is asked", wait_s);
	do {
		if (view_read(&v, &c->config, &c->err) == -1)
			return cli_fail(c);
		view_free(&v);
	} while (
	    v.cluster.release_checks == was.release_checks && cli_step(until));
	progress_end();
	return finish(c, &v.cluster, was.release_checks);
}

int
verb_release(struct cli *c)
{
	double wait_s = WAIT_S;
	const struct option opts[] = {
	    {"--timeout", &wait_s},
	};

	if (option_take(c, opts, nitems(opts)) == -1 || load_look(c) == -1)
		return cli_fail(c);
	return release(c, wait_s);
}

/* SPDX-License-Identifier: MIT */
/*
 * upgrade: has the supervisor become another program.  It looks at that program
 * first and says what it found; the connection it answers on passes through the
 * exec, so that the end is told by the new one.
 */
#include "shared/base/clock.h"
#include "shared/json/json.h"
#include "tools/cli/base/control_ask.h"
#include "tools/cli/base/follow.h"
#include "tools/cli/base/load.h"
#include "tools/cli/base/option.h"
#include "shared/view/view.h"
#include "tools/cli/orders/starting.h"
#include "tools/cli/orders/verb.h"

#include <string.h>
#include <unistd.h>

#define EXAMINE_S 60 /* looking, exec, taking over */

/* Where the program is, as this process sees it: links are kept. */
static int
absolute(struct cli *c, const char *name, char *out, size_t size)
{
	char cwd[CONFIG_PATH_MAX];

	if (name[0] == '/' && str_format(out, size, "%s", name))
		return 0;
	if (name[0] != '/' && getcwd(cwd, sizeof(cwd)) != NULL
	    && str_format(out, size, "%s/%s", cwd, name))
		return 0;
	return err_set(&c->err, EXIT_USAGE, "The path of %s is too long.",
	    name);
}

static struct json_object *
request(const char *path, bool check, bool force, bool keep_handler)
{
	struct json_object *q = control_ask_new("upgrade");

	if (path[0] != '\0')
		json_put_text(q, "binary", path);
	json_put_bool(q, "check", check);
	json_put_bool(q, "force", force);
	json_put_bool(q, "keep_handler", keep_handler);
	return q;
}

int
verb_upgrade(struct cli *c)
{
	bool check = false, force = false, no_handler = false, wait = false;
	char path[CONFIG_PATH_MAX] = "";
	double seconds = 0;
	const struct option opts[] = {
	    {"--dry-run", &check},
	    {"--force", &force},
	    {"--no-handler", &no_handler},
	    {"--wait", &wait},
	    {"--timeout", &seconds},
	};
	uint64_t until;
	int code;

	if (option_take(c, opts, nitems(opts)) == -1 || load_look(c) == -1)
		return cli_fail(c);
	if (c->argc == 1 && absolute(c, c->argv[0], path, sizeof(path)) == -1)
		return cli_fail(c);
	if (seconds == 0)
		seconds = view_patience(&c->config, PATIENCE_RELOAD)
		    + EXAMINE_S;
	until = clock_boot_ms() + (uint64_t)(seconds * 1000);
	code = follow_order(c, request(path, check, force, no_handler),
	    "Upgrading", seconds);
	if (code == EXIT_FINE && wait && !check
	    && starting_wait(c, until) == -1)
		return cli_fail(c);
	return code;
}

/* SPDX-License-Identifier: MIT */
/*
 * upgrade: has the supervisor become another program.  It looks at that program
 * first and says what it found; the connection it answers on passes through the
 * exec, so that the end is told by the new one.
 */
#include "shared/base/clock.h"
#include "tools/cli/base/control_ask.h"
#include "tools/cli/base/follow.h"
#include "tools/cli/cli_verbs.h"
#include "tools/cli/base/view.h"

#include <json-c/json.h>
#include <string.h>
#include <unistd.h>

#define EXAMINE_S 60	/* looking, exec, taking over */

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
	struct json_object *q = json_object_new_object();

	json_object_object_add(q, "cmd", json_object_new_string("upgrade"));
	if (path[0] != '\0')
		json_object_object_add(q, "binary",
		    json_object_new_string(path));
	json_object_object_add(q, "check", json_object_new_boolean(check));
	json_object_object_add(q, "force", json_object_new_boolean(force));
	json_object_object_add(q, "keep_handler",
	    json_object_new_boolean(keep_handler));
	return q;
}

int
verb_upgrade(struct cli *c)
{
	bool check = false, force = false, no_handler = false, wait = false;
	char path[CONFIG_PATH_MAX] = "";
	double seconds = 0;
	const struct option opts[] = {
		{"--dry-run", 0, OPTION_FLAG, &check},
		{"--force", 0, OPTION_FLAG, &force},
		{"--no-handler", 0, OPTION_FLAG, &no_handler},
		{"--wait", 0, OPTION_FLAG, &wait},
		{"--timeout", 't', OPTION_SECONDS, &seconds},
	};
	uint64_t until;
	int code;

	if (option_take(c, opts, nitems(opts)) == -1 || load_look(c) == -1)
		return cli_fail(c);
	if (c->argc > 1)
		return cli_usage(c);
	if (c->argc == 1 && absolute(c, c->argv[0], path, sizeof(path)) == -1)
		return cli_fail(c);
	if (seconds == 0)
		seconds = cli_patience(c, PATIENCE_RELOAD) + EXAMINE_S;
	until = clock_boot_ms() + (uint64_t)(seconds * 1000);
	code = follow_order(c, request(path, check, force, no_handler),
	    seconds);
	if (code == EXIT_FINE && wait && !check
	    && starting_wait(c, until) == -1)
		return cli_fail(c);
	return code;
}

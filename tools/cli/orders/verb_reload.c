/* SPDX-License-Identifier: MIT */
/*
 * reload: has the supervisor read the config again and replace the handler.
 * What it says on the way is shown as it comes; how it ends is our exit code.
 */
#include "tools/cli/base/follow.h"

#include "shared/base/clock.h"
#include "tools/cli/base/control_ask.h"
#include "tools/cli/cli_verbs.h"

#include <json-c/json.h>
#include <string.h>

/* Lines before the last are data, but for problems, which are errors. */
void
follow_show(const char *key, const char *text, void *arg)
{
	struct cli *c = arg;
	struct json_object *o;

	if (c->json) {
		o = json_object_new_object();
		json_object_object_add(o, key, json_object_new_string(text));
		cli_print_json(o);
	} else if (strcmp(key, "problem") == 0) {
		fprintf(stderr, "%s\n", text);
	} else {
		printf("%s\n", text);
	}
	fflush(stdout);
}

struct json_object *
follow_answer(struct cli *c, struct json_object *request, double seconds)
{
	return control_ask_follow(&c->config, request, seconds, follow_show,
	    c, &c->err);
}

int
follow_order(struct cli *c, struct json_object *request, double seconds)
{
	return follow_fd(c, request, -1, seconds);
}

int
follow_fd(struct cli *c, struct json_object *request, int fd,
    double seconds)
{
	uint64_t until = clock_boot_ms() + (uint64_t)(seconds * 1000);
	struct json_object *a = control_ask_lines(&c->config, request, fd,
	    seconds, follow_show, c, &c->err);

	if (a == NULL && c->err.code == EXIT_UNKNOWN
	    && clock_boot_ms() >= until)
		c->err.code = EXIT_WAIT;
	if (a == NULL)
		return cli_fail(c);
	if (c->json)
		cli_print_json(a);
	else
		json_object_put(a);
	return EXIT_FINE;
}

int
verb_reload(struct cli *c)
{
	bool check = false, no_wait = false;
	const struct option opts[] = {
		{"--check", 0, OPTION_FLAG, &check},
		{"--no-wait", 0, OPTION_FLAG, &no_wait},
	};
	struct json_object *q;

	/* A broken file ends here, with all its problems. */
	if (option_take(c, opts, nitems(opts)) == -1
	    || load_for_fleet(c) == -1)
		return cli_fail(c);
	if (c->argc > 0)
		return cli_usage(c);
	q = json_object_new_object();
	json_object_object_add(q, "cmd", json_object_new_string("reload"));
	json_object_object_add(q, "check", json_object_new_boolean(check));
	json_object_object_add(q, "no_wait", json_object_new_boolean(no_wait));
	return follow_order(c, q, cli_patience(c, PATIENCE_RELOAD));
}

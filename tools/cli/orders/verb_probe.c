/* SPDX-License-Identifier: MIT */
/*
 * probe: has the handler react on a message and says how long the reaction
 * took on each part of its way.
 */
#include "shared/json/json.h"
#include "tools/cli/base/control_ask.h"
#include "tools/cli/base/load.h"
#include "tools/cli/base/option.h"
#include "tools/cli/base/progress.h"
#include "shared/view/view.h"
#include "tools/cli/orders/verb.h"

#include <string.h>

static void
on_line(const char *key, const char *text, void *arg)
{
	struct json_object **result = arg;

	if (strcmp(key, "result") != 0)
		return;
	json_object_put(*result);
	(void)json_parse(result, text, strlen(text));
}

static int64_t
number(struct json_object *o, const char *key)
{
	struct json_object *v = json_get(o, key);

	return v != NULL ? json_object_get_int64(v) : -1;
}

static void
print_hop(const char *what, int64_t ms)
{
	if (ms >= 0)
		printf("  %-32s %6lld ms\n", what, (long long)ms);
	else
		printf("  %-32s      -\n", what);
}

static void
print_hops(struct json_object *o)
{
	char shard[48];

	if (number(o, "rest_ms") < 0 && number(o, "total_ms") < 0)
		return; /* it did not come to that */
	str_format(shard, sizeof(shard), "back at shard %lld",
	    (long long)number(o, "shard"));
	print_hop("accepted by REST", number(o, "rest_ms"));
	print_hop(shard, number(o, "gateway_ms"));
	print_hop("from there to the handler", number(o, "handler_ms"));
	print_hop("until the plugins were done", number(o, "done_ms"));
	print_hop("in all", number(o, "total_ms"));
}

static void
print_setup(struct json_object *o)
{
	printf("[probe]\nchannel = %s\nmessage = %s\n",
	    json_get_text(o, "channel"), json_get_text(o, "message"));
}

static struct json_object *
ask(struct cli *c, const char *setup, struct json_object **result)
{
	struct json_object *q = control_ask_new("probe"), *a;
	double s = view_patience(&c->config, PATIENCE_PROBE);

	if (setup != NULL)
		json_put_text(q, "setup", setup);
	progress_begin(c, PROGRESS_PLAIN, "The reaction is waited for", s);
	a = control_ask_lines(&c->config, q, -1, s, on_line, result, &c->err);
	progress_end();
	return a;
}

int
verb_probe(struct cli *c)
{
	struct json_object *answer, *result = NULL;
	const char *setup = NULL;
	const struct option opts[] = {
	    {"--setup", &setup},
	};
	uint64_t id;
	int code = EXIT_FINE;

	if (option_take(c, opts, nitems(opts)) == -1)
		return cli_fail(c);
	if (setup != NULL && (!str_to_u64(setup, &id) || id == 0))
		return cli_error(c, EXIT_USAGE,
		    "--setup takes the id of a channel, not \"%s\".", setup);
	if (load_look(c) == -1)
		return cli_fail(c);
	answer = ask(c, setup, &result);
	if (answer == NULL)
		code = c->err.code;
	json_object_put(answer);
	if (result == NULL)
		return code == EXIT_FINE
		    ? cli_error(c, EXIT_UNKNOWN,
			"The "
			"supervisor's answer is not understood: is it of another "
			"version?")
		    : cli_fail(c);
	if (c->json) {
		cli_print_json(result);
		return code;
	}
	if (setup == NULL)
		print_hops(result);
	else if (code == EXIT_FINE)
		print_setup(result);
	json_object_put(result);
	return code == EXIT_FINE ? EXIT_FINE : cli_fail(c);
}

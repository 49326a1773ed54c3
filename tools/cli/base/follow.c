/* SPDX-License-Identifier: MIT */
#include "tools/cli/base/follow.h"

#include "shared/base/clock.h"
#include "shared/json/json.h"
#include "tools/cli/base/control_ask.h"
#include "tools/cli/base/progress.h"

#include <string.h>

/* Lines before the last are data, but for problems, which are errors. */
void
follow_show(const char *key, const char *text, void *arg)
{
	struct cli *c = arg;

	progress_clear();
	if (c->json)
		cli_print_json(
		    json_put_text(json_object_new_object(), key, text));
	else if (strcmp(key, "problem") == 0)
		fprintf(stderr, "%s\n", text);
	else
		printf("%s\n", text);
	fflush(stdout);
}

int
follow_end(struct cli *c, struct json_object *answer)
{
	if (c->json)
		cli_print_json(answer);
	else
		json_object_put(answer);
	return EXIT_FINE;
}

int
follow_order(struct cli *c, struct json_object *request, const char *what,
    double seconds)
{
	uint64_t until = clock_boot_ms() + (uint64_t)(seconds * 1000);
	struct json_object *a;

	progress_begin(c, PROGRESS_PLAIN, what, seconds);
	a = control_ask_lines(&c->config, request, -1, seconds, follow_show, c,
	    &c->err);
	progress_end();

	if (a == NULL && c->err.code == EXIT_UNKNOWN
	    && clock_boot_ms() >= until)
		c->err.code = EXIT_WAIT;
	return a == NULL ? cli_fail(c) : follow_end(c, a);
}

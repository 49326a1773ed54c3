/* SPDX-License-Identifier: MIT */
#include "tools/cli/base/cli.h"

#include "shared/base/clock.h"
#include "shared/base/text.h"
#include "shared/json/json.h"
#include "tools/cli/base/form.h"
#include "tools/cli/base/progress.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

static const char *const exit_name[] = {
    [EXIT_FINE] = "fine",
    [EXIT_DEGRADED] = "failed",
    [EXIT_DOWN] = "down",
    [EXIT_UNKNOWN] = "unknown",
    [EXIT_USAGE] = "usage",
    [EXIT_TRY_LATER] = "try_later",
    [EXIT_CONFIG] = "config",
    [EXIT_WAIT] = "wait",
};

void
cli_say(const char *fmt, ...)
{
	char text[4096];
	va_list ap;

	progress_clear();
	fflush(stdout);
	va_start(ap, fmt);
	text_vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "shardherd: %s\n", text);
}

void
cli_warning(const char *line, void *arg)
{
	progress_clear();
	fprintf(stderr, "warning: %s\n", line);
}

void
cli_print(const char *fmt, ...)
{
	va_list ap, again;
	size_t n, room;
	char *raw, *text;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = (size_t)vsnprintf(NULL, 0, fmt, ap);
	room = 6 * n + 32; /* the longest form of each byte */
	raw = base_alloc(n + 1);
	text = base_alloc(room);
	vsnprintf(raw, n + 1, fmt, again);
	va_end(again);
	va_end(ap);
	text_clean(text, room, raw, n);
	puts(text);
	free(text);
	free(raw);
}

void
cli_print_json(struct json_object *o)
{
	char *text = text_json(json_text(o));

	puts(text);
	free(text);
	json_object_put(o);
}

int
cli_fail(struct cli *c)
{
	struct json_object *o, *e;
	const char *name = c->err.code >= 0
		&& (size_t)c->err.code < nitems(exit_name)
	    ? exit_name[c->err.code]
	    : NULL;

	if (!c->json) {
		cli_say("%s", c->err.text);
		return c->err.code;
	}
	o = json_object_new_object();
	e = json_object_new_object();
	json_put_text(e, "code", name != NULL ? name : "failed");
	json_put_int(e, "exit", c->err.code);
	json_put_text(e, "message", c->err.text);
	json_object_object_add(o, "error", e);
	cli_print_json(o);
	return c->err.code;
}

int
cli_error(struct cli *c, int code, const char *fmt, ...)
{
	char text[sizeof(c->err.text)];
	va_list ap;

	va_start(ap, fmt);
	text_vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(&c->err, code, "%s", text);
	return cli_fail(c);
}

/* Of the form that was chosen, else of all of them. */
int
cli_usage_err(struct cli *c)
{
	char usage[FORM_USAGE], all[sizeof(c->err.text)] = "";

	must(c->verb != NULL);
	for (const struct cli_form *f = c->verb->forms; f->words != NULL; f++) {
		if (c->form != NULL && c->form != f)
			continue;
		form_usage(c->verb, f, usage);
		str_format(all + strlen(all), sizeof(all) - strlen(all),
		    "%sshardherd %s", all[0] != '\0' ? " | " : "", usage);
	}
	return err_set(&c->err, EXIT_USAGE, "usage: %s%s%s", all,
	    c->verb->instead != NULL ? ". " : "",
	    c->verb->instead != NULL ? c->verb->instead : "");
}

int
cli_usage(struct cli *c)
{
	cli_usage_err(c);
	return cli_fail(c);
}

int
cli_confirm(struct cli *c, const char *question)
{
	char line[16] = "";

	if (c->json || !isatty(STDIN_FILENO))
		return err_set(&c->err, EXIT_USAGE,
		    "Nothing was changed: say --yes for it, there is no "
		    "terminal to ask on.");
	fflush(stdout);
	fprintf(stderr, "%s [y/N] ", question);
	if (fgets(line, sizeof(line), stdin) != NULL
	    && (line[0] == 'y' || line[0] == 'Y'))
		return 0;
	return err_set(&c->err, EXIT_DEGRADED, "Nothing was changed.");
}

bool
cli_step(uint64_t deadline_ms)
{
	if (clock_boot_ms() >= deadline_ms)
		return false;
	progress_tick();
	usleep(50000);
	return true;
}

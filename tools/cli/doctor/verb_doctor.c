/* SPDX-License-Identifier: MIT */
/* doctor: see doctor.h. */
#include "tools/cli/doctor/doctor.h"

#include "shared/base/text.h"
#include "shared/json/json.h"
#include "shared/view/view_json.h"
#include "tools/cli/base/human.h"
#include "tools/cli/base/load.h"
#include "tools/cli/base/option.h"
#include "tools/cli/base/table.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define INDENT 10

static struct doctor_check *printflike(3, 0)
    add(struct doctor *d, const char *area, const char *fmt, va_list ap)
{
	static struct doctor_check none;
	struct doctor_check *c = d->n < DOCTOR_CHECKS ? &d->check[d->n++]
						      : &none;

	memset(c, 0, sizeof(*c));
	c->area = area;
	text_vformat(c->text, sizeof(c->text), fmt, ap);
	return c;
}

void
doctor_well(struct doctor *d, const char *area, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(d, area, fmt, ap)->well = true;
	va_end(ap);
}

void
doctor_ill(struct doctor *d, enum page_rank rank, const char *area,
    const char *advice, const char *fmt, ...)
{
	struct doctor_check *c;
	va_list ap;

	va_start(ap, fmt);
	c = add(d, area, fmt, ap);
	va_end(ap);
	c->rank = rank;
	str_copy(c->advice, advice, sizeof(c->advice));
}

int32_t
doctor_pid(const struct doctor *d)
{
	return d->seen && d->view->alive ? d->view->cluster.pid
					 : (int32_t)getpid();
}

/* ---- the sum -------------------------------------------------------- */

static int
exit_of(const struct doctor *d)
{
	int code = d->seen		    ? d->view->verdict.exit
	    : !d->configured		    ? EXIT_UNKNOWN
	    : d->cli->err.code == EXIT_DOWN ? EXIT_DOWN
					    : EXIT_UNKNOWN;

	for (size_t i = 0; i < d->n && code == EXIT_FINE; i++)
		if (!d->check[i].well && d->check[i].rank < PAGE_INFO)
			code = EXIT_DEGRADED;
	return code;
}

static size_t
ill(const struct doctor *d)
{
	/* That there is no config is a check of its own. */
	size_t n = d->seen ? d->view->verdict.n : d->configured;

	for (size_t i = 0; i < d->n; i++)
		n += !d->check[i].well;
	return n;
}

/* ---- for people ------------------------------------------------------ */

static void
print_ill(enum page_rank rank, const char *text, const char *advice,
    size_t room)
{
	char line[1200];

	str_format(line, sizeof(line), "%-9s %s", page_rank_name[rank], text);
	table_wrap(stdout, line, 0, INDENT, room);
	if (advice[0] == '\0')
		return;
	str_format(line, sizeof(line), "%*s-> %s", INDENT, "", advice);
	table_wrap(stdout, line, 0, INDENT + 3, room);
}

static void
print_finding(const struct view *v, const struct verdict_finding *f,
    size_t room)
{
	char words[700], advice[VERDICT_WORDS], line[800], when[32] = "";

	verdict_sentence(f, words, sizeof(words));
	verdict_advise(f, advice);
	if (f->age_ms >= 0)
		human_when(v->wall_ms - f->age_ms, when);
	str_format(line, sizeof(line), "%s%s%s [%s]", words,
	    when[0] != '\0' ? " Since " : "", when, verdict_code_name[f->code]);
	print_ill(f->rank, line, advice, room);
}

static void
print_text(const struct doctor *d)
{
	size_t room = table_room(stdout), n = ill(d);
	char line[600];

	if (n == 0)
		puts("Nothing is wrong.");
	else
		printf("%zu %s wrong, or worth knowing:\n\n", n,
		    n == 1 ? "thing is" : "things are");
	for (size_t i = 0; d->seen && i < d->view->verdict.n; i++)
		print_finding(d->view, &d->view->verdict.found[i], room);
	if (!d->seen && d->configured)
		print_ill(PAGE_CRITICAL, d->unseen,
		    "\"shardherd start\" starts it.", room);
	for (size_t i = 0; i < d->n; i++)
		if (!d->check[i].well)
			print_ill(d->check[i].rank, d->check[i].text,
			    d->check[i].advice, room);
	puts("\nLooked at and found well:\n");
	for (size_t i = 0; i < d->n; i++) {
		if (!d->check[i].well)
			continue;
		str_format(line, sizeof(line), "%-9s %s", d->check[i].area,
		    d->check[i].text);
		table_wrap(stdout, line, 0, INDENT, room);
	}
}

/* ---- for scripts ----------------------------------------------------- */

static struct json_object *
checks(const struct doctor *d)
{
	struct json_object *list = json_object_new_array(), *o;

	for (size_t i = 0; i < d->n; i++) {
		const struct doctor_check *c = &d->check[i];

		o = json_object_new_object();
		json_put_text(o, "area", c->area);
		json_put_bool(o, "well", c->well);
		json_object_object_add(o, "rank",
		    c->well ? NULL
			    : json_object_new_string(page_rank_name[c->rank]));
		json_put_text(o, "text", c->text);
		json_object_object_add(o, "advice",
		    c->advice[0] == '\0' ? NULL
					 : json_object_new_string(c->advice));
		json_object_array_add(list, o);
	}
	return list;
}

static void
print_json(const struct doctor *d, int code)
{
	struct json_object *o = json_object_new_object();

	json_put_int(o, "exit", code);
	json_object_object_add(o, "state",
	    d->seen ? json_object_new_string(
		verdict_fleet_name[d->view->verdict.state])
		    : NULL);
	json_object_object_add(o, "unseen",
	    d->seen ? NULL : json_object_new_string(d->unseen));
	json_object_object_add(o, "problems",
	    d->seen ? view_json_problems(d->view) : json_object_new_array());
	json_object_object_add(o, "checks", checks(d));
	cli_print_json(o);
}

int
verb_doctor(struct cli *c)
{
	static struct doctor d;
	static struct view v;
	bool ask = false;
	const struct option opts[] = {{"--ask", &ask}};
	int code;

	if (option_take(c, opts, nitems(opts)) == -1)
		return cli_fail(c);
	d.cli = c;
	d.view = &v;
	d.configured = load_look_quietly(c) == 0;
	d.seen = d.configured && view_read(&v, &c->config, &c->err) == 0;
	if (!d.seen)
		str_copy(d.unseen,
		    d.configured
			? c->err.text
			: "No fleet can be looked for without a config.",
		    sizeof(d.unseen));
	code = c->err.code;
	doctor_files(&d);
	doctor_fleet(&d);
	doctor_host(&d);
	doctor_net(&d);
	if (ask)
		doctor_ask(&d);
	c->err.code = code;
	code = exit_of(&d);
	if (c->json)
		print_json(&d, code);
	else
		print_text(&d);
	if (d.seen)
		view_free(&v);
	return code;
}

/* SPDX-License-Identifier: MIT */
/*
 * check: one line for monitoring systems, with their exit codes.  It always
 * prints its line, whatever is wrong.
 */

#include "shared/json/json.h"
#include "tools/cli/base/human.h"
#include "tools/cli/base/load.h"
#include "tools/cli/base/option.h"
#include "shared/view/processes.h"
#include "shared/view/view.h"
#include "shared/view/view_json.h"
#include "tools/cli/see/verb.h"

#include <string.h>

#define SHOWN_MAX 4 /* findings in the line */
#define LINE_MAX_BYTES 1600

static const char *const level[] = {
    [EXIT_FINE] = "OK",
    [EXIT_DEGRADED] = "WARNING",
    [EXIT_DOWN] = "CRITICAL",
    [EXIT_UNKNOWN] = "UNKNOWN",
};

/* The worst few, each in its own words. */
static void
findings(const struct view *v, char *out, size_t size)
{
	const struct verdict_fleet *w = &v->verdict;
	char age[24];
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < w->n && i < SHOWN_MAX; i++) {
		const struct verdict_finding *f = &w->found[i];
		bool aged = f->age_ms >= 0 && !f->note;

		str_format(out + len, size - len, ", %s%s%s%s%s", f->text,
		    aged ? " " : "", aged ? human_age(f->age_ms, age) : "",
		    f->detail[0] != '\0' ? ": " : "", f->detail);
		len = strlen(out);
	}
	if (w->n > SHOWN_MAX)
		str_format(out + len, size - len, ", and %zu more",
		    w->n - SHOWN_MAX);
}

static void
perf_data(const struct view *v, char *out, size_t size)
{
	const struct page_cluster *c = &v->cluster;
	static struct processes others; /* large */
	uint64_t restarts = 0, latency = 0;

	processes_list(v, &others);
	for (size_t i = 0; i < others.n; i++)
		restarts += others.row[i].restarts;
	for (size_t i = 0; i < v->n; i++) {
		restarts += v->shard[i].w.restarts;
		if (v->shard[i].alive && v->shard[i].s.rtt_ms > latency)
			latency = v->shard[i].s.rtt_ms;
	}
	str_format(out, size,
	    "ready=%u;%zu:;1:;0;%zu latency=%llums restarts=%lluc "
	    "identify=%llu;%lld;%lld lag=%llu",
	    v->ready, v->n, v->n, (unsigned long long)latency,
	    (unsigned long long)restarts, (unsigned long long)c->identifies_24h,
	    c->total > 0 ? (long long)c->total * 80 / 100 : 0,
	    c->total > 0 ? (long long)c->total * 95 / 100 : 0,
	    (unsigned long long)view_unanswered(v));
}

/* The supervisor has seen the file, and its finding says the same. */
static bool
is_found(const struct view *v)
{
	static const enum verdict_code codes[] = {VERDICT_CODE_CONFIG_FAULT,
	    VERDICT_CODE_CONFIG_REFUSED, VERDICT_CODE_NONE};

	return v->alive && verdict_find(&v->verdict, codes, 0) != NULL;
}

int
verb_check_line(const struct view *v, const char *trouble, char *out,
    size_t size)
{
	char what[LINE_MAX_BYTES], perf[256], stop[160];
	int code = v->verdict.exit;

	findings(v, what, sizeof(what));
	if (v->told_down) {
		stopped_words(&v->told, stop, sizeof(stop));
		str_format(what + strlen(what), sizeof(what) - strlen(what),
		    ". %s", stop);
	}
	if (trouble[0] != '\0' && !is_found(v))
		str_format(what + strlen(what), sizeof(what) - strlen(what),
		    ", the config file has a problem: %.400s", trouble);
	perf_data(v, perf, sizeof(perf));
	for (char *p = what; *p != '\0'; p++)
		if (*p == '|') /* begins the figures */
			*p = '/';
	str_format(out, size, "%s %s - %u/%zu ready%s | %s", v->cluster.name,
	    level[code], v->ready, v->n, what, perf);
	return code;
}

/* v: NULL when there is none. */
static int
finish(struct cli *c, const struct view *v, int code, const char *line)
{
	struct json_object *o;

	if (!c->json) {
		cli_print("%s", line);
		return code;
	}
	o = json_object_new_object();
	json_put_text(o, "level", level[code]);
	json_put_int(o, "exit", code);
	json_put_text(o, "line", line);
	json_object_object_add(o, "problems",
	    v != NULL ? view_json_problems(v) : json_object_new_array());
	cli_print_json(o);
	return code;
}

int
verb_check(struct cli *c)
{
	char line[LINE_MAX_BYTES + 400];
	struct view v;
	int code;

	if (option_take(c, NULL, 0) == -1)
		return cli_fail(c);
	if (load_look_quietly(c) == -1
	    || view_read(&v, &c->config, &c->err) == -1) {
		code = c->err.code == EXIT_DOWN ? EXIT_DOWN : EXIT_UNKNOWN;
		str_format(line, sizeof(line), "shardherd %s - %s", level[code],
		    c->err.text);
		return finish(c, NULL, code, line);
	}
	code = verb_check_line(&v, c->trouble, line, sizeof(line));
	finish(c, &v, code, line);
	view_free(&v);
	return code;
}

/* SPDX-License-Identifier: MIT */
/*
 * check: one line for monitoring systems, with their exit codes.  It always
 * prints its line, whatever is wrong.
 */
#include "tools/cli_check.h"

#include "tools/cli_table.h"
#include "tools/cli_verbs.h"

#include <json-c/json.h>
#include <string.h>

static const char *const level[] = {
	[EXIT_FINE] = "OK",
	[EXIT_DEGRADED] = "WARNING",
	[EXIT_DOWN] = "CRITICAL",
	[EXIT_UNKNOWN] = "UNKNOWN",
};

/* The first shard that is not well, in words. */
static void
worst(const struct cli_view *v, char *out, size_t size)
{
	char age[24];

	out[0] = '\0';
	for (size_t i = 0; i < v->n; i++) {
		const struct cli_shard *s = &v->shard[i];

		if (s->silent != 0) {
			str_format(out, size, ", shard %u partly deaf: %s",
			    s->id, s->silent_words);
			return;
		}
		if (s->s.state == SHARD_READY && !s->deaf)
			continue;
		str_format(out, size, ", shard %u %s %s", s->id, s->state,
		    cli_age(cli_view_age(v, s->s.state_since_ms), age));
		return;
	}
	if (v->handler_silent_s > 0)
		str_format(out, size, ", handler silent for %s",
		    cli_age(v->handler_silent_s * 1000, age));
	else if (v->handler.state != HANDLER_READY)
		str_format(out, size, ", handler %s",
		    page_handler_state_name[v->handler.state]);
	else if (v->handler.rest >= PAGE_REST_LIMITED)
		str_format(out, size, ", REST %s for %s: %s",
		    page_rest_name[v->handler.rest],
		    cli_age(cli_view_age(v, v->handler.rest_since_ms), age),
		    v->handler.rest_note);
	else if (v->handler.plugins_failing > 0)
		str_format(out, size, ", %s", v->handler.note);
	else if (v->handler.plugins_up < v->handler.plugins)
		str_format(out, size, ", %u of %u plugins up",
		    v->handler.plugins_up, v->handler.plugins);
	else if (v->handler.rest != PAGE_REST_FINE)
		str_format(out, size, ", REST: %s", v->handler.rest_note);
	else if (v->handler.commands_note[0] != '\0')
		str_format(out, size, ", commands: %s",
		    v->handler.commands_note);
}

static void
perf_data(const struct cli_view *v, char *out, size_t size)
{
	const struct page_cluster *c = &v->cluster;
	uint64_t crashes = 0, latency = 0;

	for (size_t i = 0; i < v->n; i++) {
		for (size_t j = 0; j < CRASHES; j++)
			crashes += v->shard[i].w.crashes[j];
		if (v->shard[i].alive && v->shard[i].s.rtt_ms > latency)
			latency = v->shard[i].s.rtt_ms;
	}
	str_format(out, size, "ready=%u;%zu:;1:;0;%zu latency=%llums "
	    "restarts=%lluc identify=%llu;%lld;%lld lag=%llu", v->ready, v->n,
	    v->n, (unsigned long long)latency, (unsigned long long)crashes,
	    (unsigned long long)c->identifies_24h,
	    c->total > 0 ? (long long)c->total * 80 / 100 : 0,
	    c->total > 0 ? (long long)c->total * 95 / 100 : 0,
	    (unsigned long long)cli_view_unanswered(v));
}

int
cli_check_line(const struct cli_view *v, char *out, size_t size)
{
	const struct page_cluster *c = &v->cluster;
	char what[320], perf[256];
	int code = cli_view_exit(v);

	if (!v->alive)
		str_format(what, sizeof(what), ", %s",
		    cli_cluster_state_name[v->state]);
	else if (c->note[0] != '\0' && v->handler_silent_s == 0)
		str_format(what, sizeof(what), ", %s", c->note);
	else
		worst(v, what, sizeof(what));
	perf_data(v, perf, sizeof(perf));
	what[strcspn(what, "|")] = '\0';
	str_format(out, size, "%s %s - %u/%zu ready%s | %s", c->name,
	    level[code], v->ready, v->n, what, perf);
	return code;
}

static int
finish(struct cli *c, int code, const char *line)
{
	struct json_object *o;

	if (!c->json) {
		cli_print("%s", line);
		return code;
	}
	o = json_object_new_object();
	json_object_object_add(o, "level", json_object_new_string(level[code]));
	json_object_object_add(o, "exit", json_object_new_int(code));
	json_object_object_add(o, "line", json_object_new_string(line));
	cli_print_json(o);
	return code;
}

int
cli_check(struct cli *c)
{
	char line[1200];
	struct cli_view v;
	int code;

	if (cli_options(c, NULL, 0) == -1)
		return cli_fail(c);
	if (c->argc > 0)
		return cli_usage(c);
	if (cli_load(c) == -1 ||
	    cli_view_read(&v, &c->config, &c->err) == -1) {
		code = c->err.code == EXIT_DOWN ? EXIT_DOWN : EXIT_UNKNOWN;
		str_format(line, sizeof(line), "shardherd %s - %s",
		    level[code], c->err.text);
		return finish(c, code, line);
	}
	code = cli_check_line(&v, line, sizeof(line));
	cli_view_free(&v);
	return finish(c, code, line);
}

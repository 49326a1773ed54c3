/* SPDX-License-Identifier: MIT */
#include "tools/cli/plugin_test/plugin_test.h"

#include "shared/base/clock.h"
#include "shared/base/text.h"
#include "shared/json/json.h"
#include "tools/cli/base/option.h"
#include "tools/cli/plugin_test/plugin_test_impl.h"

#include <stdarg.h>
#include <string.h>

#define READY_S 20 /* the fleet */
#define EVENTS_S 6 /* to answer all of them */
#define SAMPLES 40 /* generated events at least */
#define SAMPLES_S 5

static const char *const verdict_name[] = {"PASS", "NOTE", "FAIL"};

int
plugin_test_say(struct plugin_test *t, enum plugin_test_verdict v,
    const char *check, const char *fmt, ...)
{
	struct json_object *o;
	char text[1200];
	va_list ap;

	va_start(ap, fmt);
	text_vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	t->failed += v == FAIL;
	if (!t->cli->json) {
		printf("%s  %-12s %s\n", verdict_name[v], check, text);
		fflush(stdout);
		return 0;
	}
	o = json_object_new_object();
	json_put_text(o, "check", check);
	json_put_text(o, "result", verdict_name[v]);
	json_put_text(o, "text", text);
	json_object_array_add(t->checks, o);
	return 0;
}

uint64_t
plugin_test_in_s(unsigned seconds)
{
	return clock_boot_ms() + rig_seconds(seconds) * 1000;
}

int
plugin_test_give_up(struct plugin_test *t, const char *what)
{
	return err_set(&t->cli->err, EXIT_UNKNOWN,
	    rig_interrupted() ? "Interrupted."
			      : "%s. Run it again with --keep: the fleet's log "
				"is in the folder it names.",
	    what);
}

/* ---- start ---------------------------------------------------------- */

/* 1 it is up, 0 it is not, which is said; -1 the rig is not. */
static int
check_start(struct plugin_test *t)
{
	uint64_t until = plugin_test_in_s(TRIAL_INIT_S + 2);
	const struct transcript *k = &t->trial.talk;

	while (k->commands == NULL && k->ends == 0
	    && !(k->events > 0 && k->event[0].failed)
	    && trial_step(&t->trial, until))
		continue;
	if (k->commands == NULL && !rig_fleet_runs(&t->trial.rig))
		return plugin_test_give_up(t,
		    "The fleet for the test ended by itself");
	if (rig_interrupted())
		return plugin_test_give_up(t, "");
	if (k->commands != NULL) {
		plugin_test_say(t, PASS, "start",
		    "initialize is answered in %llu ms",
		    (unsigned long long)(k->event[0].answered_ms
			- k->event[0].sent_ms));
		return 1;
	}
	if (k->events > 0 && k->event[0].failed)
		plugin_test_say(t, FAIL, "start", "it refuses to start: %s",
		    k->event[0].why);
	else if (k->ends > 0 && k->bad.n > 0)
		plugin_test_say(t, FAIL, "start",
		    "it was ended before it answered initialize, because only "
		    "messages belong on standard output; %s",
		    k->bad.text[0]);
	else if (k->ends > 0)
		plugin_test_say(t, FAIL, "start",
		    "it ended (%s) before it answered initialize; its last "
		    "words: %s",
		    k->end, k->last_error[0] != '\0' ? k->last_error : "none");
	else if (k->bad.n > 0)
		plugin_test_say(t, FAIL, "start",
		    "initialize is not answered within %u s; %s",
		    rig_seconds(TRIAL_INIT_S), k->bad.text[0]);
	else
		plugin_test_say(t, FAIL, "start",
		    "initialize is not answered within %u s: read a line from "
		    "standard input, write one to standard output, and flush "
		    "it",
		    rig_seconds(TRIAL_INIT_S));
	return 0;
}

/* ---- events --------------------------------------------------------- */

#define CTL(t, ...)                                                            \
	trial_ctl(&(t)->trial, (const char *const[]) {__VA_ARGS__, NULL})

/* Typed, it would be given before its turn. */
static bool
is_command(struct plugin_test *t, const char *name)
{
	struct json_object *list = t->trial.talk.commands;

	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (strcmp(json_get_text(json_object_array_get_idx(list, i),
			       "name"),
			name)
		    == 0)
			return true;
	return false;
}

static int
send_events(struct plugin_test *t)
{
	uint64_t until = plugin_test_in_s(SAMPLES_S);
	char own[80];

	str_format(own, sizeof(own), "!%s", t->trial.name);
	if (CTL(t, "message", "0", "Hello, \xc3\x96rn \xf0\x9f\x90\x91") == -1
	    || (!is_command(t, t->trial.name)
		&& CTL(t, "message", "0", own) == -1)
	    || CTL(t, "rate", "200") == -1)
		return -1;
	while (t->trial.talk.events < SAMPLES && trial_step(&t->trial, until))
		continue;
	return CTL(t, "rate", "0") == -1 ? -1
					 : CTL(t, "message", "0", TRIAL_MARK);
}

static void
judge_events(struct plugin_test *t)
{
	const struct transcript *k = &t->trial.talk;
	const struct transcript_event *late = NULL, *bad = NULL;
	size_t n = 0, answered = 0, failed = 0;

	for (size_t i = 0; i < k->events; i++) {
		const struct transcript_event *e = &k->event[i];

		if (strcmp(e->name, "initialize") == 0)
			continue;
		n++;
		answered += e->answered;
		failed += e->failed;
		if (!e->answered && late == NULL)
			late = e;
		if (e->failed && bad == NULL)
			bad = e;
	}
	if (late != NULL && k->ends > 0)
		plugin_test_say(t, FAIL, "events",
		    "%zu of %zu are not answered, because the plugin ended",
		    n - answered, n);
	else if (late != NULL)
		plugin_test_say(t, FAIL, "events",
		    "%zu of %zu are not answered within %u s, the first is a "
		    "%s (id %lld): answer each one with "
		    "{\"jsonrpc\":\"2.0\",\"id\":...,\"result\":null}",
		    n - answered, n, rig_seconds(EVENTS_S), late->name,
		    (long long)late->id);
	else if (bad != NULL)
		plugin_test_say(t, FAIL, "events",
		    "%zu of %zu are answered with an error, the first is a %s: "
		    "%s",
		    failed, n, bad->name, bad->why);
	else
		plugin_test_say(t, PASS, "events", "%zu of %zu are answered",
		    answered, n);
}

static int
check_events(struct plugin_test *t)
{
	uint64_t until = plugin_test_in_s(READY_S);

	while (!trial_ready(&t->trial) && trial_step(&t->trial, until))
		continue;
	if (!trial_ready(&t->trial))
		return plugin_test_give_up(t,
		    "The fleet for the test does not get ready");
	if (send_events(t) == -1)
		return -1;
	until = plugin_test_in_s(EVENTS_S);
	while ((!t->trial.talk.marked || transcript_open(&t->trial.talk) > 0)
	    && t->trial.talk.ends == 0 && trial_step(&t->trial, until))
		continue;
	if (rig_interrupted() || !rig_fleet_runs(&t->trial.rig))
		return plugin_test_give_up(t,
		    "The fleet for the test ended by itself");
	judge_events(t);
	return 0;
}

/* ---- what it said on the way ---------------------------------------- */

static void
check_lines(struct plugin_test *t)
{
	const struct transcript *k = &t->trial.talk;
	const struct transcript_call *bad = NULL;
	size_t refused = 0;

	for (size_t i = 0; i < k->calls; i++)
		if (k->call[i].failed && refused++ == 0)
			bad = &k->call[i];
	if (k->bad.n > 0)
		plugin_test_say(t, FAIL, "protocol",
		    "%zu of %zu lines break JSON-RPC: %s. Only messages belong "
		    "on standard output, the rest on standard error",
		    k->bad.n, k->out_lines, k->bad.text[0]);
	else
		plugin_test_say(t, PASS, "protocol",
		    "%zu lines, all of them JSON-RPC", k->out_lines);
	if (refused > 0)
		plugin_test_say(t, FAIL, "calls",
		    "%zu of %zu are refused, the first: %s: %s", refused,
		    k->calls, bad->method, bad->why);
	else
		plugin_test_say(t, PASS, "calls", "%zu, none refused",
		    k->calls);
}

/* Only what is due in these seconds comes. */
static void
check_timers(struct plugin_test *t)
{
	const struct transcript *k = &t->trial.talk;
	const struct transcript_call *first = NULL;
	size_t set = 0, came = 0;

	for (size_t i = 0; i < k->calls; i++)
		if (strcmp(k->call[i].method, "timer.set") == 0
		    && !k->call[i].failed && set++ == 0)
			first = &k->call[i];
	for (size_t i = 0; i < k->events; i++)
		came += strncmp(k->event[i].name, "timer ", 6) == 0;
	if (set > 0)
		plugin_test_say(t, NOTE, "timers",
		    "%zu %s set, the first is %s; %zu came: what is due later "
		    "is not tried",
		    set, set == 1 ? "is" : "are", first->about, came);
}

static void
check_errors(struct plugin_test *t)
{
	const struct transcript_lines *l = &t->trial.talk.errors;

	if (l->n == 0)
		plugin_test_say(t, PASS, "stderr", "is empty");
	else
		plugin_test_say(t, NOTE, "stderr",
		    "%zu lines, the first: %s%s%s", l->n, l->text[0],
		    l->n > 1 ? "; the last: " : "",
		    l->n > 1 ? t->trial.talk.last_error : "");
}

/* Before it is told to end. */
static void
check_crash(struct plugin_test *t)
{
	const char *times = t->trial.talk.ends == 1 ? "time" : "times";

	if (t->trial.talk.ends > 0 && t->trial.talk.bad.n > 0)
		plugin_test_say(t, FAIL, "end",
		    "the handler ended it %zu %s, as it does after a line that "
		    "is no JSON-RPC message",
		    t->trial.talk.ends, times);
	else if (t->trial.talk.ends > 0)
		plugin_test_say(t, FAIL, "end",
		    "it ended by itself (%s), %zu %s; its last words: %s",
		    t->trial.talk.end, t->trial.talk.ends, times,
		    t->trial.talk.last_error[0] != '\0'
			? t->trial.talk.last_error
			: "none");
}

static void
check_end(struct plugin_test *t)
{
	const struct transcript *k = &t->trial.talk;

	if (strcmp(k->end, "exit 0") == 0)
		plugin_test_say(t, PASS, "end",
		    "ends by itself when told to, exit status 0");
	else if (k->ends == 0 || strncmp(k->end, "signal", 6) == 0)
		plugin_test_say(t, FAIL, "end",
		    "it does not end within 5 s of the notification shutdown "
		    "and the end of its standard input, and had to be killed");
	else
		plugin_test_say(t, FAIL, "end",
		    "told to end it does, but with %s; its last words: %s",
		    k->end, k->last_error[0] != '\0' ? k->last_error : "none");
}

/* ---- all of it ------------------------------------------------------ */

static int
run(struct plugin_test *t, const struct option_list *say)
{
	bool crashed;
	int up;

	if (trial_start(&t->trial, t->cli) == -1)
		return -1;
	if ((up = check_start(t)) == -1)
		return -1;
	if (up == 1
	    && (check_events(t) == -1 || plugin_test_commands(t) == -1
		|| plugin_test_messages(t, say) == -1))
		return -1;
	check_crash(t);
	crashed = t->trial.talk.ends > 0;
	trial_stop(&t->trial);
	if (up == 1) {
		check_lines(t);
		check_timers(t);
	}
	check_errors(t);
	if (up == 1 && !crashed)
		check_end(t);
	return 0;
}

static int
conclude(struct plugin_test *t, bool keep)
{
	int code = t->failed > 0 ? EXIT_DEGRADED : EXIT_FINE;
	struct json_object *o;

	if (t->cli->json) {
		o = json_object_new_object();
		json_put_text(o, "plugin", t->trial.program);
		json_put_bool(o, "passed", code == EXIT_FINE);
		json_object_object_add(o, "kept",
		    !keep ? NULL : json_object_new_string(t->trial.rig.dir));
		json_object_object_add(o, "checks", json_object_get(t->checks));
		cli_print_json(o);
		return code;
	}
	if (t->failed > 0)
		printf("%s: %u %s failed.\n", t->trial.program, t->failed,
		    t->failed == 1 ? "check" : "checks");
	else
		printf("%s: all is well.\n", t->trial.program);
	return code;
}

int
plugin_test_run(struct cli *c, const struct plugin_test_what *o)
{
	const struct trial_what what = {.word = c->argv + 1,
	    .words = c->argc - 1,
	    .conf = o->conf,
	    .config = &o->config};
	struct plugin_test *t;
	int code;

	if (o->conf != NULL && c->argc != 2)
		return cli_usage(c);
	t = base_alloc(sizeof(*t));
	t->cli = c;
	t->checks = json_object_new_array();
	code = trial_find(&t->trial, c, &what) == -1 || run(t, &o->say) == -1
	    ? -1
	    : 0;
	trial_stop(&t->trial);
	if (o->keep && t->trial.rig.dir[0] != '\0')
		cli_say("Kept %s: record has every line, log/shardherd.log "
			"the fleet's.",
		    t->trial.rig.dir);
	code = code == -1 ? cli_fail(c) : conclude(t, o->keep);
	json_object_put(t->checks);
	trial_free(&t->trial, o->keep);
	free(t);
	return code;
}

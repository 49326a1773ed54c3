/* SPDX-License-Identifier: MIT */
/*
 * plugin test: the plugin runs in a fleet of its own against the simulator,
 * with a tap between it and the handler.  It gets events and each command it
 * declares; what it said is judged, a line per check.
 */
#include "tools/cli_plugin.h"

#include "shared/clock.h"
#include "shared/text.h"
#include "tools/trial.h"

#include <stdarg.h>
#include <string.h>

#define READY_S 20	/* the fleet */
#define REGISTER_S 10	/* the commands */
#define EVENTS_S 6	/* to answer all of them */
#define COMMAND_S 4	/* Discord gives 3 */
#define ANSWER_MS 3000
#define SAMPLES 40	/* generated events at least */
#define SAMPLES_S 5

enum verdict { PASS, NOTE, FAIL };
static const char *const verdict_name[] = {"PASS", "NOTE", "FAIL"};

struct test {
	struct cli *cli;
	struct trial trial;
	struct json_object *checks;
	unsigned failed;
};

static int say(struct test *, enum verdict, const char *check,
    const char *, ...) printflike(4, 5);

static int
say(struct test *t, enum verdict v, const char *check, const char *fmt, ...)
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
	json_object_object_add(o, "check", json_object_new_string(check));
	json_object_object_add(o, "result",
	    json_object_new_string(verdict_name[v]));
	json_object_object_add(o, "text", json_object_new_string(text));
	json_object_array_add(t->checks, o);
	return 0;
}

static uint64_t
in_s(unsigned seconds)
{
	return clock_boot_ms() + seconds * 1000;
}

static int
give_up(struct test *t, const char *what)
{
	return err_set(&t->cli->err, EXIT_UNKNOWN, rig_interrupted()
	    ? "Interrupted." : "%s. Run it again with --keep: the fleet's log "
	    "is in the folder it names.", what);
}

/* ---- start ---------------------------------------------------------- */

/* 1 it is up, 0 it is not, which is said; -1 the rig is not. */
static int
check_start(struct test *t)
{
	uint64_t until = in_s(TRIAL_INIT_S + 2);
	const struct transcript *k = &t->trial.talk;

	while (k->commands == NULL && k->ends == 0
	    && !(k->events > 0 && k->event[0].failed) && trial_step(&t->trial, until))
		continue;
	if (k->commands == NULL && !rig_fleet_runs(&t->trial.rig))
		return give_up(t, "The fleet for the test ended by itself");
	if (rig_interrupted())
		return give_up(t, "");
	if (k->commands != NULL) {
		say(t, PASS, "start", "initialize is answered in %llu ms",
		    (unsigned long long)(k->event[0].answered_ms
		    - k->event[0].sent_ms));
		return 1;
	}
	if (k->events > 0 && k->event[0].failed)
		say(t, FAIL, "start", "it refuses to start: %s",
		    k->event[0].why);
	else if (k->ends > 0 && k->bad.n > 0)
		say(t, FAIL, "start", "it was ended before it answered "
		    "initialize, because only messages belong on standard "
		    "output; %s", k->bad.text[0]);
	else if (k->ends > 0)
		say(t, FAIL, "start", "it ended (%s) before it answered "
		    "initialize; its last words: %s", k->end,
		    k->last_error[0] != '\0' ? k->last_error : "none");
	else if (k->bad.n > 0)
		say(t, FAIL, "start", "initialize is not answered within %d s; "
		    "%s", TRIAL_INIT_S, k->bad.text[0]);
	else
		say(t, FAIL, "start", "initialize is not answered within %d s: "
		    "read a line from standard input, write one to standard "
		    "output, and flush it", TRIAL_INIT_S);
	return 0;
}

/* ---- events --------------------------------------------------------- */

#define CTL(t, ...)                                                            \
	trial_ctl(&(t)->trial, (const char *const[]) {__VA_ARGS__, NULL})

static int
send_events(struct test *t)
{
	uint64_t until = in_s(SAMPLES_S);
	char own[80];

	str_format(own, sizeof(own), "!%s", t->trial.name);
	if (CTL(t, "message", "0", "Hello, \xc3\x96rn \xf0\x9f\x90\x91") == -1
	    || CTL(t, "message", "0", own) == -1
	    || CTL(t, "rate", "200") == -1)
		return -1;
	while (t->trial.talk.events < SAMPLES && trial_step(&t->trial, until))
		continue;
	return CTL(t, "rate", "0") == -1 ? -1 : CTL(t, "message", "0", TRIAL_MARK);
}

static void
judge_events(struct test *t)
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
		say(t, FAIL, "events", "%zu of %zu are not answered, because "
		    "the plugin ended", n - answered, n);
	else if (late != NULL)
		say(t, FAIL, "events", "%zu of %zu are not answered within %d "
		    "s, the first is a %s (id %lld): answer each one with "
		    "{\"jsonrpc\":\"2.0\",\"id\":...,\"result\":null}",
		    n - answered, n, EVENTS_S, late->name,
		    (long long)late->id);
	else if (bad != NULL)
		say(t, FAIL, "events", "%zu of %zu are answered with an error, "
		    "the first is a %s: %s", failed, n, bad->name, bad->why);
	else
		say(t, PASS, "events", "%zu of %zu are answered", answered, n);
}

static int
check_events(struct test *t)
{
	uint64_t until = in_s(READY_S);

	while (!trial_ready(&t->trial) && trial_step(&t->trial, until))
		continue;
	if (!trial_ready(&t->trial))
		return give_up(t, "The fleet for the test does not get ready");
	if (send_events(t) == -1)
		return -1;
	until = in_s(EVENTS_S);
	while ((!t->trial.talk.marked || transcript_open(&t->trial.talk) > 0)
	    && t->trial.talk.ends == 0 && trial_step(&t->trial, until))
		continue;
	if (rig_interrupted() || !rig_fleet_runs(&t->trial.rig))
		return give_up(t, "The fleet for the test ended by itself");
	judge_events(t);
	return 0;
}

/* ---- slash commands ------------------------------------------------- */

static void
check_registered(struct test *t)
{
	size_t n = json_object_array_length(t->trial.talk.commands);
	uint64_t until = in_s(REGISTER_S);
	char done[100], refused[600], left[400];

	do {
		trial_log(&t->trial, "Discord has the new list", done, sizeof(done));
		trial_log(&t->trial, "cannot register them", refused, sizeof(refused));
		trial_log(&t->trial, "its command number", left, sizeof(left));
	} while (done[0] == '\0' && refused[0] == '\0' && trial_step(&t->trial, until)
	    && !(left[0] != '\0' && n == 1));
	if (left[0] != '\0')
		say(t, FAIL, "commands", "%s", left);
	else if (refused[0] != '\0')
		say(t, FAIL, "commands", "Discord would refuse: %s", refused);
	else if (done[0] == '\0')
		say(t, FAIL, "commands", "they were not registered within %d "
		    "s", REGISTER_S);
	else
		say(t, PASS, "commands", "%zu %s declared and registered", n,
		    n == 1 ? "is" : "are");
}

static void
judge_command(struct test *t, const char *label, const char *id)
{
	const struct transcript_event *e =
	    transcript_interaction(&t->trial.talk, id);
	const struct transcript_call *c = transcript_response(&t->trial.talk, id);
	uint64_t ms = e != NULL && c != NULL ? c->answered_ms - e->sent_ms : 0;

	if (e == NULL)
		say(t, FAIL, label, "its interaction did not reach the plugin, "
		    "which has not answered what came before");
	else if (e->failed)
		say(t, FAIL, label, "its event is answered with an error: %s",
		    e->why);
	else if (c == NULL)
		say(t, FAIL, label, "nobody answers within 3 s: call "
		    "interaction.respond, or interaction.defer first, with id "
		    "and token of the event");
	else if (c->failed)
		say(t, FAIL, label, "%s is refused: %s", c->method, c->why);
	else if (!c->answered || ms > ANSWER_MS)
		say(t, FAIL, label, "its answer comes too late, Discord gives "
		    "3 s: call interaction.defer first");
	else if (!e->answered)
		say(t, FAIL, label, "it answers the user, but not the event "
		    "(id %lld)", (long long)e->id);
	else if (strcmp(c->method, "interaction.defer") == 0)
		say(t, PASS, label, "defers its answer, in %llu ms",
		    (unsigned long long)ms);
	else
		say(t, PASS, label, "answers \"%s\" in %llu ms", c->content,
		    (unsigned long long)ms);
}

/* Without roads a command may be given in any way. */
static bool
has_slash(struct json_object *command)
{
	struct json_object *roads, *road;
	size_t n;

	if (!json_object_object_get_ex(command, "roads", &roads)
	    || !json_object_is_type(roads, json_type_array))
		return true;
	n = json_object_array_length(roads);
	for (size_t i = 0; i < n; i++) {
		road = json_object_array_get_idx(roads, i);
		if (json_object_is_type(road, json_type_string)
		    && strcmp(json_object_get_string(road), "slash") == 0)
			return true;
	}
	return false;
}

static int
check_command(struct test *t, struct json_object *command)
{
	struct json_object *v, *options = NULL;
	const char *name, *response;
	char label[48], id[64];
	uint64_t until;

	json_object_object_get_ex(command, "name", &v);
	name = json_object_get_string(v);
	str_format(label, sizeof(label), "/%s", name != NULL ? name : "");
	if (name == NULL || (json_object_object_get_ex(command, "type", &v)
	    && json_object_get_int(v) != 1))
		return say(t, NOTE, label, "is not tried: only slash commands "
		    "are, not those of a menu");
	if (!has_slash(command))
		return say(t, NOTE, label, "is not tried: only slash commands "
		    "are, and its roads have no slash");
	json_object_object_get_ex(command, "options", &options);
	options = transcript_options(options);
	response = json_object_to_json_string_ext(options,
	    JSON_C_TO_STRING_PLAIN);
	if (rig_ctl(&t->trial.rig, id, sizeof(id), &t->cli->err,
	    (const char *const[]) {"interaction", "0", name, response,
	    NULL}) == -1) {
		json_object_put(options);
		return -1;
	}
	json_object_put(options);
	for (until = in_s(COMMAND_S); trial_step(&t->trial, until);) {
		const struct transcript_event *e =
		    transcript_interaction(&t->trial.talk, id);
		const struct transcript_call *c =
		    transcript_response(&t->trial.talk, id);

		if (e != NULL && e->answered && (e->failed || (c != NULL
		    && c->answered)))
			break;
	}
	if (rig_interrupted())
		return give_up(t, "");
	judge_command(t, label, id);
	return 0;
}

static int
check_commands(struct test *t)
{
	struct json_object *list = json_object_get(t->trial.talk.commands);
	size_t n = json_object_array_length(list);
	int rc = 0;

	if (n == 0)
		say(t, NOTE, "commands", "it declares no slash command");
	else
		check_registered(t);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = check_command(t, json_object_array_get_idx(list, i));
	json_object_put(list);
	return rc;
}

/* ---- what it said on the way ---------------------------------------- */

static void
check_lines(struct test *t)
{
	const struct transcript *k = &t->trial.talk;
	const struct transcript_call *bad = NULL;
	size_t refused = 0;

	for (size_t i = 0; i < k->calls; i++)
		if (k->call[i].failed && refused++ == 0)
			bad = &k->call[i];
	if (k->bad.n > 0)
		say(t, FAIL, "protocol", "%zu of %zu lines break JSON-RPC: %s. "
		    "Only messages belong on standard output, the rest on "
		    "standard error", k->bad.n, k->out_lines, k->bad.text[0]);
	else
		say(t, PASS, "protocol", "%zu lines, all of them JSON-RPC",
		    k->out_lines);
	if (refused > 0)
		say(t, FAIL, "calls", "%zu of %zu are refused, the first: %s: "
		    "%s", refused, k->calls, bad->method, bad->why);
	else
		say(t, PASS, "calls", "%zu, none refused", k->calls);
}

static void
check_errors(struct test *t)
{
	const struct transcript_lines *l = &t->trial.talk.errors;

	if (l->n == 0)
		say(t, PASS, "stderr", "is empty");
	else
		say(t, NOTE, "stderr", "%zu lines, the first: %s%s%s", l->n,
		    l->text[0], l->n > 1 ? "; the last: " : "",
		    l->n > 1 ? t->trial.talk.last_error : "");
}

/* Before it is told to end. */
static void
check_crash(struct test *t)
{
	const char *times = t->trial.talk.ends == 1 ? "time" : "times";

	if (t->trial.talk.ends > 0 && t->trial.talk.bad.n > 0)
		say(t, FAIL, "end", "the handler ended it %zu %s, as it "
		    "does after a line that is no JSON-RPC message",
		    t->trial.talk.ends, times);
	else if (t->trial.talk.ends > 0)
		say(t, FAIL, "end", "it ended by itself (%s), %zu %s; its "
		    "last words: %s", t->trial.talk.end, t->trial.talk.ends,
		    times,
		    t->trial.talk.last_error[0] != '\0' ? t->trial.talk.last_error
		    : "none");
}

static void
check_end(struct test *t)
{
	const struct transcript *k = &t->trial.talk;

	if (strcmp(k->end, "exit 0") == 0)
		say(t, PASS, "end", "ends by itself when told to, exit status "
		    "0");
	else if (k->ends == 0 || strncmp(k->end, "signal", 6) == 0)
		say(t, FAIL, "end", "it does not end within 5 s of the "
		    "notification shutdown and the end of its standard input, "
		    "and had to be killed");
	else
		say(t, FAIL, "end", "told to end it does, but with %s; its "
		    "last words: %s", k->end, k->last_error[0] != '\0'
		    ? k->last_error : "none");
}

/* ---- all of it ------------------------------------------------------ */

static int
run(struct test *t)
{
	bool crashed;
	int up;

	if (trial_start(&t->trial, t->cli) == -1)
		return -1;
	if ((up = check_start(t)) == -1)
		return -1;
	if (up == 1 && (check_events(t) == -1 || check_commands(t) == -1))
		return -1;
	check_crash(t);
	crashed = t->trial.talk.ends > 0;
	trial_stop(&t->trial);
	if (up == 1)
		check_lines(t);
	check_errors(t);
	if (up == 1 && !crashed)
		check_end(t);
	return 0;
}

static int
conclude(struct test *t, bool keep)
{
	int code = t->failed > 0 ? EXIT_DEGRADED : EXIT_FINE;
	struct json_object *o;

	if (t->cli->json) {
		o = json_object_new_object();
		json_object_object_add(o, "plugin",
		    json_object_new_string(t->trial.program));
		json_object_object_add(o, "passed",
		    json_object_new_boolean(code == EXIT_FINE));
		json_object_object_add(o, "kept", !keep ? NULL
		    : json_object_new_string(t->trial.rig.dir));
		json_object_object_add(o, "checks",
		    json_object_get(t->checks));
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
cli_plugin_test(struct cli *c, bool keep)
{
	struct test *t;
	int code;

	if (c->argc != 2)
		return cli_usage(c);
	t = base_alloc(sizeof(*t));
	t->cli = c;
	if (trial_find(&t->trial, c->argv[1], &c->err) == -1) {
		free(t);
		return cli_fail(c);
	}
	t->checks = json_object_new_array();
	code = run(t) == -1 ? -1 : 0;
	trial_stop(&t->trial);
	if (keep && t->trial.rig.dir[0] != '\0')
		cli_say("Kept %s: record has every line, log/shardherd.log "
		    "the fleet's.", t->trial.rig.dir);
	code = code == -1 ? cli_fail(c) : conclude(t, keep);
	json_object_put(t->checks);
	trial_free(&t->trial, keep);
	free(t);
	return code;
}

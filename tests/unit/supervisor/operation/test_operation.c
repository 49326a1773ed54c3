/* SPDX-License-Identifier: MIT */
/*
 * Who may run beside whom: every pair of the table is walked with the real
 * beginnings, on a fleet that only seems to run; and the manual shows the same
 * table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "supervisor/fleet.h"
#include "supervisor/fleet_parts.h"
#include "tests/unit/rig/fake_time.h"

#define FLEET_SHARDS 4

static struct fleet *f;
static struct config before;
static struct client_process replaced;

static void
problem(const char *line, void *arg)
{
	fail_msg("%s", line);
}

/* Started, all well, nothing under way; the files it names are not there. */
static void
rest(void)
{
	static const char text[] =
	    "[bot]\nname = t\ntoken_file = /none/token\n"
	    "intents = 513\n[gateway]\napi = http://127.0.0.1:1\n[paths]\n"
	    "state_dir = /none/state\nrun_dir = /none/run\n"
	    "log_dir = /none/log\n[gate]\nlisten = 127.0.0.1:7780\n"
	    "[client \"bot\"]\nexec = /bin/sh\n";
	struct err e;

	fake_time_reset();
	f = fleet_new();
	f->config = base_alloc(sizeof(*f->config));
	if (config_parse(f->config, "/none-of-shardherd.conf", text, problem,
		NULL, &e)
	    == -1)
		fail_msg("%s", e.text);
	f->timers = timer_base_new(NULL);
	f->control.fleet = f;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		f->control.client[i].fd = -1;
	for (uint32_t i = 0; i < FLEET_HANDLERS; i++)
		member_init(&f->handler_slot[i], f, CONTRACT_HANDLER, i);
	f->handler = &f->handler_slot[0];
	for (unsigned i = 0; i < SERVICES; i++)
		service_init(&f->service[i], i, f);
	clients_init(f->clients, f);
	reload_effects_init(f->reload, f);
	rollout_effects_init(f->rollout, f);
	plugin_command_init(f->plugin_command, f);
	probe_init(f->probe, f);
	upgrade_init(f->upgrade, f);
	f->token_move->fleet = f;
	f->hold->fleet = f;
	f->rollout->before = &before;
	f->local = f->launched = FLEET_SHARDS;
}

static void
clear(void)
{
	f->rollout->before = NULL;
	config_free(f->config);
	free(f->config);
	free(f);
	fake_time_reset();
}

static void
hold(uint32_t code)
{
	f->hold->code = code;
	str_copy(f->permit->held, "On hold, as a test says",
	    sizeof(f->permit->held));
}

static void
let_run(enum operation_underway u)
{
	switch (u) {
	case UNDERWAY_START:
		f->launched = FLEET_SHARDS - 1;
		break;
	case UNDERWAY_ADOPT:
		f->adopt->busy = true;
		break;
	case UNDERWAY_HOLD:
		hold(4014);
		break;
	case UNDERWAY_BAD_TOKEN:
		hold(4004);
		break;
	case UNDERWAY_PLAN:
		hold(0);
		f->reshard->state = RESHARD_SHORT;
		break;
	case UNDERWAY_RESHARD:
		hold(0);
		f->reshard->state = RESHARD_STOPPING;
		break;
	case UNDERWAY_STOP:
		f->stopping = true;
		break;
	case UNDERWAY_RELOAD:
		f->reload->reload.state = RELOAD_SWITCHING;
		break;
	case UNDERWAY_ROLLOUT:
		f->rollout->rollout.state = ROLLOUT_STOPPING;
		break;
	case UNDERWAY_HANDOVER:
		f->rollout->lane[ROLLOUT_EFFECTS_LANES - 1].other.pid = 7;
		break;
	case UNDERWAY_UPGRADE:
		f->upgrade->arrived = true;
		break;
	case UNDERWAY_TOKEN:
		f->token_move->state = TOKEN_MOVE_ASKING;
		break;
	case UNDERWAY_PLUGIN:
		f->plugin_command->asked = f->handler;
		break;
	case UNDERWAY_PROBE:
		f->probe->asked = f->handler;
		break;
	case UNDERWAY_CLIENT:
		replaced.change.state = CLIENT_CHANGE_STARTING;
		f->clients->of[3] = &replaced;
		break;
	default:
		fail();
	}
}

/* The real beginning: it comes as far as the files that are not there. */
static int
begin(enum operation o, struct err *e)
{
	static const struct rollout_effects_order order = {-1, -1, -1, -1,
	    false, false, false};
	static const struct request_upgrade wish = {.path = "/none/shardherd"};
	static const struct token_move_options options;
	static const struct msg_plugin unload = {.action = PLUGIN_DO_UNLOAD,
	    .name = "x"};

	e->code = 0;
	e->text[0] = '\0';
	switch (o) {
	case OPERATION_RELOAD:
		return reload_effects_begin(f->reload, 9, false, false, e);
	case OPERATION_ROLLOUT:
		return rollout_effects_begin(f->rollout, 9, &order, e);
	case OPERATION_UNDO:
		/* Without one under way it would begin. */
		return rollout_effects_busy(f->rollout)
		    ? rollout_effects_undo(f->rollout, 9, &order, e)
		    : operation_may(f, o, e);
	case OPERATION_UPGRADE:
		return upgrade_begin(f->upgrade, 9, &wish, e);
	case OPERATION_TOKEN:
		return token_move_begin(f->token_move, NULL, 9, &options, e);
	case OPERATION_PLUGIN:
		return plugin_command_ask(f->plugin_command, 9, &unload, e);
	case OPERATION_PROBE:
		return probe_ask(f->probe, 9, 1, e);
	case OPERATION_CLIENT:
		return clients_restart(f->clients, "bot", 9, e);
	default:
		return operation_may(f, o, e);
	}
}

static void
check_pair(enum operation o, enum operation_underway u)
{
	enum operation_rule rule = operation_rule(o, u);
	const char *why = operation_reason(rule);
	struct err e;
	int rc;

	rest();
	let_run(u);
	for (unsigned i = 0; i < UNDERWAY_COUNT; i++)
		if (fleet_underway(f, i) != (i == u))
			fail_msg("%s shows as %s", operation_underway_name[u],
			    operation_underway_name[i]);
	rc = begin(o, &e);
	if (why == NULL) {
		for (unsigned r = OPERATION_NO; r < OPERATION_RULES; r++)
			if (rc == -1 && strstr(e.text, operation_reason(r)))
				fail_msg("%s beside %s: %s", operation_name[o],
				    operation_underway_name[u], e.text);
	} else if (rc != -1 || e.code != EXIT_TRY_LATER
	    || strstr(e.text, operation_underway_words[u]) == NULL
	    || strstr(e.text, why) == NULL) {
		fail_msg("%s beside %s is %d: %d %s", operation_name[o],
		    operation_underway_name[u], rc, e.code, e.text);
	}
	/* Who is refused leaves no trace in what is under way. */
	assert_int_equal(f->reload->report.ticket, 0);
	assert_int_equal(f->rollout->report.ticket, 0);
	assert_int_equal(f->plugin_command->report.ticket, 0);
	assert_int_equal(f->probe->report.ticket, 0);
	assert_int_equal(f->token_move->report.ticket, 0);
	assert_int_equal(f->upgrade->report.ticket, 0);
	clear();
}

static void
f_a4_every_pair_is_as_the_table_says(void **state)
{
	for (unsigned o = 0; o < OPERATION_COUNT; o++)
		for (unsigned u = 0; u < UNDERWAY_COUNT; u++)
			check_pair(o, u);
}

/* The sentence: what is under way, why not both, what to do. */
static void
f_a4_a_no_says_why(void **state)
{
	struct err e;

	rest();
	let_run(UNDERWAY_TOKEN);
	assert_int_equal(begin(OPERATION_RELOAD, &e), -1);
	assert_string_equal(e.text,
	    "another token is examined, or moved to: one handler would keep "
	    "the old token; \"shardherd status\" shows when it is over");
	assert_int_equal(operation_may_within(f, OPERATION_RELOAD,
			     UNDERWAY_TOKEN, &e),
	    0);
	clear();
	rest();
	f->handler_slot[1].pid = 7;
	assert_int_equal(begin(OPERATION_RELOAD, &e), -1);
	assert_non_null(strstr(e.text, "has not ended yet"));
	clear();
}

/* A SIGHUP, or a plugin command, that comes while a client waits for one. */
static void
f_a7_the_ticket_belongs_to_its_operation(void **state)
{
	struct msg_plugin load = {.action = PLUGIN_DO_LOAD, .name = "x"};
	struct err e;

	rest();
	let_run(UNDERWAY_RELOAD);
	f->reload->report.ticket = 5;
	assert_int_equal(reload_effects_changed(f->reload, &e), -1);
	assert_int_equal(f->reload->report.ticket, 5);
	assert_int_equal(reload_effects_begin(f->reload, 6, true, false, &e),
	    -1);
	assert_int_equal(reload_effects_same(f->reload, 6, UNDERWAY_COUNT, &e),
	    -1);
	assert_int_equal(f->reload->report.ticket, 5);
	f->plugin_command->asked = f->handler;
	f->plugin_command->report.ticket = 4;
	assert_int_equal(plugin_command_ask(f->plugin_command, 6, &load, &e),
	    -1);
	assert_int_equal(f->plugin_command->report.ticket, 4);
	clear();
	/* Refused for the file: nothing is left of who asked. */
	rest();
	f->handler->state = MEMBER_UP;
	f->handler->ready_ms = 1;
	assert_int_equal(plugin_command_ask(f->plugin_command, 6, &load, &e),
	    -1);
	assert_int_equal(f->plugin_command->report.ticket, 0);
	assert_int_equal(reload_effects_changed(f->reload, &e), -1);
	assert_int_equal(f->reload->report.ticket, 0);
	clear();
}

/* ---- the manual ----------------------------------------------------- */

static void
add(char *out, size_t size, const char *text)
{
	size_t len = strlen(out);

	assert_true(len + strlen(text) < size);
	str_copy(out + len, text, size - len);
}

/* Begins with a letter for each column; a number is the reason of a no. */
static void
manual(char *out, size_t size)
{
	char cell[256];

	out[0] = '\0';
	add(out, size, ".Bd -literal\n                ");
	for (unsigned u = 0; u < UNDERWAY_COUNT; u++) {
		str_format(cell, sizeof(cell), "  %c", 'a' + u);
		add(out, size, cell);
	}
	add(out, size, "\n");
	for (unsigned o = 0; o < OPERATION_COUNT; o++) {
		str_format(cell, sizeof(cell), "%-16s", operation_name[o]);
		add(out, size, cell);
		for (unsigned u = 0; u < UNDERWAY_COUNT; u++) {
			enum operation_rule r = operation_rule(o, u);

			if (r >= OPERATION_NO)
				str_format(cell, sizeof(cell), " %2d",
				    r - OPERATION_NO + 1);
			else
				str_format(cell, sizeof(cell), "  %c",
				    r == OPERATION_ENDS ? 'x' : '+');
			add(out, size, cell);
		}
		add(out, size, "\n");
	}
	add(out, size, ".Ed\n.Bl -tag -width xx -compact\n");
	for (unsigned u = 0; u < UNDERWAY_COUNT; u++) {
		str_format(cell, sizeof(cell), ".It %c\n%s:\n%s.\n", 'a' + u,
		    operation_underway_name[u], operation_underway_words[u]);
		add(out, size, cell);
	}
	add(out, size,
	    ".It +\nIt may run beside it.\n.It x\nIt begins, and what is under "
	    "way ends.\n");
	for (unsigned r = OPERATION_NO; r < OPERATION_RULES; r++) {
		str_format(cell, sizeof(cell), ".It %u\nNo: %s.\n",
		    r - OPERATION_NO + 1, operation_reason(r));
		add(out, size, cell);
	}
	add(out, size, ".El\n");
}

static void
f_a4_the_manual_shows_the_table(void **state)
{
	static char text[1 << 18], want[1 << 14];
	FILE *in = fopen("man/shardherd.1", "r");
	const char *at;
	size_t n;

	if (in == NULL)
		in = fopen("../man/shardherd.1", "r");
	assert_non_null(in);
	n = fread(text, 1, sizeof(text) - 1, in);
	fclose(in);
	text[n] = '\0';
	manual(want, sizeof(want));
	at = strstr(text, ".\\\" operations\n");
	assert_non_null(at);
	at = strchr(at, '\n') + 1;
	if (strncmp(at, want, strlen(want)) != 0
	    || strncmp(at + strlen(want), ".\\\" end of operations\n", 22)
		!= 0) {
		fputs(want, stdout);
		fail_msg("man/shardherd.1 shows another table than this");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(f_a4_every_pair_is_as_the_table_says),
	    cmocka_unit_test(f_a4_a_no_says_why),
	    cmocka_unit_test(f_a7_the_ticket_belongs_to_its_operation),
	    cmocka_unit_test(f_a4_the_manual_shows_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* [gate] and [client "name"]. */
#include "shared/config/config_diff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define BOT "[bot]\nintents = GUILDS, GUILD_MESSAGES\n"
#define GATE "[gate]\nlisten = 127.0.0.1:7780\n"

static struct {
	struct config config, other;
	struct err err;
	char said[8][1200];
	size_t n;
} t;

static void
on_problem(const char *line, void *arg)
{
	assert_true(t.n < nitems(t.said));
	str_copy(t.said[t.n++], line, sizeof(t.said[0]));
}

static int
parse(const char *text)
{
	config_free(&t.config);
	memset(t.said, 0, sizeof(t.said));
	t.n = 0;
	return config_parse(&t.config, "shardherd.conf", text, on_problem, NULL,
	    &t.err);
}

static int
tear_down(void **state)
{
	config_free(&t.config);
	config_free(&t.other);
	return 0;
}

static void
test_none(void **state)
{
	assert_int_equal(parse(BOT), 0);
	assert_false(config_gate(&t.config));
	assert_int_equal(parse(BOT GATE), 0);
	assert_false(config_gate(&t.config));
	assert_int_equal(parse(BOT "[client \"a\"]\n"), 0);
	assert_false(config_gate(&t.config));
}

static void
test_values(void **state)
{
	const struct config_client *a;

	assert_int_equal(parse(BOT GATE "rest_listen = [::1]:7781\n"
					"log_bytes = 8M\n"
					"members = seen\npresences = yes\n"
					"[client \"a\"]\n"
					"[plugin \"a\"]\nexec = /bin/true\n"
					"[client \"b\"]\n"
					"shards = 3\nintents = GUILDS\n"
					"guilds = 100, 101\nops = voice\n"
					"rest = read\ncatch_up = no\n"
					"presence = yes\ncompress = real\n"
					"on_second = refuse\n"),
	    0);
	assert_true(config_gate(&t.config));
	assert_int_equal(t.config.clients, 2);
	assert_int_equal(t.config.plugins, 1);
	assert_int_equal(t.config.gate_log_bytes, 8 << 20);
	assert_int_equal(t.config.gate_members, CONFIG_MEMBERS_SEEN);
	assert_true(t.config.gate_presences);
	assert_true(t.config.gate_heartbeat_s == 10);
	assert_non_null(a = config_client(&t.config, "a"));
	assert_true(a->intents == UINT64_MAX);
	assert_int_equal(a->shards, 0);
	assert_int_equal(a->rest, CONFIG_REST_FULL);
	assert_int_equal(a->catch_up, 1);
	assert_int_equal(a->on_second, CONFIG_SECOND_TAKE_OVER);
	assert_true(config_client_may(a, "voice"));
	assert_true(config_client_may(a, "members"));
	assert_non_null(a = config_client(&t.config, "b"));
	assert_true(a->intents == 1);
	assert_int_equal(a->shards, 3);
	assert_int_equal(a->rest, CONFIG_REST_READ);
	assert_int_equal(a->presence, 1);
	assert_int_equal(a->compress, CONFIG_CLIENT_REAL);
	assert_int_equal(a->on_second, CONFIG_SECOND_REFUSE);
	assert_false(config_client_may(a, "members"));
	assert_null(config_client(&t.config, "c"));
}

static void
test_problems(void **state)
{
	static const struct {
		const char *text, *want;
	} bad[] = {
	    {"[gate]\nlisten = localhost:80\n",
		":4: [gate] listen: expected an address of this machine and a "
		"port"},
	    {"[gate]\nlisten = 127.0.0.1\n", ":4: [gate] listen: expected"},
	    {"[gate]\nlisten = ::1:80\n", ":4: [gate] listen: expected"},
	    {"[gate]\nlisten = 127.0.0.1:0\n", ":4: [gate] listen: expected"},
	    {"[gate]\nlisten = 0.0.0.0:80\n",
		":4: [gate] listen: 0.0.0.0:80 "
		"is reached from other machines"},
	    {"[gate]\nlisten = 127.0.0.1:80\nrest_listen = 127.0.0.1:80\n",
		":5: [gate] rest_listen: the same as listen"},
	    {"[gate]\ntls_key = x\n", ":4: [gate] tls_cert and tls_key"},
	    {"[gate]\nurl = http://x\n", ":4: [gate] url: expected an URL"},
	    {"[gate]\nurl = ws://x?v=10\n", ":4: [gate] url: expected an URL"},
	    {"[gate]\nheartbeat = 1s\n", ":4: [gate] heartbeat: expected"},
	    {"[client \"a b\"]\n", ":3: [client \"a b\"]: expected [client "},
	    {"[client]\n", ":3: [client]: expected [client "},
	    {"[client \"a\"]\n[client \"a\"]\n",
		":4: [client \"a\"]: given twice, first in line 3"},
	    {"[client \"a\"]\nops = voice, membrs\n",
		":4: [client \"a\"] ops: expected what a client may ask for "
		"(did you mean \"members\"?)"},
	    {"[client \"a\"]\nrest = some\n",
		":4: [client \"a\"] rest: expected none, read or full"},
	    {"[client \"a\"]\nintents = GUILD_MEMBERS\n",
		":3: [client \"a\"] intents: some are not among"},
	    {"[client \"a\"]\nguilds = 1-65\n",
		":3: [client \"a\"] guilds: more than 64"},
	    {"[client \"a\"]\nguilds = 0-18446744073709551615\n",
		":3: [client \"a\"] guilds: more than 64"},
	    {"[client \"a\"]\npresence = yes\n[client \"b\"]\npresence = yes\n",
		":5: [client \"b\"] presence: \"a\" has it"},
	    {"[client \"a\"]\nconfig.x = 1\n",
		":4: [client \"a\"] config.x: unknown key"},
	    {"[client \"a\"]\nwindow = 1\n", "it belongs into [plugin]"},
	};

	for (size_t i = 0; i < nitems(bad); i++) {
		char text[512];

		str_format(text, sizeof(text), "%s%s", BOT, bad[i].text);
		assert_int_equal(parse(text), -1);
		assert_int_equal(t.n, 1);
		if (strstr(t.said[0], bad[i].want) == NULL)
			fail_msg("%s\nis not of: %s", bad[i].want, t.said[0]);
	}
	assert_int_equal(parse(
			     BOT "[gate]\nlisten = 0.0.0.0:80\nclear = yes\n"),
	    0);
}

static void
note(const struct config_diff_change *c, void *arg)
{
	char words[600];

	config_diff_change_words(c, words, sizeof(words));
	on_problem(words, NULL);
	assert_int_equal(c->reload,
	    c->key != NULL && strcmp(c->key->key, "exec") == 0
		? CONFIG_RELOAD_CLIENT
		: CONFIG_RELOAD_GATE);
	assert_true(config_diff_change_live(c));
}

/* The gate has to hear of one that says nothing but its name, and of the exec
 * of another one it has not. */
static void
test_sum(void **state)
{
	uint64_t sum;

	assert_int_equal(parse(BOT GATE "[client \"a\"]\n"), 0);
	sum = config_diff_sum(&t.config, CONFIG_RELOAD_GATE);
	assert_int_equal(parse(BOT GATE "[client \"a\"]\n[client \"b\"]\n"), 0);
	assert_true(sum != config_diff_sum(&t.config, CONFIG_RELOAD_GATE));
	assert_int_equal(parse(BOT GATE "[client \"a\"]\nexec = /bin/true\n"),
	    0);
	assert_true(sum == config_diff_sum(&t.config, CONFIG_RELOAD_GATE));
}

static void
test_difference(void **state)
{
	struct config out;

	assert_int_equal(config_parse(&t.other, "shardherd.conf",
			     BOT GATE "[client \"a\"]\n[client \"b\"]\n", NULL,
			     NULL, &t.err),
	    0);
	assert_int_equal(parse(BOT GATE
			     "log_age = 1h\n[client \"c\"]\n[client \"a\"]\n"
			     "exec = /bin/true\n"),
	    0);
	assert_int_equal(config_diff(&t.other, &t.config, note, NULL), 4);
	assert_string_equal(t.said[0], "[gate] log_age: \"30m\" -> \"1h\"");
	assert_string_equal(t.said[1],
	    "[client \"a\"] exec: \"\" -> \"/bin/true\"");
	assert_string_equal(t.said[2], "[client \"b\"]: taken out");
	assert_string_equal(t.said[3], "[client \"c\"]: new");
	assert_true(config_diff_sum(&t.other, CONFIG_RELOAD_GATE)
	    != config_diff_sum(&t.config, CONFIG_RELOAD_GATE));
	/* What is started with the bot's process is no matter of the gate. */
	assert_true(config_diff_client_sum(config_client(&t.other, "a"))
	    != config_diff_client_sum(config_client(&t.config, "a")));
	assert_true(config_diff_client_sum(config_client(&t.other, "b"))
	    == config_diff_client_sum(config_client(&t.config, "c")));
	assert_int_equal(config_diff_merge(&t.other, &t.config, &out, &t.err),
	    0);
	assert_int_equal(config_diff(&t.config, &out, NULL, NULL), 0);
	config_free(&out);
	assert_int_equal(config_diff_merge_shards(&t.other, &t.config, &out,
			     &t.err),
	    0);
	assert_int_equal(config_diff(&t.other, &out, NULL, NULL), 0);
	config_free(&out);
	/* A client of a plugin's name is another matter. */
	assert_int_equal(config_diff_merge_plugin(&t.other, &t.config, "a",
			     &out, &t.err),
	    0);
	assert_int_equal(config_diff(&t.other, &out, NULL, NULL), 0);
	config_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_none, tear_down),
	    cmocka_unit_test_teardown(test_values, tear_down),
	    cmocka_unit_test_teardown(test_problems, tear_down),
	    cmocka_unit_test_teardown(test_sum, tear_down),
	    cmocka_unit_test_teardown(test_difference, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

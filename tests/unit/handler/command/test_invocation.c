/* SPDX-License-Identifier: MIT */
/* Commands in events, the words behind them, and the help on them. */
#include "handler/command/invocation.h"
#include "handler/command/help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct config config;
static struct command_table table;
static struct invocation_ways ways;

static const char dice[] =
    "["
    "{\"name\":\"roll\",\"help\":\"Rolls\",\"options\":[{\"type\":4,"
    "\"name\":\"sides\",\"description\":\"d\",\"min_value\":2},{\"type\":3,"
    "\"name\":\"why\",\"description\":\"d\"}]},"
    "{\"name\":\"w\xc3\xbcrfel\",\"help\":\"h\",\"roads\":[\"prefix\"]},"
    "{\"name\":\"cut\",\"help\":\"h\",\"rank\":5,\"roads\":[\"reaction\"],"
    "\"emoji\":\"\xe2\x9c\x82\"},"
    "{\"name\":\"set\",\"help\":\"h\",\"options\":[{\"type\":1,\"name\":\"on\","
    "\"description\":\"d\",\"options\":[{\"type\":6,\"name\":\"who\","
    "\"description\":\"d\",\"required\":true},{\"type\":5,\"name\":\"yes\","
    "\"description\":\"d\"},{\"type\":3,\"name\":\"how\",\"description\":\"d\","
    "\"choices\":[{\"name\":\"None\",\"value\":null},{\"name\":\"Fast\","
    "\"value\":\"f\"}]}]}]}]";

static int
setup(void **state)
{
	struct json_object *o = json_tokener_parse(dice);

	config = (struct config) {.plugins = 3};
	strcpy(config.plugin[0].name, "first");
	strcpy(config.plugin[1].name, "dice");
	strcpy(config.plugin[2].name, "last");
	command_table_init(&table, &config);
	assert_true(command_table_set(&table, 1, o));
	assert_false(command_table_set(&table, 1, o));
	json_object_put(o);
	ways = (struct invocation_ways) {.prefix = "!", .bot = "99"};
	return 0;
}

static int
teardown(void **state)
{
	command_table_free(&table);
	return 0;
}

/* "" or what became of it: name, sub, options, fault. */
static const char *
find(enum road road, const char *raw)
{
	static char out[1024];
	struct invocation c;

	out[0] = '\0';
	if (!invocation_find(&c, &table, &ways, road, raw, strlen(raw)))
		return out;
	str_format(out, sizeof(out), "%s %s%s%s %s", c.command->name,
	    c.words.sub, c.words.sub[0] ? " " : "",
	    c.fault[0] ? "-"
		       : json_object_to_json_string_ext(c.words.options,
			   JSON_C_TO_STRING_PLAIN),
	    c.fault);
	invocation_free(&c);
	if (out[strlen(out) - 1] == ' ')
		out[strlen(out) - 1] = '\0';
	return out;
}

static const char *
typed(const char *json_text)
{
	char raw[1024];

	str_format(raw, sizeof(raw),
	    "{\"t\":\"MESSAGE_CREATE\",\"s\":1,"
	    "\"op\":0,\"d\":{\"type\":0,\"id\":\"1\",\"content\":\"%s\","
	    "\"channel_id\":\"2\",\"author\":{\"id\":\"3\"}}}",
	    json_text);
	return find(ROAD_PREFIX, raw);
}

static void
test_typed(void **state)
{
	static const char *const row[][2] = {
	    {"!roll", "roll {}"},
	    {"!ROLL 6", "roll {\"sides\":6}"},
	    {"!roll 6 for all \\\"of us\\\"",
		"roll {\"sides\":6,\"why\":\"for all of us\"}"},
	    {"!roll 1",
		"roll - sides must be a whole number within its bounds"},
	    {"!roll x",
		"roll - sides must be a whole number within its bounds"},
	    {"!roll\\n7", "roll {\"sides\":7}"},
	    {"\\u0021ro\\u006cl", "roll {}"},
	    {"<@99> roll", "roll {}"},
	    {"<@!99>roll 2", "roll {\"sides\":2}"},
	    {"<@98> roll", ""},
	    {"!w\xc3\xbcrfel", "w\xc3\xbcrfel {}"},
	    {"!w\\u00fcrfel", "w\xc3\xbcrfel {}"},
	    {"! roll", ""},
	    {"roll", ""},
	    {"!rolls", ""},
	    {"!rol", ""},
	    {"!", ""},
	    {"!cut", ""},
	    {"!set", "set - it takes one of: on"},
	    {"!set on", "set on - who is missing"},
	    {"!set on me", "set on - who must be a user"},
	    {"!set on <@!5> off", "set on {\"who\":\"5\",\"yes\":false}"},
	    {"!set on 5 yes fast",
		"set on {\"who\":\"5\",\"yes\":true,\"how\":\"f\"}"},
	    {"!set on 5 yes slow", "set on - how must be one of its choices"},
	    {"!set on 5 yes none", "set on - how must be one of its choices"},
	    /* f_b7: a NUL cuts nothing off. */
	    {"!roll 6 a\\u0000b",
		"roll {\"sides\":6,\"why\":\"a\xef\xbf\xbd"
		"b\"}"},
	    {"!help me", "help {\"command\":\"me\"}"},
	    {"!roll \\\"",
		"roll - sides must be a whole number within its bounds"},
	};

	for (size_t i = 0; i < nitems(row); i++)
		assert_string_equal(typed(row[i][0]), row[i][1]);
	ways.prefix = "@";
	assert_string_equal(typed("!roll"), "");
	assert_string_equal(typed("@roll"), "");
	assert_string_equal(typed("<@99> roll"), "roll {}");
	ways.prefix = "";
	assert_string_equal(typed("<@99> roll"), "");
}

/* Damaged, of a bot, of a webhook, or only in what is quoted. */
static void
test_no_command(void **state)
{
	static const char *const raw[] = {
	    "{\"d\":{\"type\":0,\"content\":\"!roll\",\"author\":{\"id\":\"3\","
	    "\"bot\":true}}}",
	    "{\"d\":{\"type\":0,\"content\":\"!roll\",\"webhook_id\":\"5\","
	    "\"author\":{\"id\":\"3\"}}}",
	    "{\"d\":{\"type\":7,\"content\":\"!roll\",\"author\":"
	    "{\"id\":\"3\"}}}",
	    "{\"d\":{\"type\":0,\"content\":\"!roll\"}}",
	    "{\"d\":{\"type\":0,\"content\":\"x\",\"author\":{\"id\":\"3\"},"
	    "\"referenced_message\":{\"content\":\"!roll\"}}}",
	    "{\"d\":{\"type\":0,\"content\":\"!roll\",\"author\":{\"id\":\"3\"",
	    "{\"d\":{\"content\":\"!roll",
	    "\"content\":\"!roll\\",
	    "\"content\":\"\\u",
	    "\"content\"",
	    "",
	    "\"content\":\"!roll\"",
	    "[\"content\",\"!roll\"]",
	};

	for (size_t i = 0; i < nitems(raw); i++)
		assert_string_equal(find(ROAD_PREFIX, raw[i]), "");
}

static void
test_reaction(void **state)
{
	static const struct {
		const char *author, *user, *emoji, *want;
	} row[] = {
	    {"99", "3", "{\"id\":null,\"name\":\"\xe2\x9c\x82\"}", "cut {}"},
	    {"99", "3", "{\"id\":null,\"name\":\"\xe2\x9c\x82\xef\xb8\x8f\"}",
		"cut {}"},
	    {"99", "3", "{\"id\":\"1\",\"name\":\"\xe2\x9c\x82\"}", ""},
	    {"99", "99", "{\"id\":null,\"name\":\"\xe2\x9c\x82\"}", ""},
	    {"9", "3", "{\"id\":null,\"name\":\"\xe2\x9c\x82\"}", ""},
	    {"99", "3", "{\"id\":null,\"name\":\"x\"}", ""},
	    {"99", "3", "7", ""},
	};
	char raw[512];

	for (size_t i = 0; i < nitems(row); i++) {
		str_format(raw, sizeof(raw),
		    "{\"d\":{\"user_id\":\"%s\","
		    "\"message_id\":\"4\",\"message_author_id\":\"%s\","
		    "\"emoji\":%s}}",
		    row[i].user, row[i].author, row[i].emoji);
		assert_string_equal(find(ROAD_REACTION, raw), row[i].want);
	}
	ways.bot[0] = '\0';
	assert_string_equal(
	    find(ROAD_REACTION,
		"{\"d\":{\"user_id\":\"3\","
		"\"message_author_id\":\"\",\"emoji\":{\"name\":\"\xe2\x9c\x82\"}"
		"}}"),
	    "");
}

static void
test_slash(void **state)
{
	static const char form[] =
	    "{\"d\":{\"type\":%d,\"id\":\"1\","
	    "\"token\":\"t\",\"application_id\":\"8\",\"member\":{\"user\":"
	    "{\"id\":\"3\"},\"roles\":[\"5\",\"6\"]},\"data\":{\"name\":"
	    "\"set\",\"options\":[{\"type\":1,\"name\":\"on\",\"options\":"
	    "[{\"type\":6,\"name\":\"who\",\"value\":\"5\"}]}]}}}";
	struct json_object *o, *v;
	char raw[512];
	struct invocation c;

	snprintf(raw, sizeof(raw), form, 3);
	assert_string_equal(find(ROAD_SLASH, raw), "");
	snprintf(raw, sizeof(raw), form, 2);
	assert_string_equal(find(ROAD_SLASH, raw), "set on {\"who\":\"5\"}");
	assert_true(
	    invocation_find(&c, &table, &ways, ROAD_SLASH, raw, strlen(raw)));
	assert_int_equal(c.roles_n, 2);
	assert_int_equal(c.roles[1], 6);
	o = invocation_json(&c);
	assert_true(json_object_object_get_ex(o, "answer", &v));
	assert_string_equal(json_object_to_json_string_ext(v,
				JSON_C_TO_STRING_PLAIN),
	    "{\"method\":\"interaction.respond\","
	    "\"params\":{\"token\":\"t\",\"id\":\"1\"}}");
	json_object_object_get_ex(o, "more", &v);
	assert_string_equal(json_object_to_json_string_ext(v,
				JSON_C_TO_STRING_PLAIN),
	    "{\"method\":\"interaction.followup\","
	    "\"params\":{\"token\":\"t\",\"application_id\":\"8\"}}");
	json_object_put(o);
	invocation_free(&c);
}

/* ---- who has a name, and help --------------------------------------- */

static void
declare(unsigned plugin, const char *text)
{
	struct json_object *o = json_tokener_parse(text);

	command_table_set(&table, plugin, o);
	json_object_put(o);
}

static void
test_first_counts(void **state)
{
	static const char roll[] = "[{\"name\":\"roll\",\"help\":\"x\"}]";

	declare(2, roll);
	assert_int_equal(
	    command_table_find(&table, ROAD_SLASH, "roll", 4)->plugin, 1);
	declare(0, roll);
	assert_int_equal(
	    command_table_find(&table, ROAD_SLASH, "roll", 4)->plugin, 0);
	declare(0, "[]");
	assert_int_equal(
	    command_table_find(&table, ROAD_SLASH, "roll", 4)->plugin, 1);
	declare(2,
	    "[{\"name\":\"del\",\"help\":\"x\",\"emoji\":"
	    "\"\xe2\x9c\x82\xef\xb8\x8f\"}]");
	assert_string_equal(
	    command_table_reaction(&table, "\xe2\x9c\x82")->name, "cut");
	assert_non_null(command_table_find(&table, ROAD_PREFIX, "del", 3));
	assert_int_equal(
	    command_table_find(&table, ROAD_PREFIX, "help", 4)->plugin,
	    COMMAND_TABLE_OWN);
	declare(2, "[{\"name\":\"help\",\"help\":\"x\"}]");
	assert_int_equal(
	    command_table_find(&table, ROAD_PREFIX, "help", 4)->plugin, 2);
	declare(2, "[]");
	declare(1, "[{\"name\":\"a\",\"help\":\"x\",\"roads\":[\"slash\"]}]");
	assert_null(command_table_find(&table, ROAD_PREFIX, "help", 4));
	declare(1, "[]");
	assert_null(command_table_find(&table, ROAD_SLASH, "help", 4));
}

static void
expect_help(int rank, uint64_t plugins, const char *what, const char *want)
{
	char *text = help_text(&table, &ways,
	    &(struct help_ask) {.rank = rank,
		.plugins = plugins,
		.what = what});

	assert_string_equal(text, want);
	free(text);
}

static void
test_help(void **state)
{
	declare(1,
	    "[{\"name\":\"roll\",\"help\":\"Rolls\",\"options\":["
	    "{\"type\":4,\"name\":\"sides\",\"required\":true}]},"
	    "{\"name\":\"cut\",\"help\":\"Cuts\",\"rank\":5,\"roads\":"
	    "[\"reaction\"],\"emoji\":\"x:1\"}]");
	expect_help(0, 2, "",
	    "**dice**\n`/roll <sides>`, `!roll <sides>`: "
	    "Rolls\n**shardherd**\n`/help [command or page]`, `!help [command "
	    "or page]`: Shows the commands that you may use\n");
	expect_help(5, 2, "cut",
	    "**cut**: Cuts\n<:x:1> on a message of mine\n"
	    "It is of dice and needs rank 5; yours is 5.");
	expect_help(4, 2, "cut",
	    "There is no command \"cut\" that you may use; `help` shows those "
	    "there are.");
	expect_help(5, 0, "cut",
	    "There is no command \"cut\" that you may use; `help` shows those "
	    "there are.");
	expect_help(-1, 2, "", "There is no command that you may use.");
	expect_help(0, 2, "7", "There is no page 7: the last one is 1.");
	/* What is cut off does not end within a character. */
	expect_help(0, 2,
	    "0123456789012345678901234567890123456789012345678901"
	    "23456789012\xc3\xa4x",
	    "There is no command \"012345678901234567890"
	    "123456789012345678901234567890123456789012\" that you may use; "
	    "`help` shows those there are.");
}

/* An option without a value is none. */
static void
test_null(void **state)
{
	assert_string_equal(
	    find(ROAD_SLASH,
		"{\"d\":{\"type\":2,\"id\":\"1\","
		"\"token\":\"t\",\"user\":{\"id\":\"3\"},\"data\":{\"name\":\"set\","
		"\"options\":[{\"name\":\"who\",\"type\":6,\"value\":null}]}}}"),
	    "set {}");
}

static size_t
characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* 100 long commands: every one is on some page, and none is too long. */
static void
test_help_in_pages(void **state)
{
	struct json_object *all = json_object_new_array(), *o;
	unsigned found = 0;
	char name[24], page[16];

	for (int i = 0; i < 100; i++) {
		o = json_object_new_object();
		str_format(name, sizeof(name), "command-%03d", i);
		json_object_object_add(o, "name", json_object_new_string(name));
		json_object_object_add(o, "help",
		    json_object_new_string(
			"A text of some length, as they are, about what it does"));
		json_object_array_add(all, o);
	}
	command_table_set(&table, 1, all);
	json_object_put(all);
	for (int k = 1; k < 20; k++) {
		char *text;

		str_format(page, sizeof(page), "%d", k);
		text = help_text(&table, &ways,
		    &(struct help_ask) {.plugins = 2, .what = page});
		assert_true(characters(text) <= HELP_TEXT_MAX);
		for (const char *p = text; (p = strstr(p, "`/command-")); p++)
			found++;
		free(text);
	}
	assert_int_equal(found, 100);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_typed),
	    T(test_no_command),
	    T(test_reaction),
	    T(test_slash),
	    T(test_null),
	    T(test_first_counts),
	    T(test_help),
	    T(test_help_in_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Slash commands: what is refused, and what counts as the same. */
#include "handler/command/command_list.h"
#include "shared/base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static bool
same(const char *ours, const char *theirs)
{
	struct json_object *a = json_tokener_parse(ours);
	struct json_object *b = json_tokener_parse(theirs);
	bool is;

	assert_non_null(a);
	assert_non_null(b);
	is = command_spec_same(a, b);
	json_object_put(a);
	json_object_put(b);
	return is;
}

/* What we send, and what Discord makes of it. */
static void
test_same(void **state)
{
	static const char *const row[][2] = {
	    {"{\"name\":\"a\",\"description\":\"b\"}",
		"{\"id\":\"1\",\"application_id\":\"2\",\"version\":\"3\","
		"\"type\":1,\"default_member_permissions\":null,"
		"\"description\":\"b\",\"name\":\"a\",\"nsfw\":false,"
		"\"contexts\":null,\"integration_types\":[0],\"options\":[],"
		"\"dm_permission\":true,\"name_localizations\":null}"},
	    {"{\"name\":\"a\",\"description\":\"b\",\"options\":[{\"type\":4,"
	     "\"name\":\"n\",\"description\":\"d\",\"required\":false}]}",
		"{\"type\":1,\"name\":\"a\",\"description\":\"b\","
		"\"options\":[{\"name\":\"n\",\"description\":\"d\","
		"\"type\":4,\"choices\":[]}]}"},
	    {"{\"name\":\"a\",\"description\":\"b\",\"contexts\":[2,0],"
	     "\"options\":[{\"type\":10,\"name\":\"n\",\"min_value\":1,"
	     "\"description\":\"d\"}]}",
		"{\"type\":1,\"name\":\"a\",\"description\":\"b\","
		"\"contexts\":[0,2],\"integration_types\":[0,1],"
		"\"something_new\":{\"x\":1},\"options\":[{\"name\":\"n\","
		"\"description\":\"d\",\"type\":10,\"min_value\":1.0}]}"},
	    {"{\"name\":\"Look At\",\"type\":2}",
		"{\"name\":\"Look At\",\"type\":2,\"description\":\"\"}"},
	};

	for (size_t i = 0; i < nitems(row); i++)
		assert_true(same(row[i][0], row[i][1]));
}

static void
test_different(void **state)
{
	static const char base[] =
	    "{\"name\":\"a\",\"description\":\"b\","
	    "\"options\":[{\"type\":1,\"name\":\"n\",\"description\":\"d\"}]}";
	static const char *const other[] = {
	    "{\"name\":\"a\",\"description\":\"c\","
	    "\"options\":[{\"type\":1,\"name\":\"n\",\"description\":\"d\"}]}",
	    "{\"name\":\"a\",\"description\":\"b\","
	    "\"options\":[{\"type\":1,\"name\":\"m\",\"description\":\"d\"}]}",
	    "{\"name\":\"a\",\"description\":\"b\","
	    "\"options\":[{\"name\":\"n\",\"description\":\"d\"}]}",
	    "{\"name\":\"a\",\"description\":\"b\"}",
	    "{\"name\":\"a\",\"description\":\"b\",\"nsfw\":true,"
	    "\"options\":[{\"type\":1,\"name\":\"n\",\"description\":\"d\"}]}",
	};

	for (size_t i = 0; i < nitems(other); i++) {
		assert_false(same(base, other[i]));
		assert_false(same(other[i], base));
	}
}

static void
test_refused(void **state)
{
	static const char *const bad[] = {"3", "{}", "{\"name\":\"a\"}",
	    "{\"name\":\"\",\"help\":\"h\"}", "{\"name\":\"A\",\"help\":\"h\"}",
	    "{\"name\":\"a b\",\"help\":\"h\"}",
	    "{\"name\":\"a23456789012345678901234567890123\",\"help\":\"h\"}",
	    "{\"name\":\"a\",\"help\":7}"};
	static const char *const good[] = {
	    "{\"name\":\"a-b_1\",\"help\":\"h\"}",
	    "{\"name\":\"w\xc3\xbcrfel\",\"help\":\"h\"}"};
	struct json_object *o;

	for (size_t i = 0; i < nitems(bad); i++) {
		o = json_tokener_parse(bad[i]);
		assert_non_null(command_spec_fault(o));
		json_object_put(o);
	}
	for (size_t i = 0; i < nitems(good); i++) {
		o = json_tokener_parse(good[i]);
		assert_null(command_spec_fault(o));
		json_object_put(o);
	}
}

/* ---- the list ------------------------------------------------------- */

static struct {
	struct config config;
	struct command_table table;
	struct command_list list;
} t;

static int
setup(void **state)
{
	memset(&t, 0, sizeof(t));
	t.config.plugins = 2;
	str_copy(t.config.plugin[0].name, "good",
	    sizeof(t.config.plugin[0].name));
	str_copy(t.config.plugin[1].name, "bad",
	    sizeof(t.config.plugin[1].name));
	command_table_init(&t.table, &t.config);
	command_list_init(&t.list);
	return 0;
}

static int
teardown(void **state)
{
	command_list_free(&t.list);
	command_table_free(&t.table);
	return 0;
}

static void
declare(unsigned plugin, const char *text)
{
	struct json_object *o = json_tokener_parse(text);

	assert_non_null(o);
	command_table_set(&t.table, plugin, o);
	json_object_put(o);
	command_list_make(&t.list, &t.table);
}

/* All that is declared is sent, whatever Discord may add one day. */
static void
f_b4_what_is_declared_is_sent(void **state)
{
	static const char *const sent[] = {"\"name_localizations\":{\"de\":"
					   "\"einrichten\"}",
	    "\"contexts\":[0,1]", "\"integration_types\":[1]",
	    "\"de\":\"schnell\"", "\"new\":{\"a\":[1,2.50,null]}",
	    "\"description\":\"Sets it\"", "\"max_value\":9007199254740993"};
	static const char *const not_sent[] = {"\"help\":", "\"rank\":",
	    "\"roads\":", "\"usage\":", "\"emoji\":"};

	declare(0,
	    "[{\"name\":\"setup\",\"help\":\"Sets it\",\"rank\":3,"
	    "\"usage\":\"u\",\"emoji\":\"x\",\"roads\":[\"slash\"],"
	    "\"contexts\":[0,1],\"integration_types\":[1],"
	    "\"name_localizations\":{\"de\":\"einrichten\"},"
	    "\"new\":{\"a\":[1,2.50,null]},\"options\":[{\"type\":3,"
	    "\"name\":\"m\",\"description\":\"d\",\"max_value\":"
	    "9007199254740993,\"choices\":[{\"name\":"
	    "\"fast\",\"value\":\"f\",\"name_localizations\":{\"de\":"
	    "\"schnell\"}}]}]}]");
	for (size_t i = 0; i < nitems(sent); i++) {
		if (strstr(t.list.text, sent[i]) == NULL)
			print_error("%s\nnot in %s\n", sent[i], t.list.text);
		assert_non_null(strstr(t.list.text, sent[i]));
	}
	for (size_t i = 0; i < nitems(not_sent); i++)
		assert_null(strstr(t.list.text, not_sent[i]));
}

/* Keys in another order are no change. */
static void
f_b4_order_is_no_change(void **state)
{
	char *before;

	declare(0,
	    "[{\"name\":\"a\",\"help\":\"h\",\"nsfw\":true,\"contexts\":[0]}]");
	before = base_strdup(t.list.text);
	declare(0,
	    "[{\"contexts\":[0],\"nsfw\":true,\"help\":\"h\",\"name\":\"a\"}]");
	assert_string_equal(t.list.text, before);
	free(before);
}

/* Names are one per type; a menu's may be words, and has no description. */
static void
f_b4_rules_by_type(void **state)
{
	declare(0,
	    "[{\"name\":\"look\",\"help\":\"Looks\"},"
	    "{\"name\":\"look\",\"help\":\"x\",\"type\":2},"
	    "{\"name\":\"look\",\"type\":3,\"description\":\"y\"},"
	    "{\"name\":\"Report It\",\"type\":3}]");
	assert_int_equal(t.list.n, 5); /* and help */
	assert_int_equal(t.table.faulty[0].n + t.table.taken[0].n, 0);
	assert_null(strstr(t.list.text, "\"x\""));
	assert_null(strstr(t.list.text, "\"y\""));
	assert_string_equal(
	    command_table_find(&t.table, ROAD_SLASH, "look", 4)->help, "Looks");
	assert_int_equal(
	    command_table_menu(&t.table, COMMAND_SPEC_USER, "look")->type,
	    COMMAND_SPEC_USER);
	assert_null(
	    command_table_menu(&t.table, COMMAND_SPEC_USER, "Report It"));
	assert_non_null(
	    command_table_menu(&t.table, COMMAND_SPEC_MESSAGE, "Report It"));
	declare(1,
	    "[{\"name\":\"Not "
	    "Slash\",\"help\":\"h\"},{\"name\":\"look\",\"help\":\"h\"}]");
	assert_int_equal(t.table.faulty[1].n, 1);
	assert_int_equal(t.table.taken[1].n, 1);
}

static const char refusal[] =
    "{\"message\":\"Invalid Form Body\","
    "\"code\":50035,\"errors\":{\"%zu\":{\"options\":{\"0\":{\"name\":"
    "{\"_errors\":[{\"code\":\"X\",\"message\":\"too\\u001b long\"}]}"
    "}}}}}";

/* The one that is refused is left out, and whose it is is said. */
static void
f_b3_one_refused_command_is_left_out(void **state)
{
	char body[512], words[COMMAND_TABLE_WORDS];
	size_t at;

	declare(0, "[{\"name\":\"fine\",\"help\":\"h\"}]");
	declare(1,
	    "[{\"name\":\"\u0421tatus\",\"help\":\"h\"},"
	    "{\"name\":\"ok\",\"help\":\"h\"}]");
	assert_int_equal(t.list.n, 4);
	for (at = 0; t.list.item[at].plugin != 1
	     || strcmp(t.list.item[at].name, "ok") == 0;
	     at++)
		continue;
	snprintf(body, sizeof(body), refusal, at);
	assert_int_equal(command_list_culprits(&t.list, &t.table, body,
			     strlen(body)),
	    1);
	command_list_make(&t.list, &t.table);
	assert_int_equal(t.list.n, 3);
	assert_null(strstr(t.list.text, "tatus"));
	assert_non_null(strstr(t.list.text, "\"fine\""));
	assert_non_null(strstr(t.list.text, "\"ok\""));
	assert_int_equal(command_list_left(&t.list, &t.table, 0, words,
			     sizeof(words)),
	    0);
	assert_int_equal(command_list_left(&t.list, &t.table, 1, words,
			     sizeof(words)),
	    1);
	assert_non_null(strstr(words, "options.0.name: too\\x1b long"));
	/* Declared otherwise it is another one. */
	declare(1, "[{\"name\":\"\u0441tatus\",\"help\":\"h\"}]");
	assert_int_equal(t.list.n, 3);
	assert_int_equal(command_list_left(&t.list, &t.table, 1, words,
			     sizeof(words)),
	    0);
	/* What names nobody blames nobody. */
	assert_int_equal(command_list_culprits(&t.list, &t.table,
			     "{\"code\":50240}", 14),
	    0);
	snprintf(body, sizeof(body), refusal, (size_t)77);
	assert_int_equal(command_list_culprits(&t.list, &t.table, body,
			     strlen(body)),
	    0);
	assert_int_equal(command_list_culprits(&t.list, &t.table, "<html>", 6),
	    0);
}

static void
two_culprits(size_t a, size_t b)
{
	char body[512];

	snprintf(body, sizeof(body),
	    "{\"code\":50035,\"errors\":{\"%zu\":{"
	    "\"name\":{\"_errors\":[{\"message\":\"bad\"}]}},\"%zu\":{}}}",
	    a, b);
	assert_int_equal(command_list_culprits(&t.list, &t.table, body,
			     strlen(body)),
	    2);
	command_list_make(&t.list, &t.table);
}

/* Each of those that are left out has its name in the words, for whichever
 * reason; and what is no list at all is said, too. */
static void
f_b3_each_that_is_left_out_is_named(void **state)
{
	char words[COMMAND_TABLE_WORDS];

	declare(0,
	    "[{\"name\":\"aa\",\"help\":\"h\"},{\"name\":\"bb\","
	    "\"help\":\"h\"},{\"name\":\"cc\",\"help\":\"h\"},{\"name\":"
	    "\"Dd\",\"help\":\"h\"},{\"name\":\"cc\",\"help\":\"h\"},5]");
	two_culprits(0, 2);
	assert_int_equal(command_list_left(&t.list, &t.table, 0, words,
			     sizeof(words)),
	    5);
	assert_non_null(strstr(words,
	    "\"aa\" is left out: Discord refuses it "
	    "(name: bad); also \"cc\"; its command number 4 (Dd)"));
	declare(0, "{\"name\":\"aa\"}");
	assert_int_equal(command_list_left(&t.list, &t.table, 0, words,
			     sizeof(words)),
	    1);
	assert_non_null(strstr(words, "no array"));
	command_table_set(&t.table, 0, NULL);
	command_list_make(&t.list, &t.table);
	assert_int_equal(command_list_left(&t.list, &t.table, 0, words,
			     sizeof(words)),
	    0);
}

static void
count_line(enum log_level level, const char *text, void *arg)
{
	++*(unsigned *)arg;
}

/* However many there are, and however often the list is made. */
static void
f_b3_what_is_left_out_floods_no_log(void **state)
{
	char words[COMMAND_TABLE_WORDS], *list = base_alloc(200000), *to = list;
	unsigned lines = 0;

	to += sprintf(to, "[7");
	for (int i = 0; i < 3000; i++)
		to += sprintf(to, ",{\"name\":\"%s%d\",\"help\":\"h\"}",
		    i % 2 ? "N" : "n", i);
	memcpy(to, "]", 2);
	log_init(LOG_TO_HOOK, LOG_L_INFO);
	log_set_hook(count_line, &lines);
	declare(1, list);
	for (int i = 0; i < 10; i++)
		command_list_make(&t.list, &t.table);
	declare(0, "[{\"name\":\"x\",\"help\":\"h\"}]");
	log_set_hook(NULL, NULL);
	log_init(LOG_TO_PEOPLE, LOG_L_INFO);
	assert_in_range(lines, 1, 20);
	assert_int_equal(command_list_left(&t.list, &t.table, 1, words,
			     sizeof(words)),
	    2901);
	free(list);
}

/* What Discord keeps there by itself goes back as it is. */
static void
f_b3_an_entry_point_is_carried_over(void **state)
{
	static const char has[] =
	    "[{\"id\":\"11\",\"type\":4,\"name\":"
	    "\"launch\",\"handler\":2},{\"id\":\"12\",\"type\":1,"
	    "\"name\":\"fine\",\"description\":\"h\"}%s]";
	char body[512], *text;
	bool same_list;

	declare(0,
	    "[{\"name\":\"fine\",\"help\":\"h\","
	    "\"roads\":[\"slash\"]},{\"name\":\"help\",\"help\":\"h\","
	    "\"roads\":[\"prefix\"]}]");
	snprintf(body, sizeof(body), has, "");
	assert_int_equal(command_list_read(&t.list, body, strlen(body),
			     &same_list),
	    0);
	assert_true(same_list);
	text = command_list_body(&t.list);
	assert_non_null(strstr(text, "\"handler\":2"));
	assert_non_null(strstr(text, "\"id\":\"11\""));
	assert_null(strstr(text, "\"id\":\"12\""));
	free(text);
	/* A slash command of somebody else's is to go. */
	snprintf(body, sizeof(body), has, ",{\"name\":\"old\"}");
	assert_int_equal(command_list_read(&t.list, body, strlen(body),
			     &same_list),
	    0);
	assert_false(same_list);
	assert_int_equal(command_list_read(&t.list, "{}", 2, &same_list), -1);
	/* One of our own takes its place. */
	declare(1,
	    "[{\"name\":\"go\",\"type\":4,\"handler\":1,"
	    "\"description\":\"\"}]");
	command_list_read(&t.list, body, strlen(body), &same_list);
	text = command_list_body(&t.list);
	assert_null(strstr(text, "launch"));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_same),
	    cmocka_unit_test(test_different),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test_setup_teardown(f_b4_what_is_declared_is_sent,
		setup, teardown),
	    cmocka_unit_test_setup_teardown(f_b4_order_is_no_change, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(f_b4_rules_by_type, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(
		f_b3_one_refused_command_is_left_out, setup, teardown),
	    cmocka_unit_test_setup_teardown(f_b3_each_that_is_left_out_is_named,
		setup, teardown),
	    cmocka_unit_test_setup_teardown(f_b3_what_is_left_out_floods_no_log,
		setup, teardown),
	    cmocka_unit_test_setup_teardown(f_b3_an_entry_point_is_carried_over,
		setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

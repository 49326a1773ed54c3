/* SPDX-License-Identifier: MIT */
/* The words of the command line. */
#include "tools/cli/base/option.h"

#include "tools/cli/base/form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct cli c;
static char words[16][64];
static char *argv[17];

static void
give(const char *line)
{
	memset(&c, 0, sizeof(c));
	c.argv = argv;
	for (size_t n; *line != '\0'; line += n + (line[n] == ' ')) {
		n = strcspn(line, " ");
		str_format(words[c.argc], sizeof(words[0]), "%.*s", (int)n,
		    line);
		argv[c.argc] = words[c.argc];
		c.argc++;
	}
}

static const struct cli_verb verb = {
    .name = "try",
    .forms = (const struct cli_form[]) {{"[list] [WORD...]", "shows"},
	{"kick CLIENT", "ends"}, {"set user|role ID", "sets"}, {0}},
    .options = (const struct option_row[]) {{"--flag", 'f', OPTION_FLAG, NULL,
						"", "list"},
	{"--text", 't', OPTION_TEXT, "TEXT", "", "list"},
	{"--number", 'n', OPTION_NUMBER, "N", "", "list"},
	{"--wait", 0, OPTION_SECONDS_IF, "SECONDS", "", "list"},
	{"--seconds", 's', OPTION_SECONDS, "SECONDS", "", "list"},
	{"--set", 0, OPTION_LIST, "KEY=VALUE", "", "list"},
	{"--lang", 0, OPTION_TEXT, "c|python", "", "list"},
	{"--end", 0, OPTION_FLAG, NULL, "", "kick"}, {0}},
};

static struct {
	bool flag, end;
	const char *text, *lang;
	int64_t number;
	double wait, seconds;
	struct option_list list;
} o;

static int
read_options(const char *line)
{
	const struct option opts[] = {
	    {"--flag", &o.flag},
	    {"--text", &o.text},
	    {"--number", &o.number},
	    {"--wait", &o.wait},
	    {"--seconds", &o.seconds},
	    {"--set", &o.list},
	    {"--lang", &o.lang},
	    {"--end", &o.end},
	};

	memset(&o, 0, sizeof(o));
	give(line);
	c.verb = &verb;
	return option_take(&c, opts, nitems(opts));
}

static void
test_options(void **state)
{
	assert_int_equal(read_options("list a -f --text=x b --number 7 --wait "
				      "-s 1.5m --set x --set y -- -n"),
	    0);
	assert_int_equal(c.argc, 4);
	assert_string_equal(c.argv[0], "list");
	assert_string_equal(c.argv[1], "a");
	assert_string_equal(c.argv[2], "b");
	assert_string_equal(c.argv[3], "-n");
	assert_true(o.flag);
	assert_string_equal(o.text, "x");
	assert_int_equal(o.number, 7);
	assert_true(o.wait < 0);
	assert_true(o.seconds == 90);
	assert_int_equal(o.list.n, 2);
	assert_int_equal(read_options("--wait=250ms --json -c file"), 0);
	assert_true(o.wait == 0.25);
	assert_true(c.json);
	assert_string_equal(c.config_path, "file");
	assert_int_equal(c.argc, 1);
	assert_int_equal(read_options("-n20 -tx -s1.5m li"), 0);
	assert_int_equal(o.number, 20);
	assert_string_equal(o.text, "x");
	assert_true(o.seconds == 90);
	assert_int_equal(c.argc, 1);
}

static void
test_refused(void **state)
{
	static const struct {
		const char *line, *want;
	} bad[] = {
	    {"--txet=x", "unknown option --txet; did you mean --text?"},
	    {"-q", "unknown option -q"},
	    {"-q3", "unknown option -q3"},
	    {"-fx", "unknown option -fx"},
	    {"--number=x", "--number: expected a number, got \"x\""},
	    {"-n -3", "--number: expected a number, got \"-3\""},
	    {"--flag=1", "--flag takes no value"},
	    {"--text", "--text needs a value"},
	    {"--wait=soon",
		"--wait: expected seconds or a duration such "
		"as 2m, got \"soon\""},
	    {"--lang pyhton",
		"--lang: expected one of c|python, got \"pyhton\"; did you mean "
		"python?"},
	    {"lsit", "unknown word \"lsit\" (did you mean \"list\"?)"},
	    {"--end",
		"--end does not go with this: shardherd try [list] [WORD...] "
		"[-f|--flag] [-t|--text TEXT] [-n|--number N] "
		"[--wait[=SECONDS]] [-s|--seconds SECONDS] [--set KEY=VALUE]... "
		"[--lang c|python]"},
	    {"kick", "usage: shardherd try kick CLIENT [--end]"},
	    {"kick a b", "usage: shardherd try kick CLIENT [--end]"},
	    {"kick a --flag",
		"--flag does not go with this: shardherd try kick CLIENT "
		"[--end]"},
	    {"set roel 1",
		"try: expected one of user|role, got \"roel\"; did "
		"you mean role?"},
	};

	for (size_t i = 0; i < nitems(bad); i++) {
		assert_int_equal(read_options(bad[i].line), -1);
		assert_string_equal(c.err.text, bad[i].want);
		assert_int_equal(c.err.code, EXIT_USAGE);
	}
}

static void
test_choose(void **state)
{
	static const char *const names[] = {"start", "status", "stop", "st"};

	assert_int_equal(option_choose(&c, "sto", names, nitems(names)), 2);
	assert_int_equal(option_choose(&c, "st", names, nitems(names)), 3);
	assert_int_equal(option_choose(&c, "sta", names, nitems(names)), -1);
	assert_string_equal(c.err.text,
	    "ambiguous word \"sta\"; possibilities are: start, status");
	assert_int_equal(option_choose(&c, "x", names, 2), -1);
	assert_string_equal(c.err.text,
	    "unknown word \"x\"; possibilities are: start, status");
	assert_int_equal(option_choose(&c, "", names, 1), -1);
}

static const struct cli_verb shard = {.name = "shard",
    .lead = "SHARD",
    .forms = (const struct cli_form[]) {{"[show]", ""}, {"restart", ""}, {0}}};

/* A number that leads may stand behind the form's name, too. */
static void
test_lead(void **state)
{
	static const struct {
		const char *line, *form;
		int argc;
	} tries[] = {{"", "show", 1}, {"3", "show", 2},
	    {"3 restart", "restart", 2}, {"res 3", "restart", 2},
	    {"restart", "restart", 1}};

	for (size_t i = 0; i < nitems(tries); i++) {
		give(tries[i].line);
		c.verb = &shard;
		assert_int_equal(option_take(&c, NULL, 0), 0);
		assert_true(form_is(&c, tries[i].form));
		assert_int_equal(c.argc, tries[i].argc);
		assert_string_equal(c.argv[c.argc - 1], tries[i].form);
	}
	give("3 resart");
	c.verb = &shard;
	assert_int_equal(option_take(&c, NULL, 0), -1);
	assert_non_null(strstr(c.err.text, "did you mean \"restart\"?"));
	give("3 restart 4");
	c.verb = &shard;
	assert_int_equal(option_take(&c, NULL, 0), -1);
}

/* Two letters swapped are one slip; what is far off is not suggested. */
static void
f_d7_near_words(void **state)
{
	static const char *const names[] = {"start", "status", "help", "init"};
	static const struct {
		const char *word, *near;
	} tries[] = {
	    {"stauts", "\"stauts\" (did you mean \"status\"?)"},
	    {"hlep", "\"hlep\" (did you mean \"help\"?)"},
	    {"halt", "\"halt\"; "},
	    {"quit", "\"quit\"; "},
	};

	for (size_t i = 0; i < nitems(tries); i++) {
		assert_int_equal(option_choose(&c, tries[i].word, names,
				     nitems(names)),
		    -1);
		assert_non_null(strstr(c.err.text, tries[i].near));
	}
	assert_int_equal(read_options("--versoin"), -1);
	assert_string_equal(c.err.text,
	    "unknown option --versoin; did you mean --version?");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_options),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_choose),
	    cmocka_unit_test(test_lead),
	    cmocka_unit_test(f_d7_near_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

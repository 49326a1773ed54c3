/* SPDX-License-Identifier: MIT */
/* Which finding wakes somebody up, and the manual that shows it. */
#include "supervisor/alert/alert_told.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "shared/base/buf.h"

/* More than worth knowing, and told by no alert, with the reason. */
static const struct {
	enum verdict_code code;
	const char *why;
} untold[] = {
    {VERDICT_CODE_FLEET_STOPPED, "nobody is there to tell it"},
    {VERDICT_CODE_FLEET_CRASHED, "nobody is there to tell it"},
    {VERDICT_CODE_SUPERVISOR_HUNG, "nobody is there to tell it"},
    {VERDICT_CODE_SHARD_ORPHANED, "nobody is there to tell it"},
    {VERDICT_CODE_FLEET_STOPPING, "somebody asked for it"},
    {VERDICT_CODE_SHARD_STOPPING, "somebody asked for it"},
    {VERDICT_CODE_FLEET_STARTING, "who starts it waits for it"},
    {VERDICT_CODE_PLUGIN_STARTING, "it comes up, or is down soon"},
    {VERDICT_CODE_SHARD_LAGGING, "the plugin that is slow is told of"},
    {VERDICT_CODE_GATE_REFUSING, "it may be a stranger"},
};

static bool
is_untold(enum verdict_code code)
{
	for (size_t i = 0; i < nitems(untold); i++)
		if (untold[i].code == code)
			return true;
	return false;
}

static void
test_what_is_grave_is_told(void **state)
{
	for (unsigned c = VERDICT_CODE_NONE + 1; c < VERDICT_CODES_N; c++) {
		enum verdict_code code = (enum verdict_code)c;
		bool wanted = verdict_code_rank[c] != PAGE_INFO
		    && !is_untold(code);

		if (alert_told_by_any(code) ? is_untold(code) : wanted)
			fail_msg("%s: is an alert to tell it or not?",
			    verdict_code_name[c]);
	}
}

static void
test_by_one_alert(void **state)
{
	unsigned times[VERDICT_CODES_N] = {0};

	for (unsigned k = 0; k < ALERTS; k++)
		for (const enum verdict_code *c =
			 alert_told_codes((enum alert_kind)k);
		     *c != VERDICT_CODE_NONE; c++)
			assert_int_equal(++times[*c], 1);
}

static void
table(struct buf *b)
{
	for (unsigned k = 0; k < ALERTS; k++) {
		const enum verdict_code *c = alert_told_codes(
		    (enum alert_kind)k);

		buf_printf(b, ".It Sq %s\n%s",
		    alert_told_name((enum alert_kind)k),
		    alert_told_means((enum alert_kind)k));
		for (bool first = true; *c != VERDICT_CODE_NONE;
		     c++, first = false)
			buf_printf(b, "%s%s", first ? ": " : ", ",
			    verdict_code_name[*c]);
		buf_printf(b, ".\n");
	}
	buf_add(b, "", 1);
}

static void
test_the_manual_has_the_table(void **state)
{
	static const char begin[] = ".\\\" begin alerts\n",
			  end[] = ".\\\" end alerts\n";
	static char page[1 << 19];
	char *from, *to;
	struct buf want = {0};
	FILE *in = fopen("man/shardherd.1", "r");

	if (in == NULL)
		fail_msg("start this test at the top of the sources");
	page[fread(page, 1, sizeof(page) - 1, in)] = '\0';
	fclose(in);
	table(&want);
	from = strstr(page, begin);
	to = strstr(page, end);
	if (to != NULL)
		*to = '\0';
	if (from == NULL || to == NULL
	    || strcmp(from + strlen(begin), buf_data(&want)) != 0) {
		fputs(buf_data(&want), stdout);
		fail_msg("man/shardherd.1 has another table than this");
	}
	buf_free(&want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_is_grave_is_told),
	    cmocka_unit_test(test_by_one_alert),
	    cmocka_unit_test(test_the_manual_has_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Tables on a terminal, and the words for times and sizes in them. */
#include "tools/cli/base/human.h"
#include "tools/cli/base/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
test_table(void **state)
{
	struct table table;
	char *out = NULL;
	size_t size;
	FILE *f = open_memstream(&out, &size);

	table_init(&table, "A >NUMBER LAST");
	table_add(&table, "%s", "long");
	table_add(&table, "%d", 7);
	table_add(&table, "%s", "x y");
	table_colour(&table, TABLE_RED);
	table_print(&table, f, false);
	table_print(&table, f, true);
	fclose(f);
	assert_string_equal(out,
	    "A     NUMBER  LAST\nlong       7  x y\n"
	    "A     NUMBER  LAST\nlong       7  \033[31mx y\033[0m\n");
	table_free(&table);
	free(out);
}

static void
test_words(void **state)
{
	static const struct {
		int64_t ms;
		const char *want;
	} ages[] = {{-1, "-"}, {0, "0ms"}, {999, "999ms"}, {2100, "2.1s"},
	    {725000, "12m05s"}, {7500000, "2h05m"}, {273600000, "3d04h"}};
	char out[24];

	for (size_t i = 0; i < nitems(ages); i++)
		assert_string_equal(human_age(ages[i].ms, out), ages[i].want);
	assert_string_equal(human_size(512, out), "512");
	assert_string_equal(human_size(1536, out), "1.5K");
	assert_string_equal(human_size(38 << 20, out), "38M");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

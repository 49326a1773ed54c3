/* SPDX-License-Identifier: MIT */
/* The table of verdicts, and the manual that shows it. */
#include "shared/page/verdict.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void
add(char *out, size_t size, const char *text)
{
	size_t len = strlen(out);

	assert_true(len + strlen(text) < size);
	str_copy(out + len, text, size - len);
}

static void
manual(char *out, size_t size)
{
	char row[512];

	out[0] = '\0';
	add(out, size, ".Bl -tag -width xx -compact\n");
	for (unsigned c = VERDICT_CODE_NONE + 1; c < VERDICT_CODES_N; c++) {
		str_format(row, sizeof(row), ".It Li %s Pq %s, %s\n%s.\n",
		    verdict_code_name[c],
		    verdict_subject_name[verdict_code_subject[c]],
		    page_rank_name[verdict_code_rank[c]],
		    verdict_code_means[c]);
		add(out, size, row);
	}
	add(out, size, ".El\n");
}

static void
test_the_manual_shows_the_table(void **state)
{
	static char text[1 << 19], want[1 << 15];
	FILE *in = fopen("man/shardherd.1", "r");
	const char *at;
	size_t n;

	if (in == NULL)
		in = fopen("../man/shardherd.1", "r");
	assert_non_null(in);
	n = fread(text, 1, sizeof(text) - 1, in);
	fclose(in);
	assert_true(n < sizeof(text) - 1);
	text[n] = '\0';
	manual(want, sizeof(want));
	at = strstr(text, ".\\\" verdicts\n");
	if (at != NULL)
		at = strchr(at, '\n') + 1;
	if (at == NULL || strncmp(at, want, strlen(want)) != 0
	    || strncmp(at + strlen(want), ".\\\" end of verdicts\n", 20) != 0) {
		fputs(want, stdout);
		fail_msg("man/shardherd.1 shows another table than this");
	}
}

/* Words for scripts, sentences for people, and no command of nobody. */
static void
test_rows(void **state)
{
	for (unsigned c = VERDICT_CODE_NONE + 1; c < VERDICT_CODES_N; c++) {
		const char *name = verdict_code_name[c];
		const char *advice = verdict_advice[c];

		for (const char *p = name; *p != '\0'; p++)
			assert_true(islower(*p) || *p == '-');
		for (unsigned d = c + 1; d < VERDICT_CODES_N; d++)
			assert_string_not_equal(name, verdict_code_name[d]);
		assert_true(verdict_code_rank[c] < PAGE_RANKS_N);
		assert_true(verdict_code_subject[c] < VERDICT_SUBJECTS_N);
		assert_true(islower(verdict_code_means[c][0])
		    || isupper(verdict_code_means[c][0]));
		assert_true(isupper(advice[0]) || advice[0] == '"');
		assert_int_equal(advice[strlen(advice) - 1], '.');
		assert_true(strlen(advice) + 64 < VERDICT_WORDS);
	}
}

static void
test_advice(void **state)
{
	struct verdict_finding f = {.code = VERDICT_CODE_SHARD_DEAF,
	    .name = "7"};
	char words[VERDICT_WORDS];

	verdict_advise(&f, words);
	assert_non_null(strstr(words, "\"shardherd shard 7 reconnect\""));
	f.code = VERDICT_CODE_PLUGIN_HELD;
	memset(f.name, 'x', sizeof(f.name) - 1);
	verdict_advise(&f, words);
	assert_int_equal(words[strlen(words) - 1], '.');
	f.code = VERDICT_CODE_NONE;
	verdict_advise(&f, words);
	assert_string_equal(words, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_advice),
	    cmocka_unit_test(test_the_manual_shows_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

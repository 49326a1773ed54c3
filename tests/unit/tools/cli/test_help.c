/* SPDX-License-Identifier: MIT */
/* The table of verbs, the manual and what can be completed are one. */
#include "tools/cli/help.h"

#include "tools/cli/base/form.h"
#include "tools/cli/base/option.h"
#include "tools/cli/verb_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static char page[256 * 1024];

static int
read_page(void **state)
{
	FILE *f = fopen("man/shardherd.1", "re");

	assert_non_null(f);
	page[fread(page, 1, sizeof(page) - 1, f)] = '\0';
	assert_true(strlen(page) + 1 < sizeof(page));
	fclose(f);
	return 0;
}

static void
test_synopsis(void **state)
{
	const char *from = strstr(page, ".\\\" verbs\n"), *to;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	help_mdoc(f);
	fclose(f);
	assert_non_null(from);
	from = strchr(from, '\n') + 1;
	to = strstr(from, ".\\\" end of verbs\n");
	assert_non_null(to);
	if (strlen(text) != (size_t)(to - from)
	    || memcmp(text, from, strlen(text)) != 0)
		fail_msg(
		    "\"shardherd help mdoc\" is not what shardherd(1) has");
	free(text);
}

/* Has the manual an item of this verb and word with this option? */
static bool
told(const char *verb, const char *name, const char *option)
{
	char head[64], word[64], line[1024];
	const char *p = strstr(page, ".Sh DESCRIPTION");

	str_format(head, sizeof(head), ".It Cm %s", verb);
	str_format(word, sizeof(word), "%s", name);
	while ((p = strstr(p, head)) != NULL) {
		size_t n = 0;

		for (; *p != '\0' && (*p != '\n' || p[-1] == '\\'); p++)
			if (n + 1 < sizeof(line))
				line[n++] = *p;
		line[n] = '\0';
		if (strchr(" \0", line[strlen(head)]) != NULL
		    && strstr(line, word) != NULL
		    && (option == NULL || strstr(line, option + 1) != NULL))
			return true;
	}
	return false;
}

static void
test_manual(void **state)
{
	char name[FORM_WORD];

	for (const struct cli_verb *v = verb_table; v->name != NULL; v++)
		for (const struct cli_form *f = v->forms; f->words != NULL;
		     f++) {
			form_name(f, name);
			if (!told(v->name, name, NULL))
				fail_msg("shardherd(1) tells nothing of %s %s",
				    v->name, name);
			for (const struct option_row *o = v->options;
			     o != NULL && o->name != NULL; o++)
				if (option_of(o, f)
				    && !told(v->name, name, o->name)
				    && !told(v->name, "", o->name))
					fail_msg("shardherd(1): %s %s lacks %s",
					    v->name, name, o->name);
		}
}

/* A row says what it is for, and no two options of a form are the same. */
static void
test_rows(void **state)
{
	for (const struct cli_verb *v = verb_table; v->name != NULL; v++) {
		assert_non_null(v->fn);
		assert_true(v->help[0] != '\0');
		for (const struct cli_form *f = v->forms; f->words != NULL; f++)
			assert_true(f->help[0] != '\0');
		for (const struct option_row *o = v->options;
		     o != NULL && o->name != NULL; o++) {
			assert_true(o->help[0] != '\0');
			assert_true(
			    (o->value == NULL) == (o->type == OPTION_FLAG));
			for (const struct option_row *p = o + 1;
			     p->name != NULL; p++)
				assert_true(strcmp(o->name, p->name) != 0
				    && (o->letter == 0
					|| o->letter != p->letter));
		}
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_synopsis),
	    cmocka_unit_test(test_manual),
	    cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, read_page, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tools/cli/help.h"

#include "tools/cli/base/form.h"
#include "tools/cli/base/table.h"
#include "tools/cli/verb_table.h"

#include <string.h>

#define VERB_INDENT 13	/* behind a verb in the list */
#define USAGE_INDENT 11 /* of what does not fit in a usage line */
#define ENTRY_INDENT 24 /* of what an option means */

/* ---- all of them ---------------------------------------------------- */

static void
list_group(enum cli_group group)
{
	char head[64];

	printf("\n%s\n", verb_table_group[group]);
	for (const struct cli_verb *v = verb_table; v->name != NULL; v++) {
		if (v->group != group)
			continue;
		str_format(head, sizeof(head), "  %-10s ", v->name);
		fputs(head, stdout);
		table_wrap(stdout, v->help, VERB_INDENT, VERB_INDENT,
		    TABLE_ROOM);
	}
}

void
help_list(void)
{
	puts("usage: shardherd [-c FILE] [VERB ...]\n\n"
	     "A first fleet:  shardherd init bot\n"
	     "                shardherd -c bot/shardherd.conf start --wait\n"
	     "                shardherd -c bot/shardherd.conf status");
	for (int g = 0; g < CLI_GROUPS; g++)
		list_group((enum cli_group)g);
	puts("\nNo verb means status. \"shardherd help VERB\" shows its forms "
	     "and options,\nshardherd(1) tells more.");
}

/* ---- one ------------------------------------------------------------ */

/* One word of a usage line: what is in brackets stays together. */
static size_t
piece(const char *p)
{
	size_t n = 0;
	int deep = 0;

	for (; p[n] != '\0' && (deep > 0 || p[n] != ' '); n++)
		deep += (p[n] == '[') - (p[n] == ']');
	return n;
}

static void
usage_line(const char *head, const char *usage)
{
	size_t used = (size_t)printf("%s shardherd", head), n;

	for (const char *p = usage; *p != '\0'; p += n + (p[n] == ' ')) {
		n = piece(p);
		if (used + 1 + n > TABLE_ROOM)
			used = (size_t)printf("\n%*s", USAGE_INDENT, "") - 1;
		used += (size_t)printf(" %.*s", (int)n, p);
	}
	putchar('\n');
}

static void
usages(const struct cli_verb *v)
{
	char usage[FORM_USAGE];

	for (const struct cli_form *f = v->forms; f->words != NULL; f++) {
		form_usage(v, f, usage);
		usage_line(f == v->forms ? "usage:" : "      ", usage);
	}
}

static void
entry(const char *head, const char *text)
{
	if (strlen(head) + 4 > ENTRY_INDENT)
		printf("  %s\n%*s", head, ENTRY_INDENT, "");
	else
		printf("  %-*s", ENTRY_INDENT - 2, head);
	table_wrap(stdout, text, ENTRY_INDENT, ENTRY_INDENT, TABLE_ROOM);
}

static void
forms(const struct cli_verb *v)
{
	char name[FORM_WORD];

	putchar('\n');
	for (const struct cli_form *f = v->forms; f->words != NULL; f++) {
		form_name(f, name);
		if (name[0] == '\0' && v->forms[1].words == NULL)
			table_wrap(stdout, f->help, 0, 0, TABLE_ROOM);
		else
			entry(f->words[0] != '\0' ? f->words : v->name,
			    f->help);
	}
}

static void
options(const struct option_row *o, const char *title)
{
	char head[128], letter[8];

	if (o == NULL || o->name == NULL)
		return;
	printf("\n%s\n", title);
	for (; o->name != NULL; o++) {
		letter[0] = '\0';
		if (o->letter != 0)
			str_format(letter, sizeof(letter), "-%c, ", o->letter);
		str_format(head, sizeof(head), "%s%s%s%s%s%s", letter, o->name,
		    o->type == OPTION_SECONDS_IF ? "[=" : "",
		    o->value == NULL || o->type == OPTION_SECONDS_IF ? "" : " ",
		    o->value != NULL ? o->value : "",
		    o->type == OPTION_SECONDS_IF ? "]"
			: o->type == OPTION_LIST ? " ..."
						 : "");
		entry(head, o->help);
	}
}

static void
examples(const char *text)
{
	for (const char *p = text; p != NULL && *p != '\0';) {
		size_t n = strcspn(p, "\n");

		printf("%s  %.*s\n", p == text ? "\nExamples\n" : "", (int)n,
		    p);
		p += n + (p[n] == '\n');
	}
}

void
help_verb(const struct cli_verb *v)
{
	usages(v);
	putchar('\n');
	table_wrap(stdout, v->help, 0, 0, TABLE_ROOM);
	forms(v);
	options(v->options, "Options");
	options(option_every, "Options of every verb");
	if (v->exits != NULL) {
		fputs("\nExit codes: ", stdout);
		table_wrap(stdout, v->exits, 12, 12, TABLE_ROOM);
	}
	examples(v->examples);
}

/* SPDX-License-Identifier: MIT */
/* The verbs in the SYNOPSIS of shardherd(1). */
#include "tools/cli/help.h"

#include "tools/cli/base/form.h"
#include "tools/cli/base/option.h"
#include "tools/cli/verb_table.h"

#include <ctype.h>
#include <string.h>

/* "Ar shard | Fl -guild Ar id" of "SHARD|--guild ID", "Ar dir ..." of "DIR...". */
static void
value(FILE *f, const char *text, size_t len)
{
	bool more = len > 3 && memcmp(text + len - 3, "...", 3) == 0;
	const char *last = "", *end = text + len - (more ? 3 : 0);

	for (const char *p = text; p < end;) {
		size_t n = strcspn(p, "| ]");
		bool option = p[0] == '-';
		const char *macro = option	 ? "Fl"
		    : isupper((unsigned char)*p) ? "Ar"
						 : "Cm";

		if (p + n > end)
			n = (size_t)(end - p);
		fprintf(f, "%s", p > text ? " " : "");
		if (strcmp(macro, last) != 0)
			fprintf(f, "%s ", macro);
		last = macro;
		for (size_t i = option; i < n; i++)
			putc(tolower((unsigned char)p[i]), f);
		p += n;
		if (p < end && *p == '|')
			fputs(" |", f);
		p += p < end && (*p == '|' || *p == ' ');
	}
	if (more)
		fputs(" ...", f);
}

static void
words(FILE *f, const char *text)
{
	for (size_t n; *text != '\0'; text += n + (text[n] == ' ')) {
		n = strcspn(text, " ");
		fputs(text[0] == '[' ? ".Op " : ".", f);
		value(f, text + (text[0] == '['), n - 2 * (text[0] == '['));
		putc('\n', f);
	}
}

static void
option(FILE *f, const struct option_row *o)
{
	bool list = o->type == OPTION_LIST;

	fprintf(f, list ? ".Oo Fl " : ".Op Fl ");
	if (o->letter != 0)
		fprintf(f, "%c | ", o->letter);
	fprintf(f, "%s", o->name + 1);
	if (o->value != NULL && o->type == OPTION_SECONDS_IF)
		fputs(" Ns Oo = Ns ", f);
	else if (o->value != NULL)
		putc(' ', f);
	if (o->value != NULL)
		value(f, o->value, strlen(o->value));
	if (o->type == OPTION_SECONDS_IF)
		fputs(" Oc", f);
	fputs(list ? " Oc ...\n" : "\n", f);
}

void
help_mdoc(FILE *f)
{
	for (const struct cli_verb *v = verb_table; v->name != NULL; v++)
		for (const struct cli_form *o = v->forms; o->words != NULL;
		     o++) {
			fprintf(f, ".Nm\n.Cm %s\n", v->name);
			if (v->lead != NULL) {
				putc('.', f);
				value(f, v->lead, strlen(v->lead));
				putc('\n', f);
			}
			words(f, o->words);
			for (const struct option_row *r = v->options;
			     r != NULL && r->name != NULL; r++)
				if (option_of(r, o)
				    && (v->lead == NULL
					|| strstr(v->lead, r->name) == NULL))
					option(f, r);
		}
}

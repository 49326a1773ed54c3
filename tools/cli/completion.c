/* SPDX-License-Identifier: MIT */
/*
 * The answer is a line for each candidate, with a tab and what it means; or
 * ":files" or ":dirs", which the shell knows best itself.  It is quick and
 * silent, and asks no process.
 */
#include "tools/cli/completion.h"

#include "shared/discord/dispatch.h"
#include "tools/cli/base/form.h"
#include "tools/cli/base/load.h"
#include "tools/cli/base/names.h"
#include "tools/cli/base/option.h"
#include "tools/cli/verb_table.h"

#include <ctype.h>
#include <string.h>

/* The scripts are in the program: it needs nothing beside it. */
#define SCRIPT(name)                                                           \
	extern const char completion_script_##name[];                          \
	__asm__(".section .rodata\n"                                           \
		".type completion_script_" #name ", %object\n"                 \
		"completion_script_" #name ":\n"                               \
		".incbin \"conf/completion/shardherd." #name "\"\n"            \
		".byte 0\n"                                                    \
		".size completion_script_" #name                               \
		", .-completion_script_" #name "\n"                            \
		".previous\n");
SCRIPT(bash)
SCRIPT(zsh)
SCRIPT(fish)
#undef SCRIPT

struct ask {
	struct cli *cli;
	const char *begin;	/* of the word under the cursor */
	char before[FORM_WORD]; /* what stands in front of it, "--level=" */
};

/* ---- candidates ----------------------------------------------------- */

/* Names of a page may be foreign: no byte of them is for a shell. */
static bool
plain(const char *name)
{
	for (const char *p = name; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr("-_.=", *p) == NULL)
			return false;
	return name[0] != '\0';
}

static void
offer(const char *name, const char *about, void *arg)
{
	const struct ask *a = arg;

	if (plain(name) && strncmp(name, a->begin, strlen(a->begin)) == 0)
		printf("%s%s\t%s\n", a->before, name, about);
}

static void
offer_names(struct ask *a, unsigned kinds)
{
	struct view v;
	struct err none;

	if (load_look_quietly(a->cli) == -1)
		return;
	if (view_read(&v, &a->cli->config, &none) == -1)
		v = (struct view) {0};
	names_each(a->cli, &v, kinds, offer, a);
	view_free(&v);
}

static void
offer_verbs(struct ask *a)
{
	for (const struct cli_verb *v = verb_table; v->name != NULL; v++)
		offer(v->name, v->help, a);
}

static void
offer_events(struct ask *a)
{
	for (int i = DISPATCH_UNKNOWN + 1; i < DISPATCH_ALL; i++)
		offer(dispatch_row[i].name, "", a);
}

/* What may stand where the table says "SHARD|PLUGIN" or "user|role". */
static void
offer_value(struct ask *a, const char *value)
{
	static const struct {
		const char *word;
		unsigned kinds;
	} known[] = {{"SHARD", NAMES_SHARD}, {"PLUGIN", NAMES_PLUGIN},
	    {"CLIENT", NAMES_CLIENT}};
	unsigned kinds = 0;
	char word[FORM_WORD];

	for (const char *p = value; *p != '\0';) {
		size_t n = strcspn(p, "|");

		str_format(word, sizeof(word), "%.*s", (int)n, p);
		for (size_t i = 0; i < nitems(known); i++)
			if (strcmp(word, known[i].word) == 0)
				kinds |= known[i].kinds;
		if (islower((unsigned char)word[0]))
			offer(word, "", a);
		else if (strcmp(word, "VERB") == 0)
			offer_verbs(a);
		else if (strcmp(word, "EVENT") == 0)
			offer_events(a);
		else if (strcmp(word, "FILE") == 0)
			puts(":files");
		else if (strcmp(value, "DIR") == 0
		    || strcmp(value, "DIR=OTHER") == 0)
			puts(":dirs");
		p += n + (p[n] == '|');
	}
	if (kinds != 0)
		offer_names(a, kinds);
}

static void
offer_options(struct ask *a, const struct option_row *o,
    const struct cli_form *f)
{
	for (; o != NULL && o->name != NULL; o++)
		if (option_of(o, f))
			offer(o->name, o->help, a);
}

/* ---- where the cursor is -------------------------------------------- */

static void
offer_word(struct ask *a)
{
	const struct cli *c = a->cli;
	bool led = c->verb->lead != NULL && c->argc > 0
	    && isdigit((unsigned char)c->argv[0][0]);
	int at = c->argc - led;
	char name[FORM_WORD], word[FORM_WORD];

	if (c->verb->lead != NULL && c->argc == 0)
		offer_value(a, "SHARD");
	for (const struct cli_form *f = c->verb->forms; f->words != NULL; f++) {
		form_name(f, name);
		if (name[0] != '\0' && at == 0
		    && (led || c->verb->lead == NULL))
			offer(name, f->help, a);
		else if (name[0] == '\0' && f == c->form
		    && form_word(f, (size_t)at, word))
			offer_value(a, word);
		else if (name[0] != '\0' && at > 0 && f == c->form
		    && form_word(f, (size_t)(at - 1), word))
			offer_value(a, word);
	}
}

/* Behind the verb: c->argv are the words before the one under the cursor. */
static void
offer_next(struct ask *a)
{
	struct cli *c = a->cli;
	const char *equals = strchr(a->begin, '=');
	const struct option_row *waits = option_look(c);

	if (waits != NULL) {
		offer_value(a, waits->value);
	} else if (a->begin[0] == '-' && equals != NULL) {
		str_format(a->before, sizeof(a->before), "%.*s",
		    (int)(equals + 1 - a->begin), a->begin);
		waits = option_find(c, a->before, strcspn(a->before, "="));
		a->begin = equals + 1;
		if (waits != NULL && waits->value != NULL)
			offer_value(a, waits->value);
	} else if (a->begin[0] == '-') {
		offer_options(a, c->verb->options, c->form);
		offer_options(a, option_every, NULL);
		offer("--help", "what the verb does, and its options", a);
	} else {
		offer_word(a);
	}
}

/* The words of the line behind "shardherd", the last under the cursor. */
static void
answer(struct cli *c, char **word, int n)
{
	struct ask a = {.cli = c, .begin = n > 0 ? word[n - 1] : ""};
	int i = 0;

	for (; i < n - 1 && word[i][0] == '-'; i++) {
		if (strcmp(word[i], "-c") == 0
		    || strcmp(word[i], "--config") == 0) {
			if (++i == n - 1) {
				puts(":files");
				return;
			}
			c->config_path = word[i];
		} else if (strncmp(word[i], "--config=", 9) == 0) {
			c->config_path = word[i] + 9;
		}
	}
	if (i < n - 1) {
		if ((c->verb = verb_table_find(c, word[i])) == NULL)
			return;
		c->argv = word + i + 1;
		c->argc = n - 2 - i;
		offer_next(&a);
	} else if (strncmp(a.begin, "--config=", 9) == 0) {
		puts(":files");
	} else if (a.begin[0] == '-') {
		offer_options(&a, option_every, NULL);
		offer("--help", "the verbs", &a);
		offer("--version", "of this program", &a);
	} else {
		offer_verbs(&a);
	}
}

int
completion_verb(struct cli *c)
{
	if (option_take(c, NULL, 0) == -1)
		return cli_fail(c);
	if (form_is(c, "words"))
		answer(c, c->argv + 1, c->argc - 1);
	else
		fputs(strcmp(c->argv[0], "bash") == 0 ? completion_script_bash
			: strcmp(c->argv[0], "zsh") == 0
			? completion_script_zsh
			: completion_script_fish,
		    stdout);
	return EXIT_FINE;
}

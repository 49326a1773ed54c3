/* SPDX-License-Identifier: MIT */
/* The forms of a verb: which one is meant, what it is written like. */
#ifndef TOOLS_CLI_BASE_FORM_H
#define TOOLS_CLI_BASE_FORM_H

#include "tools/cli/base/cli.h"

#define FORM_WORD 64 /* longest word of a form */
#define FORM_USAGE 1024

/* "kick" of "kick CLIENT", "list" of "[list]", "" of "[SHARD...]". */
void form_name(const struct cli_form *, char out[FORM_WORD]);
/*
 * Which form is meant by the words: c->form, with its name in full in its place
 * in argv, the number that leads in front of it.  0, or -1 with c->err.
 */
int form_choose(struct cli *);
/* Are there as many words as the form takes, and those it offers a choice of?
 * -1 with c->err. */
int form_check(struct cli *);
/* Is this the form? */
bool form_is(const struct cli *, const char *name);
/* "client kick CLIENT [--end]" */
void form_usage(const struct cli_verb *, const struct cli_form *,
    char out[FORM_USAGE]);
/* Is the word one of "a|b|c", where there is a choice of words?  0, or -1 with
 * c->err, which begins with `what`. */
int form_choice(struct cli *, const char *what, const char *choice,
    const char *word);

/* What a verb does by the form's name; the exit code. */
struct form_act {
	const char *name;
	cli_fn *fn;
};
int form_act(struct cli *, const struct form_act *, size_t n);

#endif

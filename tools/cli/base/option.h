/* SPDX-License-Identifier: MIT */
/* Options and words of the command line, read by table. */
#ifndef TOOLS_CLI_BASE_OPTION_H
#define TOOLS_CLI_BASE_OPTION_H

#include "tools/cli/base/cli.h"

enum option_type {
	OPTION_FLAG,	   /* bool */
	OPTION_TEXT,	   /* const char * */
	OPTION_NUMBER,	   /* int64_t, not negative */
	OPTION_SECONDS,	   /* double */
	OPTION_SECONDS_IF, /* double; the value is optional and needs "=" */
	OPTION_LIST,	   /* struct option_list: may be repeated */
};
#define OPTION_LIST_MAX 64
struct option_list {
	const char *text[OPTION_LIST_MAX];
	size_t n;
};
/* In the table of verbs. */
struct option_row {
	const char *name; /* "--wait" */
	char letter;	  /* 'w', or 0 */
	enum option_type type;
	const char *value; /* "SECONDS", "python|node|c"; NULL: a flag */
	const char *help;
	const char *forms; /* "load unload": of these alone; NULL: of all */
};
/* Where a verb wants it. */
struct option {
	const char *name;
	void *to;
};
/* Those of every verb; ends with a row of nothing. */
extern const struct option_row option_every[];

/*
 * Reads the command line by the row of c->verb: chooses the form, takes its
 * options out of argv and leaves the words, as many as the form has; the form's
 * name is there in full.  A verb names each option of the form, and no other
 * (bug).  0, or -1 with c->err (EXIT_USAGE).
 */
int option_take(struct cli *, const struct option *, size_t n);
/* Has this form this option? */
bool option_of(const struct option_row *, const struct cli_form *);
/* "5s", "250ms", "2m": false when it is no duration. */
bool option_seconds(const char *text, double *out);
/* Unique prefixes: the index in names, or -1 with c->err. */
int option_choose(struct cli *, const char *word, const char *const *names,
    size_t n);

#endif

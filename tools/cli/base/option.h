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
struct option {
	const char *name; /* "--wait" */
	char letter;	  /* 'w', or 0 */
	enum option_type type;
	void *to;
};
/*
 * Takes options out of argv, leaving the words; --json, -c and --help are
 * understood everywhere.  0, or -1 with c->err (EXIT_USAGE).
 */
int option_take(struct cli *, const struct option *, size_t n);
/* -1 with the usage in c->err when words are left; else 0. */
int option_end(struct cli *);
/* "5s", "250ms", "2m": false when it is no duration. */
bool option_seconds(const char *text, double *out);
/* Unique prefixes: the index in names, or -1 with c->err. */
int option_choose(struct cli *, const char *word, const char *const *names,
    size_t n);

/* Which of a group's names the first word is, which the usual one stands in for
 * where there is none: the index, or -1 with c->err. */
int option_word(struct cli *, const char *usual, const char *const *names,
    size_t n);

#endif

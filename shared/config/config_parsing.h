/* SPDX-License-Identifier: MIT */
/*
 * One reading of one text: what config.c (the parser) and config_file.c (files,
 * and how strictly they are taken) know of each other.
 */
#ifndef SHARED_CONFIG_CONFIG_PARSING_H
#define SHARED_CONFIG_CONFIG_PARSING_H

#include "shared/config/config.h"

#define CONFIG_PARSING_SECTION 128
#define CONFIG_PARSING_KEYS 128 /* rows of the table */

/* The caller fills in config, file, fn, arg, only and recall. */
struct config_parsing {
	struct config *config;
	const char *file; /* as messages name it */
	char dir[CONFIG_PATH_MAX];
	config_problem_fn *fn;
	void *arg;
	unsigned problems;
	const char *only; /* plugin whose problems count; NULL: all */
	bool recall;	  /* see config_recall() */
	const char *next; /* rest of the text */
	int line;
	char section[CONFIG_PARSING_SECTION]; /* "" : before the first header */
	bool skip; /* keys of this section: it is unknown */
	const struct config_kind *kind; /* of the section; NULL: of none */
	void *one;			/* that is filled in */
	int seen
	    [CONFIG_PARSING_KEYS]; /* line of each key, a kind's in seen_one */
	int seen_one[CONFIG_PARSING_KEYS];
};

/*
 * Reads all of text into config: the number of problems, each of which fn was
 * told, or -1 with err when file can't be the path of one.
 */
int config_parsing_run(struct config_parsing *, const char *text, struct err *);

#endif

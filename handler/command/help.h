/* SPDX-License-Identifier: MIT */
/*
 * The text that /help and its like answer with, from what the plugins declare.
 * Shows only what the asker may use.  Pure functions.
 */
#ifndef HANDLER_COMMAND_HELP_H
#define HANDLER_COMMAND_HELP_H

#include "shared/base/buf.h"
#include "handler/command/invocation.h"

#define HELP_TEXT_MAX 2000   /* characters of a message, Discord's bound */
#define HELP_PAGE_BYTES 1700 /* of lines; leaves room for what stands below */

struct help_ask {
	int rank;	  /* the asker's */
	uint64_t plugins; /* bits of those that serve where it is asked */
	const char *what; /* a command's name, the number of a page, or "" */
};

/* Behind a command's name: what it declares, or made from its options. */
void help_usage(const struct command_table_command *, struct buf *);
/* At most HELP_TEXT_MAX characters; the caller frees. */
char *help_text(const struct command_table *, const struct invocation_ways *,
    const struct help_ask *);
/* Cuts text to HELP_TEXT_MAX characters. */
void help_cut(char *text);

#endif

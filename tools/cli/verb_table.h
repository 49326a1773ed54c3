/* SPDX-License-Identifier: MIT */
/*
 * The one table of verbs, their forms and options: what a verb does not have
 * here it cannot take.
 */
#ifndef TOOLS_CLI_VERB_TABLE_H
#define TOOLS_CLI_VERB_TABLE_H

#include "tools/cli/base/option.h"

/* Ends with a row of nothing. */
extern const struct cli_verb verb_table[];
extern const char *const verb_table_group[CLI_GROUPS];

/* Of the list of words; a beginning of one is enough when it is the only one.
 * NULL with c->err. */
const struct cli_verb *verb_table_find(struct cli *, const char *word);

#endif

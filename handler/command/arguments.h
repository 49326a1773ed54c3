/* SPDX-License-Identifier: MIT */
/*
 * What stands behind a command's name: words, and the options they stand for.
 * A typed command is read against the options declared for the slash command,
 * so that a plugin sees the same whichever way it was given.  Pure functions.
 */
#ifndef HANDLER_COMMAND_ARGUMENTS_H
#define HANDLER_COMMAND_ARGUMENTS_H

#include "shared/base/base.h"

#include <json-c/json.h>

#define ARGUMENTS_MAX 64 /* what is left then is the last word */
#define ARGUMENTS_FAULT_MAX 256

struct arguments {
	struct json_object *args;    /* array of texts */
	struct json_object *options; /* object by name */
	char sub[72];		     /* "set", "role add"; "" */
};

void arguments_init(struct arguments *);
void arguments_free(struct arguments *);
/*
 * Splits at blanks; "..." is one word, with \" and \\ in it.  declared: the
 * command's options, or NULL.  false with a sentence's part in why when the
 * words do not fit them.
 */
bool arguments_typed(struct arguments *, const char *text,
    struct json_object *declared, char why[ARGUMENTS_FAULT_MAX]);
/* The same of an interaction's data.options, or NULL. */
void arguments_chosen(struct arguments *, struct json_object *options);

#endif

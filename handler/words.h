/* SPDX-License-Identifier: MIT */
/*
 * What stands behind a command's name: words, and the options they stand for.
 * A typed command is read against the options declared for the slash command,
 * so that a plugin sees the same whichever way it was given.  Pure functions.
 */
#ifndef HANDLER_WORDS_H
#define HANDLER_WORDS_H

#include "shared/base/base.h"

#include <json-c/json.h>

#define WORDS_MAX 64	  /* what is left then is the last word */
#define WORDS_FAULT_MAX 256

struct words {
	struct json_object *args;    /* array of texts */
	struct json_object *options; /* object by name */
	char sub[72];		     /* "set", "role add"; "" */
};

void words_init(struct words *);
void words_free(struct words *);
/*
 * Splits at blanks; "..." is one word, with \" and \\ in it.  declared: the
 * command's options, or NULL.  false with a sentence's part in why when the
 * words do not fit them.
 */
bool words_typed(struct words *, const char *text,
    struct json_object *declared, char why[WORDS_FAULT_MAX]);
/* The same of an interaction's data.options, or NULL. */
void words_chosen(struct words *, struct json_object *options);

#endif

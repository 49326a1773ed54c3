/* SPDX-License-Identifier: MIT */
/*
 * Reads one line that a plugin wrote: an answer, a request, or nonsense.
 */
#ifndef HANDLER_TALK_H
#define HANDLER_TALK_H

#include "shared/base/base.h"

#include <json-c/json.h>

#define TALK_HEAD_MAX 4096u /* of a line that is too long */
#define TALK_ID_MAX 256 /* a plugin's own request id, as JSON text */

enum talk_kind {
	TALK_BAD,     /* why says what is wrong with it */
	TALK_EMPTY,   /* a blank line */
	TALK_RESULT,  /* answers our request `number` */
	TALK_REFUSAL, /* the same with an error; why is its message */
	TALK_DONE,    /* every event up to `number` */
	TALK_REQUEST, /* method, params; id "" for a notification */
};

struct talk {
	enum talk_kind kind;
	uint64_t number;
	char id[TALK_ID_MAX];
	const char *method;	    /* borrowed from tree */
	struct json_object *params; /* borrowed; NULL: none */
	struct json_object *result; /* of TALK_RESULT, borrowed */
	struct json_object *tree;
	char why[192];
};

/* The caller ends with talk_free, whatever the kind. */
void talk_parse(struct talk *, const char *text, size_t len);
void talk_free(struct talk *);
/*
 * Of a line that could not be parsed: makes U+FFFD of each NUL in it, which is
 * JSON in a key, too, where no reader here keeps it.  false: there was none.
 */
bool talk_mask_nul(char *text, size_t len);
/*
 * The same for the beginning of a line that is too long to be read: what can
 * be told from its first members.  TALK_REQUEST: why is the method, id is "";
 * or set; TALK_RESULT, TALK_REFUSAL: number.  TALK_BAD: none of that shows.
 */
void talk_head(struct talk *, const char *text, size_t len);

#endif

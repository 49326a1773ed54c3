/* SPDX-License-Identifier: MIT */
/*
 * Reads one line that a plugin wrote: an answer, a request, or nonsense.
 */
#ifndef HANDLER_PROCESS_RPC_READ_H
#define HANDLER_PROCESS_RPC_READ_H

#include "shared/base/base.h"

#include <json-c/json.h>

#define RPC_READ_HEAD_MAX 4096u /* of a line that is too long */
#define RPC_READ_ID_MAX 256	/* a plugin's own request id, as JSON text */

enum rpc_read_kind {
	RPC_READ_BAD,	  /* why says what is wrong with it */
	RPC_READ_EMPTY,	  /* a blank line */
	RPC_READ_RESULT,  /* answers our request `number` */
	RPC_READ_REFUSAL, /* the same with an error; why is its message */
	RPC_READ_DONE,	  /* every event up to `number` */
	RPC_READ_REQUEST, /* method, params; id "" for a notification */
};

struct rpc_read {
	enum rpc_read_kind kind;
	uint64_t number;
	char id[RPC_READ_ID_MAX];
	const char *method;	    /* borrowed from tree */
	struct json_object *params; /* borrowed; NULL: none */
	struct json_object *result; /* of a RESULT to request 0, borrowed */
	struct json_object *tree;
	char why[192];
};

/* The caller ends with rpc_read_free, whatever the kind. */
void rpc_read_parse(struct rpc_read *, const char *text, size_t len);
/* The same, plain answers (rpc_answer.h) as everything else. */
void rpc_read_tree(struct rpc_read *, const char *text, size_t len);
void rpc_read_free(struct rpc_read *);
/*
 * Of a line that could not be parsed: makes U+FFFD of each NUL in it, which is
 * JSON in a key, too, where no reader here keeps it.  false: there was none.
 */
bool rpc_read_mask_nul(char *text, size_t len);
/*
 * The same for the beginning of a line that is too long to be read: what can be
 * told from its first members.  RPC_READ_REQUEST: why is the method, id is "";
 * or set; RPC_READ_RESULT, RPC_READ_REFUSAL: number.  RPC_READ_BAD: none of
 * that shows.
 */
void rpc_read_head(struct rpc_read *, const char *text, size_t len);

#endif

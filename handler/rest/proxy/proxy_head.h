/* SPDX-License-Identifier: MIT */
/*
 * Which lines of a head go through, in either direction, and what the answer's
 * says about its body.  Pure.
 */
#ifndef HANDLER_REST_PROXY_PROXY_HEAD_H
#define HANDLER_REST_PROXY_PROXY_HEAD_H

#include "shared/base/base.h"

#define PROXY_HEAD_LINES 64	/* of an answer that are kept */
#define PROXY_HEAD_BYTES 16384u /* all of them together */

/* Does this line of a request go to Discord?  Only what is known to. */
bool proxy_head_goes_up(const char *name);
/* Is a value fit to be sent on: one line? */
bool proxy_head_value_ok(const char *value);

/* An answer's head as the client gets it: all of it but what is between us and
 * Discord. */
struct proxy_head {
	struct proxy_head_line {
		char *name, *value; /* value is within name's memory */
	} line[PROXY_HEAD_LINES];
	size_t n, bytes;
	int64_t length; /* of the body as it will be given; -1: not known */
	bool coded;	/* it came compressed, and is not any more */
};

void proxy_head_init(struct proxy_head *);
/* One line as curl gives it; a line "HTTP/..." begins anew. */
void proxy_head_add(struct proxy_head *, const char *line, size_t len);
void proxy_head_free(struct proxy_head *);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Routes that misbehave on command: errors of every kind, pages that are no
 * JSON, answers that come late or not at all.  Never set by a request.
 */
#ifndef TOOLS_SIM_REST_REST_FAULT_H
#define TOOLS_SIM_REST_REST_FAULT_H

#include "tools/sim/rest/rest_call.h"

#define REST_FAULTS_MAX 64
#define REST_FAULT_DELAY_MAX_MS 600000

/* What a faulty route answers; REST_FAULT_PASS only waits, then answers. */
#define REST_FAULT_KINDS(X)                                                    \
	X(PASS, "pass")                                                        \
	X(JSON, "json")                                                        \
	X(HTML, "html")                                                        \
	X(GARBAGE, "garbage")                                                  \
	X(EMPTY, "empty")                                                      \
	X(SHARED, "shared") /* 429 of scope "shared" */                        \
	X(GLOBAL, "global") /* 429 of scope "global" */                        \
	X(CUT, "cut")	    /* the connection closes without an answer */

enum rest_fault_kind {
#define X(name, word) REST_FAULT_##name,
	REST_FAULT_KINDS(X)
#undef X
	    REST_FAULT_KIND_COUNT
};

struct rest_faults *rest_fault_new(void);
/* Applies a fault to the call: true when it made the answer. */
bool rest_fault_apply(struct rest_call *);
/*
 * REST verbs of the control socket (times in seconds):
 *   gateway-bot STATUS|ok [json|html|garbage|empty|shared|global|cut]
 *       [retry-after=S] [delay=S] [count=N]
 *   rest PATTERN STATUS|ok [...the same] · rest list · rest clear
 * PATTERN: a shell pattern over "METHOD /path" or "/path", the path without
 * /api/vN ("POST /channels/<star>/messages", "/gateway/bot").  The delay comes
 * after the call took effect, before the answer.  An equal pattern is replaced.
 * 0, 1 or EXIT_USAGE with a sentence in out.
 */
int rest_fault_command(struct sim *, int argc, char **argv, struct sbuf *out);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The REST side of the simulator: an HTTP server on the simulator's loop that
 * answers as Discord's API does, refuses what Discord refuses, and makes the
 * gateway events a call causes.  It never blocks and never trusts a request.
 */
#ifndef TOOLS_SIM_REST_REST_H
#define TOOLS_SIM_REST_REST_H

#include "tools/sim/base/sbuf.h"
#include "tools/sim/base/sim.h"

#define REST_CONNECTIONS_MAX 512
#define REST_IDLE_S 60			/* keep-alive connection without words */
#define REST_BODY_MAX (26u << 20)	/* a little above Discord's 25 MiB */
#define REST_FAULTS_MAX 64
#define REST_DELAY_MAX_MS 600000

/* Listens at cfg.listen:cfg.port, fills url_api and app_id.  0 or -1. */
int rest_start(struct sim *, struct err *);
/* Port it got; 0 before rest_start. */
unsigned rest_port(const struct sim *);
void rest_stop(struct sim *);

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
/* Kind of a word, or -1. */
int rest_fault_kind(const char *word);
/*
 * pattern: shell pattern over "METHOD /path" or "/path", the path without
 * /api/vN ("POST /channels/<star>/messages", "/gateway/bot").  retry_after_s
 * < 0: no such header.  delay_ms: after the call took effect, before the
 * answer.  count < 0: until cleared.  An equal pattern is replaced.  -1 when
 * REST_FAULTS_MAX are set or a number is out of range.
 */
int rest_fault_set(struct sim *, const char *pattern, int status,
    enum rest_fault_kind, double retry_after_s, unsigned delay_ms, int count);
/* Ends the fault of this pattern. */
void rest_fault_drop(struct sim *, const char *pattern);
void rest_fault_clear(struct sim *);
/* One line per fault. */
void rest_fault_list(const struct sim *, struct sbuf *out);

/*
 * REST verbs of the control socket (times in seconds):
 *   gateway-bot STATUS|ok [json|html|garbage|empty|shared|global|cut]
 *       [retry-after=S] [delay=S] [count=N]
 *   rest PATTERN STATUS|ok [...the same] · rest list · rest clear
 *   interaction GUILD [NAME [TEXT]] [--as KIND] [--target ID]
 * 0, 1 or EXIT_USAGE with a sentence in out.
 */
int rest_control(struct sim *, int argc, char **argv, struct sbuf *out);
/* Appends the JSON object of the report's "rest". */
void rest_report(struct sim *, struct sbuf *out);

#endif

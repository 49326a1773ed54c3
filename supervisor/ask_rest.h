/* SPDX-License-Identifier: MIT */
/*
 * The asker's own work, in the child: HTTP by curl, bodies by json-c.  The
 * two readers are pure, for tests; nothing here may run in the supervisor.
 */
#ifndef SUPERVISOR_ASK_REST_H
#define SUPERVISOR_ASK_REST_H

#include "supervisor/ask.h"

void ask_rest_run(const struct config *, const char *token,
    const char *ca_file, enum ask_what, struct ask_answer *);

struct ask_http {
	long status;		/* 0: curl failed, words say how */
	double retry_after_s;	/* of the header, 0: none */
	const char *body;
	size_t len;
};
/* Status class, retry time and words of one answer (1.3). */
enum ask_status ask_rest_judge(const struct ask_http *, struct ask_answer *);
/*
 * /gateway/bot was answered 401: that is the token's only when GET /users/@me
 * (user) says it, too.  Else a's words say what is odd.
 */
enum ask_status ask_rest_proved(enum ask_status user, struct ask_answer *a);
/* Fill their part from a 200's body; false when it can't be used. */
bool ask_rest_gateway(const char *body, size_t len, struct ask_answer *);
bool ask_rest_user(const char *body, size_t len, struct ask_answer *);
bool ask_rest_app(const char *body, size_t len, struct ask_answer *);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The asker's own work, in the child: HTTP by curl, bodies by json-c.  The
 * two readers are pure, for tests; nothing here may run in the supervisor.
 */
#ifndef SUPERVISOR_IDENTIFY_DISCORD_ASK_REST_H
#define SUPERVISOR_IDENTIFY_DISCORD_ASK_REST_H

#include "supervisor/identify/discord_ask.h"

void discord_ask_rest_run(const struct config *, const char *token,
    const char *ca_file, enum discord_ask_what, struct discord_ask_answer *);

struct ask_http {
	long status;	      /* 0: curl failed, words say how */
	double retry_after_s; /* of the header, 0: none */
	const char *body;
	size_t len;
};
/* Status class, retry time and words of one answer (1.3). */
enum discord_ask_status discord_ask_rest_judge(const struct ask_http *,
    struct discord_ask_answer *);
/*
 * /gateway/bot was answered 401: that is the token's only when GET /users/@me
 * (user) says it, too.  Else a's words say what is odd.
 */
enum discord_ask_status discord_ask_rest_proved(enum discord_ask_status user,
    struct discord_ask_answer *a);
/* Fill their part from a 200's body; false when it can't be used. */
bool discord_ask_rest_gateway(const char *body, size_t len,
    struct discord_ask_answer *);
bool discord_ask_rest_user(const char *body, size_t len,
    struct discord_ask_answer *);
bool discord_ask_rest_app(const char *body, size_t len,
    struct discord_ask_answer *);

#endif

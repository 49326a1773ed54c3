/* SPDX-License-Identifier: MIT */
/*
 * Delivers one alert: a short-lived child posts it to the webhook, starts the
 * exec hook with it, and writes what came of that to a pipe.  The supervisor
 * itself resolves no name and waits for no socket.
 */
#ifndef SUPERVISOR_ALERT_ALERT_DELIVER_H
#define SUPERVISOR_ALERT_ALERT_DELIVER_H

#include "shared/config/config.h"
#include "supervisor/base/helper.h"

#define ALERT_TEXT 320
#define ALERT_DELIVER_S 30		/* then the child and its hook are killed */

enum alert_news { ALERT_RAISED, ALERT_STANDS, ALERT_OVER };
extern const char *const alert_news_name[];

#define ALERT_DONE_WEBHOOK 1u	/* nothing (more) to do for it */
#define ALERT_DONE_HOOK 2u

struct alert_msg {
	const char *kind;
	unsigned which;			/* its enum alert_kind */
	enum alert_news news;
	unsigned done;			/* ALERT_DONE_*, of earlier tries */
	int64_t since_ms, at_ms;	/* wall clock */
	char text[ALERT_TEXT];
};

struct alert_deliver;
/* why is "" when all was delivered; done says what was. */
typedef void alert_deliver_fn(struct alert_deliver *, unsigned done,
    const char *why);

struct alert_deliver {
	struct helper helper;
	const struct config *config;
	const char *ca_file;	/* the path in use, "" for none */
	alert_deliver_fn *done;
};

void alert_deliver_init(struct alert_deliver *, struct ev_loop *, struct timers *,
    const struct config *, const char *ca_file, alert_deliver_fn *);
/* done follows exactly once, unless this returns -1. */
int alert_deliver_start(struct alert_deliver *, const struct alert_msg *,
    struct err *);

/* alert_send.c, in the child: ALERT_DONE_*, why is "" when all worked. */
unsigned alert_send_run(const struct config *, const char *ca_file,
    const struct alert_msg *, char *why, size_t size);
/* Is it a Discord webhook, by host or path? */
bool alert_send_is_discord(const char *url);
/* The body for the webhook; the caller frees. */
char *alert_send_body(const struct config *, const struct alert_msg *,
    bool discord);

#endif

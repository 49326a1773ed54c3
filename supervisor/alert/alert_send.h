/* SPDX-License-Identifier: MIT */
/*
 * One alert and what is sent of it: to the webhook by libcurl, to the exec hook
 * by its standard input.  Only in the child that alert_deliver.h forks: all of
 * it may wait.
 */
#ifndef SUPERVISOR_ALERT_ALERT_SEND_H
#define SUPERVISOR_ALERT_ALERT_SEND_H

#include "shared/config/config.h"

#define ALERT_TEXT 320

enum alert_news { ALERT_RAISED, ALERT_STANDS, ALERT_OVER };
extern const char *const alert_news_name[];

#define ALERT_DONE_WEBHOOK 1u /* nothing (more) to do for it */
#define ALERT_DONE_HOOK 2u

struct alert_msg {
	const char *kind;
	unsigned which; /* its enum alert_kind */
	uint32_t code;	/* enum verdict_code */
	enum alert_news news;
	unsigned done;		 /* ALERT_DONE_*, of earlier tries */
	int64_t since_ms, at_ms; /* wall clock */
	char text[ALERT_TEXT];
};

/* Waits for servers and for the hook: ALERT_DONE_*, why is "" when all
 * worked. */
unsigned alert_send_run(const struct config *, const char *ca_file,
    const struct alert_msg *, char *why, size_t size);
/* Is it a Discord webhook, by host or path? */
bool alert_send_is_discord(const char *url);
/* The body for the webhook; the caller frees. */
char *alert_send_body(const struct config *, const struct alert_msg *,
    bool discord);

#endif

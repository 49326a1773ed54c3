/* SPDX-License-Identifier: MIT */
/*
 * Delivers one alert: a short-lived child posts it to the webhook, starts the
 * exec hook with it, and writes what came of that to a pipe.  The supervisor
 * itself resolves no name and waits for no socket.
 */
#ifndef SUPERVISOR_ALERT_ALERT_DELIVER_H
#define SUPERVISOR_ALERT_ALERT_DELIVER_H

#include "supervisor/alert/alert_send.h"
#include "supervisor/base/helper.h"

#define ALERT_DELIVER_S 30 /* then the child and its hook are killed */

struct alert_deliver;
/* why is "" when all was delivered; done says what was. */
typedef void alert_deliver_fn(struct alert_deliver *, unsigned done,
    const char *why);

struct alert_deliver {
	struct helper helper;
	const struct config *config;
	const char *ca_file; /* the path in use, "" for none */
	alert_deliver_fn *done;
};

void alert_deliver_init(struct alert_deliver *, struct ev_loop *,
    struct timers *, const struct config *, const char *ca_file,
    alert_deliver_fn *);
/* done follows exactly once, unless this returns -1. */
int alert_deliver_start(struct alert_deliver *, const struct alert_msg *,
    struct err *);

#endif

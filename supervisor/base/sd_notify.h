/* SPDX-License-Identifier: MIT */
/*
 * systemd's sd_notify protocol without its library: one datagram of
 * KEY=VALUE lines per message to the socket in $NOTIFY_SOCKET.  It must never
 * wait: a socket nobody reads loses messages, nothing else.  The environment
 * is taken over at the start, so that no child hears of it.
 */
#ifndef SUPERVISOR_BASE_SD_NOTIFY_H
#define SUPERVISOR_BASE_SD_NOTIFY_H

#include <sys/un.h>

#include "shared/base/base.h"

#define SD_NOTIFY_STATUS 200 /* one line of "systemctl status" */
#define SD_NOTIFY_MESSAGE 512

struct sd_notify {
	int fd; /* -1: nobody listens */
	struct sockaddr_un to;
	uint32_t to_len;
	uint64_t watchdog_us;	       /* 0: none is wanted */
	char status[SD_NOTIFY_STATUS]; /* as last sent */
	/* as found, for an exec of ourselves */
	const char *socket, *usec, *pid;
};

/*
 * Reads and unsets $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID.  wanted:
 * else they are only unset.
 */
void sd_notify_open(struct sd_notify *, bool wanted);
void sd_notify_close(struct sd_notify *);
/* Puts the environment back, for an exec of the next version of ourselves. */
void sd_notify_environ(const struct sd_notify *);
/* Takes it away again: no child is to hear of it. */
void sd_notify_forget(void);

/* The address that a value of $NOTIFY_SOCKET names: false when it is none. */
bool sd_notify_address(const char *value, struct sockaddr_un *, uint32_t *len);

/*
 * READY=1, MAINPID= and STATUS= in one message.  false: it is to be said again,
 * as the socket is full; of all others the next one says more anyway.
 */
bool sd_notify_ready(struct sd_notify *, const char *status);
/* A reload was asked for and begins; sd_notify_ready ends it. */
void sd_notify_reloading(struct sd_notify *);
/* STATUS=, when it is another than the one before. */
void sd_notify_status(struct sd_notify *, const char *status);
void sd_notify_watchdog(struct sd_notify *);
/* Start, reload or stop, whatever goes on, needs s seconds more from now. */
void sd_notify_extend(struct sd_notify *, double s);
/* STOPPING=1, and how long that may take. */
void sd_notify_stopping(struct sd_notify *, double s);

#endif

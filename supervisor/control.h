/* SPDX-License-Identifier: MIT */
/*
 * The control socket in run_dir: the CLI's requests, one JSON object per line.
 * Only our own user and root are heard; a client that is slow, silent or talks
 * too much is dropped, never waited for.
 */
#ifndef SUPERVISOR_CONTROL_H
#define SUPERVISOR_CONTROL_H

#include <ev.h>
#include <sys/stat.h>

#include "shared/err.h"
#include "shared/timer.h"

struct fleet;
struct control;

#define CONTROL_CLIENTS_MAX 16
#define CONTROL_IDLE_S 10	/* without a whole request */
#define CONTROL_OUT_MAX 65536	/* answers not yet read by the client */

struct control_client {
	struct control *control;
	int fd;			/* -1: free */
	ev_io rd;
	struct timer idle;
	char *in;		/* REQUEST_LINE_MAX + 1 */
	size_t in_len;
};

struct control {
	struct fleet *fleet;
	char path[600];
	int fd;			/* -1: not listening */
	struct stat made;	/* of the socket, to see it replaced */
	ev_io rd;
	struct control_client client[CONTROL_CLIENTS_MAX];
};

/*
 * EXIT_TRY_LATER when another live process answers there; a socket nobody
 * listens on is replaced.
 */
int control_open(struct control *, struct fleet *, struct err *);
/* Re-creates run_dir and socket when they vanished. */
void control_check(struct control *);
void control_close(struct control *);

#endif

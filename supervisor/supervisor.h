/* SPDX-License-Identifier: MIT */
/*
 * The supervisor: sizes the fleet, forks a process per shard, grants
 * IDENTIFYs, restarts what dies.  Never touches an event; nothing in it may
 * block or crash on input from outside.
 */
#ifndef SUPERVISOR_SUPERVISOR_H
#define SUPERVISOR_SUPERVISOR_H

#include "shared/config/config.h"

struct arrival;

struct supervisor_args {
	struct config *config;	/* taken over */
	char **argv;		/* of this process: for the handler's exec */
	bool foreground;	/* log to stderr as well as to the file */
	int ready_fd;		/* written "ok\n" or "error CODE text\n" once
				   up, then closed; -1: nobody waits */
	bool hold_plugins;	/* until `plugin load`, as after an unload */
	char *token;		/* taken over; NULL: read from token_file */
	const struct arrival *arrival; /* after an exec, else NULL */
};

/* Returns the exit code of the process (err.h). */
int supervisor_main(const struct supervisor_args *);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * This room: the small files in state_dir that a person may read.
 *
 * Who keeps a fleet running: the user that state_dir belongs to and, under
 * systemd, the unit, which a file there names.  What an operator is told to
 * type depends on it; as root, and beside the unit, `shardherd start` would be
 * another bot's life.
 */
#ifndef SHARED_STATE_KEEPER_H
#define SHARED_STATE_KEEPER_H

#include <sys/types.h>

#include "shared/base/err.h"

struct keeper {
	bool known;   /* there is a state_dir */
	bool foreign; /* of another user than this process's */
	uid_t uid;
	char user[64];	/* or its number */
	char unit[160]; /* "shardherd@main.service"; "": none */
	bool session;	/* one of a user's own systemd */
};

/* What state_dir says. */
void keeper_find(struct keeper *, const char *state_dir);
/*
 * The supervisor, with its state_dir locked: leaves the unit that it is the
 * main process of, or that there is none.  notified: systemd gave it a socket,
 * which it has taken out of its environment.  Best effort.
 */
void keeper_leave(const char *state_dir, bool notified);
/* The unit in the text of /proc/self/cgroup: false when it is of no service. */
bool keeper_unit(const char *cgroup, struct keeper *);

/* verb of systemctl and ours alike: "systemctl start shardherd@main", or the
   command line as the user it has to be typed by. */
void keeper_command(const struct keeper *, const char *verb,
    const char *config_path, char *out, size_t size);
/* The same, quoted, for a stop and a start that keep the sessions. */
void keeper_restart(const char *state_dir, char *out, size_t size);
/* May this process's user run the fleet whose state_dir, run_dir or log_dir
   this is?  -1: one sentence, EXIT_CONFIG. */
int keeper_check(const char *dir, const char *config_path, struct err *);

#endif

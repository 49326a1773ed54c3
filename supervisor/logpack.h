/* SPDX-License-Identifier: MIT */
/*
 * Compresses one rotated log at a time in a short-lived child of low priority:
 * the supervisor's loop only forks, reaps and renames.  The original goes when
 * the copy was read back and found equal, never before.
 */
#ifndef SUPERVISOR_LOGPACK_H
#define SUPERVISOR_LOGPACK_H

#include <sys/types.h>

#include "shared/base/timer.h"
#include "supervisor/logfiles.h"

#define LOGPACK_S 120		/* for one file, then the child is killed */
#define LOGPACK_RETRY_MS 300000 /* after a failure */

struct logpack {
	struct timer deadline;
	pid_t pid;		/* 0: none runs */
	char path[LOGFILES_PATH]; /* of the live log */
	uint32_t n;		/* number the original has by now */
	dev_t dev;		/* and what file it is */
	ino_t ino;
	bool news;		/* there may be something to do */
	uint64_t retry_ms;	/* boot stamp: not before; 0: at once */
};

void logpack_init(struct logpack *, struct timers *);
void logpack_stop(struct logpack *);
/* Starts on the youngest plain one of the log at path, if it may and can. */
void logpack_some(struct logpack *, const char *path);
/* The rotated files were shifted: every number is one more. */
void logpack_shifted(struct logpack *);
/* Was it the packer?  Then its work is put in place. */
bool logpack_reaped(struct logpack *, pid_t, int status);

/* In the child: packs a file into to, reads it back.  0 or -1 with why. */
int logpack_file(int from, const char *to, struct err *);

#endif

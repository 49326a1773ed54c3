/* SPDX-License-Identifier: MIT */
/*
 * Compresses one rotated log at a time in a short-lived child of low priority:
 * the supervisor's loop only forks, reaps and renames.  The original goes when
 * the copy was read back and found equal, never before.
 */
#ifndef SUPERVISOR_LOG_LOG_COMPRESS_H
#define SUPERVISOR_LOG_LOG_COMPRESS_H

#include "supervisor/base/helper.h"
#include "supervisor/log/log_rotation.h"

#define LOG_COMPRESS_S 120 /* for one file, then the child is killed */
#define LOG_COMPRESS_RETRY_MS 300000 /* after a failure */

struct log_compress {
	struct helper helper;
	char path[LOG_ROTATION_PATH]; /* of the live log */
	char work[LOG_ROTATION_PATH]; /* the copy that is being made */
	int from;		      /* what it is made of; the child's */
	uint32_t n;		      /* number the original has by now */
	dev_t dev;		      /* and what file it is */
	ino_t ino;
	bool news;	   /* there may be something to do */
	uint64_t retry_ms; /* boot stamp: not before; 0: at once */
};

void log_compress_init(struct log_compress *, struct ev_loop *,
    struct timers *);
/* Starts on the youngest plain one of the log at path, if it may and can. */
void log_compress_some(struct log_compress *, const char *path);
/* The rotated files were shifted: every number is one more. */
void log_compress_shifted(struct log_compress *);

/* In the child: packs a file into to, reads it back.  0 or -1 with why. */
int log_compress_file(int from, const char *to, struct err *);

#endif

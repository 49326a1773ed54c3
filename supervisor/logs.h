/* SPDX-License-Identifier: MIT */
/*
 * The fleet's log: time, level, who, text, to a file or to stderr.  The file
 * rotates by size and age, is made again when it or its directory was deleted,
 * and on a full disk lines are dropped and counted: logging must never stop
 * the supervisor.  Compression is logpack.c's, on the upkeep's call.
 */
#ifndef SUPERVISOR_LOGS_H
#define SUPERVISOR_LOGS_H

#include "shared/config/config.h"
#include "supervisor/logstream.h"

#define LOGS_ROTATE_RETRY_MS 60000 /* after a rotation that failed */

struct fd_reserve;
struct logpack;

struct logs {
	char path[CONFIG_PATH_MAX + 32];
	int fd;			/* -1: not open */
	bool file;		/* there is to be a file */
	struct logstream stream;
	enum logline_format format;
	bool torn;		/* the last line went in without its end */
	bool homeless;		/* deleted, and can't be made again */
	int64_t size, max_bytes, files, total;
	int64_t first_ms, age_ms; /* wall clock of its first line; 0: none */
	bool compress;
	uint64_t dropped;	/* since the last report */
	int64_t dropped_ms;	/* wall clock of the first of them */
	int dropped_errno;
	uint64_t rotate_ms;	/* boot stamp: no rotation before */
	enum log_level least;
	struct fd_reserve *reserve; /* of fds, for opening; may be NULL */
	struct logpack *pack;	/* is told of rotations; may be NULL */
};

int logs_open(struct logs *, const struct config *, bool foreground,
    struct err *);
void logs_close(struct logs *);
/* The keys that count at once; the level is loglevel.c's. */
void logs_configure(struct logs *, const struct config *);
/* One line: "2026-11-21T03:00:01.123Z info shard 3: text". */
void logs_line(struct logs *, enum log_level, const char *who,
    const char *text);
/* Twice a second: was the file or its directory deleted or replaced? */
void logs_check(struct logs *);
/* Is the file too old?  Then it is rotated. */
void logs_check_age(struct logs *);
void logs_reopen(struct logs *);

#endif

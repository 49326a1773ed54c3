/* SPDX-License-Identifier: MIT */
/*
 * This room: the log of the whole fleet: written, rotated, compressed.
 *
 * The fleet's log: time, level, who, text, to a file or to stderr.  The file
 * rotates by size and age, is made again when it or its directory was deleted,
 * and on a full disk lines are dropped and counted: logging must never stop
 * the supervisor.  Compression is log_compress.c's, on maintenance.c's call.
 */
#ifndef SUPERVISOR_LOG_FLEET_LOG_H
#define SUPERVISOR_LOG_FLEET_LOG_H

#include "shared/config/config.h"
#include "supervisor/log/log_stderr.h"

#define FLEET_LOG_ROTATE_RETRY_MS 60000 /* after a rotation that failed */

struct fd_reserve;
struct log_compress;

struct fleet_log {
	char path[CONFIG_PATH_MAX + 32];
	int fd;	   /* -1: not open */
	bool file; /* there is to be a file */
	struct log_stderr stream;
	enum logline_format format;
	bool torn;     /* the last line went in without its end */
	bool homeless; /* deleted, and can't be made again */
	int64_t size, max_bytes, files, total;
	int64_t first_ms, age_ms; /* wall clock of its first line; 0: none */
	bool compress;
	uint64_t dropped;   /* since the last report */
	int64_t dropped_ms; /* wall clock of the first of them */
	int dropped_errno;
	uint64_t rotate_ms; /* boot stamp: no rotation before */
	enum log_level least;
	struct fd_reserve *reserve; /* of fds, for opening; may be NULL */
	struct log_compress *pack;  /* is told of rotations; may be NULL */
};

int fleet_log_open(struct fleet_log *, const struct config *, bool foreground,
    struct err *);
void fleet_log_close(struct fleet_log *);
/* The keys that count at once; the level is loglevel.c's. */
void fleet_log_configure(struct fleet_log *, const struct config *);
/* One line: "2026-11-21T03:00:01.123Z info shard 3: text". */
void fleet_log_line(struct fleet_log *, enum log_level, const char *who,
    const char *text);
/* The last line of all, from within a fatal signal: written and no more. */
void fleet_log_last(void *fleet_log, const char *text);
/* Twice a second: was the file or its directory deleted or replaced? */
void fleet_log_check(struct fleet_log *);
/* Is the file too old?  Then it is rotated. */
void fleet_log_check_age(struct fleet_log *);
void fleet_log_reopen(struct fleet_log *);

#endif

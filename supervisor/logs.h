/* SPDX-License-Identifier: MIT */
/*
 * The fleet's log file: time, level, who, text.  Rotates itself, notices when
 * the file was deleted or replaced, and drops and counts lines on a full disk:
 * logging must never stop the supervisor.
 */
#ifndef SUPERVISOR_LOGS_H
#define SUPERVISOR_LOGS_H

#include "shared/config.h"
#include "shared/log.h"

struct logs {
	char path[CONFIG_PATH_MAX + 32];
	int fd;			/* -1: not open */
	bool foreground;	/* to stderr as well */
	bool torn;		/* the last line went in without its end */
	int64_t size, max_bytes, files;
	uint64_t dropped;	/* since the last report */
	enum log_level least;
};

int logs_open(struct logs *, const struct config *, bool foreground,
    struct err *);
void logs_close(struct logs *);
/* One line: "2026-11-21T03:00:01.123Z info shard 3: text". */
void logs_line(struct logs *, enum log_level, const char *who,
    const char *text);
/* Once in a while: was the file deleted or replaced?  Then a new one. */
void logs_check(struct logs *);
void logs_reopen(struct logs *);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The log on stderr: a terminal, a pipe, or journald, which is told each
 * line's level in the way of sd-daemon(3) and keeps the time itself.  A reader
 * that does not read costs lines, never a wait.
 */
#ifndef SUPERVISOR_LOG_LOG_STDERR_H
#define SUPERVISOR_LOG_LOG_STDERR_H

#include "shared/base/logline.h"

struct log_stderr {
	bool on;
	bool journal;	  /* stderr is journald's, by $JOURNAL_STREAM */
	bool torn;	  /* the last line went out without its end */
	uint64_t dropped; /* not yet told */
};

void log_stderr_open(struct log_stderr *, bool on);
void log_stderr_line(struct log_stderr *, enum logline_format,
    const struct logline *, const char *text);

#endif

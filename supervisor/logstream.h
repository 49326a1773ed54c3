/* SPDX-License-Identifier: MIT */
/*
 * The log on stderr: a terminal, a pipe, or journald, which is told each
 * line's level in the way of sd-daemon(3) and keeps the time itself.  A reader
 * that does not read costs lines, never a wait.
 */
#ifndef SUPERVISOR_LOGSTREAM_H
#define SUPERVISOR_LOGSTREAM_H

#include "shared/base/logline.h"

struct logstream {
	bool on;
	bool journal;		/* stderr is journald's, by $JOURNAL_STREAM */
	bool torn;		/* the last line went out without its end */
	uint64_t dropped;	/* not yet told */
};

void logstream_open(struct logstream *, bool on);
void logstream_line(struct logstream *, enum logline_format,
    const struct logline *, const char *text);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * One record of the log as a line, in the three forms [log] format knows, and
 * back again for who shows the log.  Whatever the text holds, the result is
 * one line, and valid UTF-8 where the form asks for it.
 */
#ifndef SHARED_BASE_LOGLINE_H
#define SHARED_BASE_LOGLINE_H

#include "shared/base/log.h"

#define LOGLINE_MAX 16384 /* longest line, its end included */
#define LOGLINE_WHO_MAX 64
#define LOGLINE_TIME 24 /* "2026-11-21T03:00:01.123Z" */

enum logline_format {
	LOGLINE_TEXT,
	LOGLINE_LOGFMT,
	LOGLINE_JSON,
	LOGLINE_FORMATS
};
extern const char *const logline_format_name[LOGLINE_FORMATS];

struct logline {
	int64_t wall_ms;
	enum log_level level;
	char who[LOGLINE_WHO_MAX]; /* "shard 3", "handler", "supervisor" */
};

/*
 * Writes the line with its '\n' and returns its length; text that does not
 * fit is cut between two characters.  size is at least 512.
 */
size_t logline_write(char *out, size_t size, enum logline_format,
    const struct logline *, const char *text);
/* What a line says about itself; false when it is none of ours. */
bool logline_read(const char *line, struct logline *);
/* The shard a record is of; -1: another process's. */
int64_t logline_shard(const struct logline *);

/* "2026-11-21T03:00:01.123Z", and back; the milliseconds may be missing. */
void logline_time_write(int64_t wall_ms, char out[LOGLINE_TIME + 1]);
bool logline_time_read(const char *text, int64_t *wall_ms);

#endif

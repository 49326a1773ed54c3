/* SPDX-License-Identifier: MIT */
/*
 * The fleet's logs as one stream of lines, from the oldest rotated and
 * compressed one to what is being written, and which of them are wanted.
 */
#ifndef TOOLS_CLI_SEE_LOG_READER_H
#define TOOLS_CLI_SEE_LOG_READER_H

#include "shared/base/logline.h"

#include <zlib.h>

#define LOGREAD_FILES_MAX 1024

struct logread_want {
	int64_t since_ms;	/* wall clock; INT64_MIN: any */
	int64_t shard;		/* -1: all processes */
	enum log_level least;
};

struct logread_file {
	int fd;			/* of a plain one, else -1 */
	gzFile gz;
	bool bad;		/* damaged: the rest of it can't be read */
	bool wanted;		/* the last line was: goes for what follows it */
	char line[LOGLINE_MAX];
	size_t have;		/* of a line that has no end yet */
};

/* A whole line, without its end; l is NULL when it is none of ours. */
typedef void logread_fn(const char *line, const struct logline *l, void *arg);

/* false with errno when there is none; a .gz beside it is as good. */
bool logread_open(struct logread_file *, const char *path, uint32_t n);
void logread_close(struct logread_file *);
/*
 * Hands out the wanted lines from here to the end, after leaving out the first
 * `skip` of them; returns how many there were.  fn may be NULL.
 */
size_t logread_lines(struct logread_file *, const struct logread_want *,
    size_t skip, logread_fn *, void *arg);
/* A last line that has no end. */
void logread_rest(struct logread_file *, const struct logread_want *,
    logread_fn *, void *arg);
void logread_rewind(struct logread_file *);
/* When its first line was written: INT64_MIN when that can't be told. */
int64_t logread_begin(struct logread_file *);

#endif

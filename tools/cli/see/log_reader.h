/* SPDX-License-Identifier: MIT */
/*
 * The fleet's logs as one stream of lines, from the oldest rotated and
 * compressed one to what is being written, and which of them are wanted.
 */
#ifndef TOOLS_CLI_SEE_LOG_READER_H
#define TOOLS_CLI_SEE_LOG_READER_H

#include "shared/base/logline.h"

#include <zlib.h>

#define LOG_READER_FILES_MAX 1024

/* What is of one of shard, plugin and client is wanted, if any is named, and
 * holds the text. */
struct log_reader_want {
	int64_t since_ms;	     /* wall clock; INT64_MIN: any */
	int64_t shard;		     /* -1 */
	const char *plugin, *client; /* or NULL */
	const char *grep;	     /* in capitals or not; NULL: any */
	enum log_level least;
};

struct log_reader_file {
	int fd; /* of a plain one, else -1 */
	gzFile gz;
	bool bad;    /* damaged: the rest of it can't be read */
	bool wanted; /* the last line was: goes for what follows it */
	char line[LOGLINE_MAX];
	size_t have; /* of a line that has no end yet */
};

/* A whole line, without its end; l is NULL when it is none of ours. */
typedef void log_reader_fn(const char *line, const struct logline *l,
    void *arg);

/* false with errno when there is none; a .gz beside it is as good. */
bool log_reader_open(struct log_reader_file *, const char *path, uint32_t n);
void log_reader_close(struct log_reader_file *);
/*
 * Hands out the wanted lines from here to the end, after leaving out the first
 * `skip` of them; returns how many there were.  fn may be NULL.
 */
size_t log_reader_lines(struct log_reader_file *,
    const struct log_reader_want *, size_t skip, log_reader_fn *, void *arg);
/* A last line that has no end. */
void log_reader_rest(struct log_reader_file *, const struct log_reader_want *,
    log_reader_fn *, void *arg);
void log_reader_rewind(struct log_reader_file *);
/* When its first line was written: INT64_MIN when that can't be told. */
int64_t log_reader_begin(struct log_reader_file *);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A child's stderr as lines with a level: reads a pipe, a bounded amount per
 * wake-up, cuts what has no end, remembers the last one for the obituary.
 */
#ifndef SUPERVISOR_LOG_CHILD_OUTPUT_H
#define SUPERVISOR_LOG_CHILD_OUTPUT_H

#include <ev.h>

#include "shared/base/log.h"

#define CHILD_OUTPUT_MAX LOG_WITH_LEVEL /* longer ones are cut and go on */
#define CHILD_OUTPUT_WORK 8192		/* bytes per wake-up and child */
#define CHILD_OUTPUT_LAST_MS 5000	/* older lines are of something else */

struct child_output;
typedef void child_output_fn(struct child_output *, enum log_level,
    const char *text);

struct child_output {
	struct ev_loop *loop;
	ev_io rd;
	int fd; /* -1: closed */
	child_output_fn *fn;
	char buf[CHILD_OUTPUT_MAX + 1];
	size_t len;
	char last[160]; /* last line, for the obituary */
	enum log_level last_level;
	bool last_levelled; /* it said so: a line of our own log */
	uint64_t last_ms;   /* boot */
};

void child_output_init(struct child_output *);
/* Takes fd over. */
void child_output_open(struct child_output *, struct ev_loop *, int fd,
    child_output_fn *);
/*
 * What it said last, as far as it may be what it ended of, "": of our own log
 * only a warning or worse that was said just before.
 */
const char *child_output_last(const struct child_output *, uint64_t now_ms);
/* Reads what is left (bounded), hands out a last line without an end. */
void child_output_close(struct child_output *);

/* The pipe, and the line begun, go to another owner; to is closed. */
void child_output_move(struct child_output *to, struct child_output *from);

#endif

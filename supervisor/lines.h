/* SPDX-License-Identifier: MIT */
/*
 * A child's stderr as lines with a level: reads a pipe, a bounded amount per
 * wake-up, cuts what has no end, remembers the last one for the obituary.
 */
#ifndef SUPERVISOR_LINES_H
#define SUPERVISOR_LINES_H

#include <ev.h>

#include "shared/base/log.h"

#define LINES_MAX LOG_WITH_LEVEL /* longer ones are cut and go on */
#define LINES_WORK 8192		/* bytes per wake-up and child */

struct lines;
typedef void lines_fn(struct lines *, enum log_level, const char *text);

struct lines {
	struct ev_loop *loop;
	ev_io rd;
	int fd;			/* -1: closed */
	lines_fn *fn;
	char buf[LINES_MAX + 1];
	size_t len;
	char last[160];		/* last line, for the obituary */
};

void lines_init(struct lines *);
/* Takes fd over. */
void lines_open(struct lines *, struct ev_loop *, int fd, lines_fn *);
/* Reads what is left (bounded), hands out a last line without an end. */
void lines_close(struct lines *);

/* The pipe, and the line begun, go to another owner; to is closed. */
void lines_move(struct lines *to, struct lines *from);

/* Splits "<3>text": the level, text moved behind it; info without one. */
enum log_level lines_level(const char **text);

#endif

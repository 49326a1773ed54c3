/* SPDX-License-Identifier: MIT */
/*
 * The three pipes to a plugin: whole lines out of its stdout and stderr, a
 * queue into its stdin.  Bounded work per wake-up, a bound on each line, and
 * when a plugin does not read what it asked for, its own requests wait.
 */
#ifndef HANDLER_PROCESS_PIPES_H
#define HANDLER_PROCESS_PIPES_H

#include "shared/base/buf.h"
#include "shared/guest/guest.h"

#include <ev.h>

#define PIPES_LINE_MAX (16u << 20) /* one line of a plugin's stdout */
#define PIPES_WORDS_MAX 2048u	   /* one line of its stderr */
#define PIPES_READ (64u << 10)	   /* bytes per wake-up */
#define PIPES_OUT_LOW (256u << 10) /* add events while less than this waits */
#define PIPES_OUT_HIGH (8u << 20)  /* read no requests while more waits */

struct pipes;

struct pipes_calls {
	/* A line without its newline, borrowed.  After it closes p: false. */
	bool (*line)(struct pipes *, char *text, size_t len);
	/* A line longer than PIPES_LINE_MAX, of which this is the beginning:
	 * true when the rest of it is to be skipped, false: p is closed. */
	bool (*too_long)(struct pipes *, const char *head, size_t len);
	void (*words)(struct pipes *, const char *text);
	/* It closed a pipe, most likely because it ends. */
	void (*closed)(struct pipes *, const char *why);
	/* More was written: there is room for events. */
	void (*room)(struct pipes *);
};

struct pipes {
	const struct pipes_calls *calls;
	struct ev_loop *loop;
	int in, out, err; /* -1: closed */
	ev_io in_io, out_io, err_io;
	struct buf send, got, words;
	size_t scanned;	   /* of got: no newline there */
	bool skipping;	   /* the rest of a line that was too long */
	uint64_t written;  /* bytes of send that went out so far */
	uint64_t stuck_ms; /* boot stamp since when nothing goes out; 0 */
};

void pipes_open(struct pipes *, struct ev_loop *, const struct guest *,
    const struct pipes_calls *);
void pipes_close(struct pipes *); /* idempotent */
/* Writes what send holds; the rest follows by itself. */
void pipes_flush(struct pipes *);
/* Nothing has passed for a while: what is empty goes back. */
void pipes_rest(struct pipes *);
void pipes_close_in(struct pipes *);  /* its stdin sees EOF */
void pipes_close_out(struct pipes *); /* reads no more of its stdout */
/* After the process' end: what it still said, until both pipes are empty. */
void pipes_last(struct pipes *);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * How far something is that takes its time, and how long it still takes: on a
 * terminal one line that is drawn again and again, elsewhere a line now and
 * then, on standard error; nothing with --json.  There is one at a time; every
 * loop of the command line that waits ticks it.  What it says is read from the
 * fleet's page: nobody is asked.
 */
#ifndef TOOLS_CLI_BASE_PROGRESS_H
#define TOOLS_CLI_BASE_PROGRESS_H

#include "tools/cli/base/cli.h"

enum progress_kind {
	PROGRESS_READY,	  /* until all shards and the handler are ready */
	PROGRESS_GONE,	  /* until no process is left */
	PROGRESS_ROLLOUT, /* until the shards are replaced */
	PROGRESS_PLAIN	  /* nothing is counted */
};

/* what: "The fleet stops"; most_s: it is given up then, 0: that is not said.
 * Both outlive it, and so does the cli, whose config is loaded. */
void progress_begin(const struct cli *, enum progress_kind, const char *what,
    double most_s);
/* Shows it, if it is time: never before a second is over. */
void progress_tick(void);
/* How far it is, where nothing is counted; copied. */
void progress_words(const char *);
/* A line that stands makes room for another one. */
void progress_clear(void);
void progress_end(void);

/*
 * Milliseconds until all of total are done, by the pace since there were
 * `before` of them; -1: it cannot be told.  Pure.
 */
int64_t progress_left(uint32_t before, uint32_t done, uint32_t total,
    uint64_t passed_ms);

#endif

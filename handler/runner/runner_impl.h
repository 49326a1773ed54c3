/* SPDX-License-Identifier: MIT */
/*
 * The runner's one object, for the files that make up the process: runner.c
 * (start, end), runner_channel.c (the supervisor), runner_lines.c (what the bot
 * says).
 */
#ifndef HANDLER_RUNNER_RUNNER_IMPL_H
#define HANDLER_RUNNER_RUNNER_IMPL_H

#include "shared/base/timer.h"
#include "shared/guest/guest.h"
#include "shared/guest/log_ration.h"
#include "shared/config/config.h"
#include "shared/wire/ipc.h"
#include "shared/wire/orphan.h"

#include <ev.h>

#define RUNNER_LINE_MAX 2000 /* a longer one is cut and goes on */
#define RUNNER_TICK_S 1.0
#define RUNNER_KILL_PART 0.9 /* of the time it has to stop: then SIGKILL */

struct runner;

/* Standard output, or standard error. */
struct runner_lines {
	struct runner *runner;
	int fd; /* -1: closed */
	ev_io io;
	char text[RUNNER_LINE_MAX + 1];
	size_t len;
};

struct runner {
	struct ev_loop *loop;
	struct timers *timers;
	struct config config;
	const struct config_client *client;
	struct guest_limits limits;
	struct ipc ipc;
	struct orphan orphan;
	struct nonce nonce;
	uint32_t generation;
	ev_io signals;
	struct timer tick, stop;
	struct guest guest; /* pid 0: none */
	struct runner_lines out, err;
	struct log_ration ration;
	char words[160]; /* last of the bot, see stderr_words.h */
	bool stopping;	 /* it was told to end */
	int status;	 /* how it ended, of waitpid */
};

/* Reads from now on. */
void runner_lines_open(struct runner_lines *, struct runner *, int fd);
/* All that is still to be read, at most a bounded amount; then closes it. */
void runner_lines_last(struct runner_lines *);
/* Tells what was left out of the log; end: all of it. */
void runner_lines_cut(struct runner *, bool end);

void runner_channel_open(struct runner *);
void runner_channel_up(struct runner *);
void runner_channel_words(struct runner *);

/* Ends the bot, within so many seconds, and then itself. */
void runner_stop(struct runner *, double within_s);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Starting a fleet.  In the background the supervisor tells through a pipe how
 * its start went; its sentence and exit code become ours.  hold: the plugins
 * are held back (--hold-plugins).
 */
#ifndef TOOLS_CLI_ORDERS_STARTING_H
#define TOOLS_CLI_ORDERS_STARTING_H

#include "tools/cli/base/load.h"

/* This process becomes the supervisor; its exit code. */
int starting_here(struct cli *, bool hold);
/*
 * Starts it in the background and waits for its word: 0, or -1.  until: when a
 * wait that was asked for ends (clock_boot_ms), else 0.
 */
int starting_daemon(struct cli *, uint64_t until, bool hold);
/* Follows the page until every shard is ready: 0, or -1 with EXIT_WAIT. */
int starting_wait(struct cli *, uint64_t until);
/* All of that; the exit code. */
int starting(struct cli *, uint64_t until, bool hold);

/* When a --wait ends: 0 without one, -1 without a number. */
uint64_t starting_until(double wait_s);
/*
 * The options of start and ensure, own being the flag that only this verb has,
 * and the config.  Where a fleet of this file runs nothing is to be started,
 * and what is wrong with the file is only told.  0, or -1.
 */
int starting_options(struct cli *, enum load_starter, const char *own,
    bool *flag, uint64_t *until);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Stopping asks, then waits until the kernel has dropped the supervisor's lock.
 * When run_dir has vanished, a SIGTERM says the same; and processes that
 * outlived a killed supervisor get theirs one by one.
 */
#ifndef TOOLS_CLI_ORDERS_STOPPING_H
#define TOOLS_CLI_ORDERS_STOPPING_H

#include "tools/cli/base/cli.h"

/* Stops what runs, within so many seconds, 0: as its limits say; the exit code,
 * and all is said. */
int stopping(struct cli *, bool end_sessions, double seconds);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A script: lines `at TIME VERB ...` run on a timer from the start; lines
 * without a time are a story, run one after the other, each when the one before
 * has what it waits for, until one fails.  The words are those of ctl.  Blank
 * lines and lines that begin with # are skipped.
 */
#ifndef TOOLS_SIM_CONTROL_SCRIPT_H
#define TOOLS_SIM_CONTROL_SCRIPT_H

#include "tools/sim/base/sim.h"

#define SCRIPT_LINES_MAX 4096
#define SCRIPT_LOOK_S 0.01 /* how often a wait is judged */

/* Reads cfg.script (NULL: nothing to do).  0 or -1 with err naming the line. */
int script_start(struct sim *, struct err *);
void script_stop(struct sim *);

#endif

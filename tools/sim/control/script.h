/* SPDX-License-Identifier: MIT */
/*
 * A script: lines `at TIME VERB ...` run on a timer from the start, with the
 * words of ctl.  Blank lines and lines that begin with # are skipped.
 */
#ifndef TOOLS_SIM_CONTROL_SCRIPT_H
#define TOOLS_SIM_CONTROL_SCRIPT_H

#include "tools/sim/base/sim.h"

#define SCRIPT_LINES_MAX 4096

/* Reads cfg.script (NULL: nothing to do).  0 or -1 with err naming the line. */
int script_start(struct sim *, struct err *);
void script_stop(struct sim *);

#endif

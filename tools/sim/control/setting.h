/* SPDX-License-Identifier: MIT */
/*
 * The options of `run`, as one table with their defaults; `ctl set` changes
 * some of them later.
 */
#ifndef TOOLS_SIM_CONTROL_SETTING_H
#define TOOLS_SIM_CONTROL_SETTING_H

#include "tools/sim/base/sbuf.h"
#include "tools/sim/base/sim.h"
#include "tools/sim/control/help.h"

/* Every default; dir is NULL. */
void setting_defaults(struct sim *);
/* argv after "run".  0, or -1 with err. */
int setting_options(struct sim *, int argc, char **argv, struct err *);
/* The verb: set KEY VALUE.  0 or EXIT_USAGE with a sentence. */
int setting_set(struct sim *, int argc, char **argv, struct sbuf *out);
/* The n-th option of run, for help, usage being its default; false past the
 * last. */
bool setting_help(size_t n, struct help_row *);
void setting_free(struct sim *);
/* "5s", "250ms", "10m", "1h", "5" (seconds). */
bool setting_duration(const char *, double *seconds);

#endif

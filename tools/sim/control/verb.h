/* SPDX-License-Identifier: MIT */
/*
 * This room is who works the simulator: its settings, its verbs, the generator
 * of events and the accounts people read.  This header: the verbs of the
 * control socket and of scripts, as one table; a new one is a row there.
 */
#ifndef TOOLS_SIM_CONTROL_VERB_H
#define TOOLS_SIM_CONTROL_VERB_H

#include "tools/sim/base/sbuf.h"
#include "tools/sim/base/sim.h"
#include "tools/sim/control/help.h"

#define VERB_WORDS_MAX 32

struct wait;

/*
 * Runs one command: exit code, words in out.  wait: filled when it has to be
 * waited for (then the code means nothing yet); NULL: can't wait.
 */
int verb_run(struct sim *, int argc, char **argv, struct wait *,
    struct sbuf *out);
/* The n-th verb, for help; false past the last. */
bool verb_help(size_t n, struct help_row *);

#endif

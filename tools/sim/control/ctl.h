/* SPDX-License-Identifier: MIT */
/*
 * The mode `ctl`, one command to the simulator, and what other clients of its
 * control socket need.
 */
#ifndef TOOLS_SIM_CONTROL_CTL_H
#define TOOLS_SIM_CONTROL_CTL_H

#include "shared/base/err.h"

/* The exit code; argv after the mode's name. */
int ctl_main(int argc, char **argv);

/* Connects to DIR/control.sock: fd, or -1 with err. */
int ctl_connect(const char *dir, struct err *);
/* Takes "--dir DIR" off the front; NULL when it isn't there. */
const char *ctl_dir(int *argc, char ***argv);
/* Has one command run and shows what it says; an exit code. */
int ctl_run(const char *dir, int argc, char **argv);

#endif

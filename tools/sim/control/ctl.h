/* SPDX-License-Identifier: MIT */
/* The two client modes: `ctl`, one command, and `audit`, a plugin. */
#ifndef TOOLS_SIM_CONTROL_CTL_H
#define TOOLS_SIM_CONTROL_CTL_H

#include "shared/base/err.h"

/* Exit codes; argv after the mode's name. */
int ctl_main(int argc, char **argv);
int audit_main(int argc, char **argv);

/* Connects to DIR/control.sock: fd, or -1 with err. */
int ctl_connect(const char *dir, struct err *);
/* Takes "--dir DIR" off the front; NULL when it isn't there. */
const char *ctl_dir(int *argc, char ***argv);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * `shardherd-sim audit`: a plugin (JSON-RPC 2.0, a line per message) that tells
 * the simulator of each event it is given and calls events done only when the
 * simulator has confirmed that it knows.
 */
#ifndef TOOLS_SIM_CONTROL_AUDIT_H
#define TOOLS_SIM_CONTROL_AUDIT_H

/* The exit code; argv after the mode's name. */
int audit_main(int argc, char **argv);

#endif

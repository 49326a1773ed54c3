/* SPDX-License-Identifier: MIT */
/*
 * DIR/control.sock.  A client sends one line, a JSON array of words, and gets
 * "CODE LENGTH\n" and LENGTH bytes.  The word "audit" makes it a stream of
 * audit lines instead, where "flush N" is answered by "ok N".
 */
#ifndef TOOLS_SIM_CONTROL_CONTROL_H
#define TOOLS_SIM_CONTROL_CONTROL_H

#include "tools/sim/base/sim.h"

#define CONTROL_CLIENTS_MAX 256
#define CONTROL_LINE_MAX 65536
#define CONTROL_POLL_S 0.01 /* how often waits are judged */

int control_start(struct sim *, struct err *);
void control_stop(struct sim *);

#endif

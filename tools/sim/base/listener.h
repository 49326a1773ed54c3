/* SPDX-License-Identifier: MIT */
/* The TCP sockets the simulator is reached at. */
#ifndef TOOLS_SIM_BASE_LISTENER_H
#define TOOLS_SIM_BASE_LISTENER_H

#include "tools/sim/base/sim.h"

/* Listens at cfg.listen, IPv4 or IPv6, non-blocking; port 0: any.  The socket,
 * or -1 with err. */
int listener_open(struct sim *, unsigned port, struct err *);
/* The port it has. */
unsigned listener_port(int fd);

#endif

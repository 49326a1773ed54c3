/* SPDX-License-Identifier: MIT */
/* The verb `line`: what the connections of a shard are like from now on. */
#ifndef TOOLS_SIM_CONTROL_LINE_H
#define TOOLS_SIM_CONTROL_LINE_H

#include "tools/sim/base/sbuf.h"
#include "tools/sim/base/sim.h"

#define LINE_USAGE                                                             \
	"SHARD|all [latency TIME] [bandwidth N] [segment N]\n"                 \
	"        [backlog N] | SHARD|all default"

/* line SHARD|all KEY VALUE ... | default.  0, 1 or EXIT_USAGE. */
int line_command(struct sim *, int argc, char **argv, struct sbuf *out);

#endif

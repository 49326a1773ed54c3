/* SPDX-License-Identifier: MIT */
/* What a person at the desk sees of the world: its guilds. */
#ifndef TOOLS_SIM_CONTROL_INSPECT_H
#define TOOLS_SIM_CONTROL_INSPECT_H

#include "tools/sim/base/sbuf.h"
#include "tools/sim/base/sim.h"

/* The verb `world`: all of it, for `run --world`. */
int inspect_world(struct sim *, int argc, char **argv, struct sbuf *out);
/* The verb of ctl: `guilds [N]`; an exit code. */
int inspect_guilds(struct sim *, int argc, char **argv, struct sbuf *out);
/* The verb `created GUILD|all`: d of the GUILD_CREATE the first bot would get. */
int inspect_created(struct sim *, int argc, char **argv, struct sbuf *out);

#endif

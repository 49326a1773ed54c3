/* SPDX-License-Identifier: MIT */
/*
 * People who use what a bot offers: commands, their suggestions, buttons,
 * selections and forms.  Each use is an INTERACTION_CREATE with a live token
 * (discord-protocol.md section 7.3), counted until it is answered.
 */
#ifndef TOOLS_SIM_CONTROL_INTERACTION_H
#define TOOLS_SIM_CONTROL_INTERACTION_H

#include "tools/sim/base/sbuf.h"
#include "tools/sim/base/sim.h"

/* The words of --as. */
#define INTERACTION_WORDS "slash|user|message|button|select|autocomplete|modal"

/* The verb: interaction GUILD [NAME [TEXT]] [--as KIND] [--target ID].  The
 * interaction's id, or an exit code with a sentence. */
int interaction_command(struct sim *, int argc, char **argv, struct sbuf *out);

#endif

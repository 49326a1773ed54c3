/* SPDX-License-Identifier: MIT */
/*
 * People who use what a bot offers: commands, their suggestions, buttons,
 * selections and forms.  Each use is an INTERACTION_CREATE with a live token
 * (discord-protocol.md section 7.3), counted until it is answered.
 */
#ifndef TOOLS_SIM_REST_INTERACT_H
#define TOOLS_SIM_REST_INTERACT_H

#include "tools/sim/base/sbuf.h"
#include "tools/sim/base/sim.h"

/* Discord's interaction types. */
enum interact_type {
	INTERACT_COMMAND = 2,
	INTERACT_COMPONENT = 3,
	INTERACT_AUTOCOMPLETE = 4,
	INTERACT_MODAL = 5,
};

struct interact_form {
	const char *as;	  /* "slash", ...; NULL: slash */
	const char *name; /* of the command, or custom_id */
	const char *text; /* option, values, what was typed; or NULL */
	uint64_t target;  /* user or message; 0: one is found */
};

/*
 * A person of the guild does it in its first talk channel.  The interaction's
 * id; 0 with a sentence.
 */
uint64_t interact_new(struct sim *, unsigned guild,
    const struct interact_form *, struct sbuf *why);
/* The words of `as`, for usage. */
#define INTERACT_WORDS                                                         \
	"slash|user|message|button|select|autocomplete|modal"

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A registered command and what a person types behind it: the options of an
 * interaction, checked as Discord's own client checks them.  A function that
 * fails has said why.
 */
#ifndef TOOLS_SIM_PEOPLE_OPTION_H
#define TOOLS_SIM_PEOPLE_OPTION_H

#include "tools/sim/people/use.h"
#include "tools/sim/people/who.h"

/* The chat command of that name ("/name", "name") that is registered for the
 * guild or globally, and may be used there by that person; borrowed.  NULL.
 * type: Discord's, 1 chat, 2 user, 3 message; installs: set to where the
 * application must be installed for it (user: only by that person). */
json_object *option_command(struct who *, const char *name, int type,
    bool user_install, unsigned *installs);
/*
 * Reads SUB ... and OPTION=VALUE ... into data's options and resolved.  typing:
 * the last one is being typed, and nothing else is required.  False with why.
 */
bool option_read(struct use *, struct who *, struct words *,
    json_object *command, bool typing, json_object *data);

#endif

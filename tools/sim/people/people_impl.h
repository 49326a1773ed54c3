/* SPDX-License-Identifier: MIT */
/* What verbs of persons share: the messages they make.  For people_*.c only. */
#ifndef TOOLS_SIM_PEOPLE_PEOPLE_IMPL_H
#define TOOLS_SIM_PEOPLE_PEOPLE_IMPL_H

#include "tools/sim/act/act.h"
#include "tools/sim/people/who.h"

/* What the person does in the guild, for the room act. */
struct act people_act(const struct who *);
/* A message object of the person's without mentions and attachments, of type 0;
 * caller owns. */
json_object *people_message(struct who *, uint64_t id, const char *content);
/* Keeps it, of that id (borrowed), and tells of it. */
void people_post(struct who *, json_object *m, uint64_t id,
    const char *content);

#endif

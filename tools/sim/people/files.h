/* SPDX-License-Identifier: MIT */
/* Files that a person hands over, from this machine's disk. */
#ifndef TOOLS_SIM_PEOPLE_FILES_H
#define TOOLS_SIM_PEOPLE_FILES_H

#include "tools/sim/people/words.h"

/* Reads and keeps those of --file: an array of attachment objects, which the
 * caller owns.  NULL with a sentence in w->out. */
json_object *files_attach(struct sim *, struct words *w, uint64_t channel,
    bool ephemeral);

#endif

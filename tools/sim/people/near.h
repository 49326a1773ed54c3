/* SPDX-License-Identifier: MIT */
/* A word that is none of the names there are: which are the nearest? */
#ifndef TOOLS_SIM_PEOPLE_NEAR_H
#define TOOLS_SIM_PEOPLE_NEAR_H

#include "tools/sim/base/sbuf.h"

#define NEAR_MAX 256

/* The names there are; borrowed. */
struct near {
	const char *name[NEAR_MAX];
	size_t n;
};

/* Each once; of more than NEAR_MAX the first. */
void near_offer(struct near *, const char *name);
/* "; did you mean X?", or all there are, if few; or nothing. */
void near_say(const struct near *, const char *word, struct sbuf *);

#endif

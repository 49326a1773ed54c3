/* SPDX-License-Identifier: MIT */
/*
 * What is wrong with our own fleet, as everybody else sees it too
 * (shared/page/verdict.h): what alerts and systemd's status line say.
 */
#ifndef SUPERVISOR_STATUS_JUDGED_H
#define SUPERVISOR_STATUS_JUDGED_H

#include "shared/page/verdict.h"

struct fleet;

struct judged {
	struct verdict_fleet found;
	uint32_t shards, ready; /* 0 shards: nothing is known yet */
};

/* Of the page as it is now; reads /proc. */
void judged_look(struct judged *, const struct fleet *);

#endif

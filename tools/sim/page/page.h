/* SPDX-License-Identifier: MIT */
/*
 * This room is what a browser sees of the simulator at / of its REST port:
 * the world, what was said in it, sessions, violations and calls.  Plain pages
 * without a script, made when they are asked for; they change nothing, show no
 * token, and everything foreign in them is escaped and bounded.
 */
#ifndef TOOLS_SIM_PAGE_PAGE_H
#define TOOLS_SIM_PAGE_PAGE_H

#include "tools/sim/base/sim.h"

/* From now on they are served; after rest_start(). */
void page_open(struct sim *);

#endif

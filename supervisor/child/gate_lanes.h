/* SPDX-License-Identifier: MIT */
/*
 * Introduces handlers and gate to each other: one socketpair for each handler
 * that runs and the gate in service, one end to each.  During a reload both
 * handlers have one.  What flows over it is none of ours.
 */
#ifndef SUPERVISOR_CHILD_GATE_LANES_H
#define SUPERVISOR_CHILD_GATE_LANES_H

#include "shared/base/timer.h"

struct fleet;
struct member;

#define GATE_LANES_AGAIN_S 1.0 /* after one was lost, or there are no fds */

struct gate_lanes {
	struct fleet *fleet;
	struct timer timer;
};

void gate_lanes_init(struct gate_lanes *, struct fleet *);
/* A handler became ready, or a gate took over: what lacks a lane gets one. */
void gate_lanes_add(struct gate_lanes *, struct member *);
/* The handler's lane ended. */
void gate_lanes_lost(struct gate_lanes *, struct member *);

#endif

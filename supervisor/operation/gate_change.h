/* SPDX-License-Identifier: MIT */
/*
 * The gate's process: there is one when the config has a gate, and another one
 * takes its place when its config or program changed.  The next one starts
 * beside it and proves that it can serve; then the old one closes its clients'
 * connections, which wait at the socket, and ends; then the next one attaches
 * to the log, which has one writer at a time, and the clients RESUME.  One that
 * does not come up changes nothing.
 */
#ifndef SUPERVISOR_OPERATION_GATE_CHANGE_H
#define SUPERVISOR_OPERATION_GATE_CHANGE_H

#include "shared/base/err.h"

struct fleet;
struct member;

struct gate_change {
	struct fleet *fleet;
	struct member *fresh; /* starts, or waits for the old one's end */
	bool taking;	      /* that was asked to leave */
	uint64_t sum;	      /* of the config of the one in service */
	uint64_t fresh_sum;
};

void gate_change_init(struct gate_change *, struct fleet *);
/*
 * The config or the program may have changed: starts, replaces or ends the gate
 * as needed.  Tried again by the next call only.
 */
void gate_change_follow(struct gate_change *);
/* Another process takes its place, though nothing changed: 0 or -1. */
int gate_change_renew(struct gate_change *, struct err *);
/* One that was taken over runs with a config of this sum. */
void gate_change_adopted(struct gate_change *, uint64_t sum);
/* A process of the gate is ready; has ended. */
void gate_change_ready(struct gate_change *, struct member *);
void gate_change_gone(struct gate_change *, struct member *);
/* All of it ends: true when none runs any more. */
bool gate_change_end(struct gate_change *);

#endif

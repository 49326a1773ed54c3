/* SPDX-License-Identifier: MIT */
/* What a request over the control socket does; who asked is control.c's. */
#ifndef SUPERVISOR_COMMANDS_H
#define SUPERVISOR_COMMANDS_H

#include "supervisor/request.h"

struct fleet;

/*
 * Carries it out: 0 done, 1 when the answer comes later by control_done() of
 * this ticket (it may have come already), -1.  passed: the fd that came with
 * it, -1: none; borrowed.  Never waits; may write to disk where the operation
 * does.
 */
int commands_carry_out(struct fleet *, const struct request *,
    int passed, uint32_t ticket, struct err *);

#endif

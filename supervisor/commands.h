/* SPDX-License-Identifier: MIT */
/* What a request over the control socket does; who asked is control.c's. */
#ifndef SUPERVISOR_COMMANDS_H
#define SUPERVISOR_COMMANDS_H

#include "supervisor/base/request.h"

struct fleet;

/* See struct control_ops. */
int commands_carry_out(struct fleet *, const struct request *, int passed,
    uint32_t ticket, struct err *);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The supervisor: sizes the fleet, forks a process per shard, grants
 * IDENTIFYs, restarts what dies.  Never touches an event; nothing in it may
 * block or crash on input from outside.
 */
#ifndef SUPERVISOR_SUPERVISOR_H
#define SUPERVISOR_SUPERVISOR_H

#include "shared/wire/role_args.h"

/* Returns the exit code of the process (err.h). */
int supervisor_main(const struct supervisor_args *);

#endif

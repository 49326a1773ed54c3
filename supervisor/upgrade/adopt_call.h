/* SPDX-License-Identifier: MIT */
/*
 * The calls for adoption (adopt.h): the socket in run_dir, a bounded number of
 * connections, one message from each, which adopt.c judges.
 */
#ifndef SUPERVISOR_UPGRADE_ADOPT_CALL_H
#define SUPERVISOR_UPGRADE_ADOPT_CALL_H

#include "supervisor/upgrade/adopt.h"

void adopt_call_init(struct adopt *);
/* 0, or -1 when the socket can't be made; does nothing when it is there. */
int adopt_call_listen(struct adopt *, struct err *);
/* Listens again when run_dir had vanished. */
void adopt_call_check(struct adopt *);
void adopt_call_close(struct adopt *);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Makes processes: shards by fork alone, the handler by exec of ourselves.
 * Each gets exactly the fds contract.h names and nothing else of ours.
 */
#ifndef SUPERVISOR_SPAWN_H
#define SUPERVISOR_SPAWN_H

#include "supervisor/member.h"

/* Sets pid, ipc and lines of the child. */
int spawn_child(struct member *, struct err *);
/* Field 22 of /proc/PID/stat, which with the pid names a process; 0: none. */
uint64_t spawn_start_time(pid_t);

#endif

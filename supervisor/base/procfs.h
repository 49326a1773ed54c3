/* SPDX-License-Identifier: MIT */
/* What /proc says about one process: memory, fds, descent, cages.  Reads,
 * never waits. */
#ifndef SUPERVISOR_BASE_PROCFS_H
#define SUPERVISOR_BASE_PROCFS_H

#include "shared/base/base.h"

#include <sys/types.h>

struct procfs_sample {
	uint64_t rss_kb, uss_kb, anon_kb; /* anon: no file's, no memfd's */
	uint32_t fds, fd_limit;
	uint32_t walked_s; /* boot stamp, when uss_kb was told; 0: never */
};

#define PROCFS_FDS_MAX 65536 /* counted no further */
/* For uss_kb the kernel walks all page tables of a process: that is done when
 * rss_kb moved by more than a sixteenth, or after this long. */
#define PROCFS_WALK_S 10

/* From the last sample of the same process, or zeros, to the one of now, which
 * is given in ms since boot; false when the process is gone. */
bool procfs_read(pid_t, struct procfs_sample *, uint64_t now_ms);
/* Its command's name, foreign bytes; "": not known. */
void procfs_name(pid_t, char *out, size_t size);
/* 0: it can't be told. */
pid_t procfs_parent(pid_t);
/* seccomp filters it lives under; 0 as well when it can't be told, as before
 * Linux 5.9. */
unsigned procfs_filters(pid_t);

#endif

/* SPDX-License-Identifier: MIT */
/* What /proc says about one process: memory, fds, descent.  Reads,
 * never waits. */
#ifndef SUPERVISOR_BASE_PROCFS_H
#define SUPERVISOR_BASE_PROCFS_H

#include "shared/base/base.h"

#include <sys/types.h>

struct procfs_sample {
	uint64_t rss_kb, uss_kb, anon_kb; /* anon: no file's, no memfd's */
	uint32_t fds, fd_limit;
};

#define PROCFS_FDS_MAX 65536 /* counted no further */

/* false when the process is gone. */
bool procfs_read(pid_t, struct procfs_sample *);
/* Its command's name, foreign bytes; "": not known. */
void procfs_name(pid_t, char *out, size_t size);
/* 0: it can't be told. */
pid_t procfs_parent(pid_t);

#endif

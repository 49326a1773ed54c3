/* SPDX-License-Identifier: MIT */
/* What /proc says about one process: memory, fds, descent.  Reads, never waits. */
#ifndef SUPERVISOR_PROC_H
#define SUPERVISOR_PROC_H

#include "shared/base/base.h"

#include <sys/types.h>

struct proc_sample {
	uint64_t rss_kb, uss_kb;
	uint32_t fds, fd_limit;
};

#define PROC_FDS_MAX 65536	/* counted no further */

/* false when the process is gone. */
bool proc_read(pid_t, struct proc_sample *);
/* Its command's name, foreign bytes; "": not known. */
void proc_name(pid_t, char *out, size_t size);
/* 0: it can't be told. */
pid_t proc_parent(pid_t);

#endif

/* SPDX-License-Identifier: MIT */
/* A look at other processes through /proc; what may not be read is not
 * there. */
#ifndef SHARED_VIEW_PROC_WALK_H
#define SHARED_VIEW_PROC_WALK_H

#include "shared/base/base.h"

/* link: a file's entry in /proc; target: what it leads to, which may be gone
 * ("... (deleted)"), fn's to change.  True ends the walk. */
typedef bool proc_walk_fd_fn(const char *link, char *target, void *arg);
/* Over what a process has open; did fn say true? */
bool proc_walk_fds(int32_t pid, proc_walk_fd_fn *, void *arg);

/* The first process whose title begins so and of which fn says true, or 0. */
int32_t proc_walk_titled(const char *title, bool (*fn)(int32_t pid, void *arg),
    void *arg);

#endif

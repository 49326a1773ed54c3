/* SPDX-License-Identifier: MIT */
/*
 * What a guest leaves behind when it ends: processes that left its group with
 * setsid(), as daemons do.  They come to its parent, as the nearest reaper,
 * and are known by GUEST_PROCESS_ENV in their environment; one that has
 * wiped it stays until the parent ends.  A parent that is killed ends nobody.
 */
#ifndef SHARED_GUEST_STRAGGLERS_H
#define SHARED_GUEST_STRAGGLERS_H

#include "shared/base/base.h"

#include <sys/types.h>

/* Is it a guest's process now? */
typedef bool stragglers_fn(void *arg, pid_t);

/* Once, before the first guest. */
void stragglers_adopt(void);
/*
 * After a child's end: reaps those that are no guest's and kills what a
 * guest left that is gone.  Walks /proc, when there can be something.
 */
void stragglers_end(stragglers_fn *, void *arg);
/* No guest is left: nor is anything of theirs. */
void stragglers_end_all(void);

#endif

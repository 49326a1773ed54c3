/* SPDX-License-Identifier: MIT */
/*
 * What a plugin leaves behind when it ends: processes that left its group with
 * setsid(), as daemons do.  They come to the handler, as the nearest reaper,
 * and are known by PLUGIN_SPAWN_PROCESS_ENV in their environment; one that has
 * wiped it stays until the handler ends.  A handler that is killed ends nobody.
 */
#ifndef HANDLER_PROCESS_STRAGGLERS_H
#define HANDLER_PROCESS_STRAGGLERS_H

#include "shared/base/base.h"

#include <sys/types.h>

/* Is it a plugin's process now? */
typedef bool stragglers_fn(void *arg, pid_t);

/* Once, before the first plugin. */
void stragglers_adopt(void);
/*
 * After a child's end: reaps those that are no plugin's and kills what a
 * plugin left that is gone.  Walks /proc, when there can be something.
 */
void stragglers_end(stragglers_fn *, void *arg);
/* No plugin is left: nor is anything of theirs. */
void stragglers_end_all(void);

#endif

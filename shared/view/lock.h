/* SPDX-License-Identifier: MIT */
/*
 * Which supervisor runs here, by the lock it holds for its life.  Others' files
 * and /proc are only read, whatever became of the lock's file.
 */
#ifndef SHARED_VIEW_LOCK_H
#define SHARED_VIEW_LOCK_H

#include "shared/config/config.h"

/*
 * Is a supervisor alive on this state_dir?  Asked of the lock it holds for
 * its life.  *pid as the lock file says, 0 when it says nothing.
 */
bool lock_held(const char *state_dir, int32_t *pid);
/* Is the supervisor pid one of another state_dir, which exists: dir? */
bool lock_elsewhere(const char *state_dir, int32_t pid,
    char dir[CONFIG_PATH_MAX]);

#endif

/* SPDX-License-Identifier: MIT */
/* A directory for one test, below /tmp. */
#ifndef TESTS_UNIT_RIG_SCRATCH_H
#define TESTS_UNIT_RIG_SCRATCH_H

#include "shared/base/base.h"

#define SCRATCH_MAX 64

/* Makes one and writes its path: 0 or -1. */
int scratch_make(char *path, size_t size);
/* Removes it with all that is in it: 0 or -1. */
int scratch_remove(const char *path);
bool scratch_exists(const char *path);

#endif

/* SPDX-License-Identifier: MIT */
#include "tests/unit/rig/scratch.h"

#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

#define OPEN_DIRS 8

int
scratch_make(char *path, size_t size)
{
	if (str_copy(path, "/tmp/shardherd-test-XXXXXX", size) >= size)
		return -1;
	return mkdtemp(path) == NULL ? -1 : 0;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	return remove(path);
}

int
scratch_remove(const char *path)
{
	return nftw(path, remove_one, OPEN_DIRS, FTW_DEPTH | FTW_PHYS);
}

bool
scratch_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

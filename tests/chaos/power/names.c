/* SPDX-License-Identifier: MIT */
/* Those of recorder.c's functions that change names: they stand before libc's. */
#include "tests/chaos/power/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int
mkdirat(int dir, const char *path, mode_t mode)
{
	char full[PATH_MAX];
	const char *name = recorder_below(dir, path, full);
	struct stat st;
	bool locked;
	int rc, saved;

	if (name == NULL)
		return (int)syscall(SYS_mkdirat, dir, path, mode);
	locked = recorder_lock();
	rc = (int)syscall(SYS_mkdirat, dir, path, mode);
	saved = errno;
	if (rc == 0 && fstatat(dir, path, &st, 0) == 0)
		recorder_put(MKDIR, recorder_fresh(&st), 0, 0, name,
		    strlen(name));
	recorder_unlock(locked);
	errno = saved;
	return rc;
}

int
mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

int
unlinkat(int dir, const char *path, int flags)
{
	char full[PATH_MAX];
	const char *name = recorder_below(dir, path, full);
	bool locked;
	int rc, saved;

	if (name == NULL || recorder_skips(name))
		return (int)syscall(SYS_unlinkat, dir, path, flags);
	locked = recorder_lock();
	rc = (int)syscall(SYS_unlinkat, dir, path, flags);
	saved = errno;
	if (rc == 0)
		recorder_put(UNLINK, 0, 0, 0, name, strlen(name));
	recorder_unlock(locked);
	errno = saved;
	return rc;
}

int
unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

/* Both names, each ended by a 0. */
static int
two_names(enum kind kind, long number, const char *a, const char *b)
{
	char full[2][PATH_MAX], both[2 * PATH_MAX];
	const char *from = NULL, *to = NULL;
	size_t len;
	bool locked;
	int rc, saved;

	from = recorder_below(AT_FDCWD, a, full[0]);
	to = recorder_below(AT_FDCWD, b, full[1]);
	if (from == NULL || to == NULL)
		return (int)syscall(number, AT_FDCWD, a, AT_FDCWD, b, 0);
	len = (size_t)snprintf(both, sizeof(both), "%s%c%s", from, 0, to);
	locked = recorder_lock();
	rc = (int)syscall(number, AT_FDCWD, a, AT_FDCWD, b, 0);
	saved = errno;
	if (rc == 0)
		recorder_put(kind, 0, 0, 0, both, len);
	recorder_unlock(locked);
	errno = saved;
	return rc;
}

int
rename(const char *a, const char *b)
{
	return two_names(RENAME, SYS_renameat2, a, b);
}

int
link(const char *a, const char *b)
{
	return two_names(LINK, SYS_linkat, a, b);
}

/* SPDX-License-Identifier: MIT */
#include "shared/view/lock.h"

#include "shared/page/page.h"
#include "shared/process/process.h"
#include "shared/view/proc_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUPERVISOR_TITLE "shardherd: supervisor"

/*
 * The lock is tried only while its pid exists: a try that succeeds would, for
 * that instant, keep a supervisor from starting.
 */
static bool
file_held(const char *state_dir, int32_t *pid)
{
	char path[CONFIG_PATH_MAX + 8], text[32] = "";
	bool held = false;
	int fd;

	*pid = 0;
	str_format(path, sizeof(path), "%s/lock", state_dir);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1)
		return false;
	if (read(fd, text, sizeof(text) - 1) > 0)
		*pid = (int32_t)strtol(text, NULL, 10);
	if (process_lives(*pid, 0)) {
		held = flock(fd, LOCK_SH | LOCK_NB) == -1
		    && errno == EWOULDBLOCK;
	}
	close(fd);
	return held;
}

/* That file, deleted or not? */
static bool
is_file(const char *link, char *target, void *arg)
{
	const char *file = arg;
	size_t len = strlen(file);

	return strncmp(target, file, len) == 0
	    && (target[len] == '\0' || strcmp(target + len, " (deleted)") == 0);
}

/* Another root may have a directory of that name. */
static bool
sees_same(int32_t pid, const char *dir)
{
	char path[PATH_MAX + 32];
	struct stat a, b;

	str_format(path, sizeof(path), "/proc/%d/root%s", pid, dir);
	return stat(dir, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev
	    && a.st_ino == b.st_ino;
}

struct tidied {
	char dir[PATH_MAX], lock[PATH_MAX + 8], page[PATH_MAX + 8];
};

static bool
holds_it(int32_t pid, void *arg)
{
	struct tidied *t = arg;

	return proc_walk_fds(pid, is_file, t->lock) && sees_same(pid, t->dir);
}

/* The supervisor whose lock was deleted under it; 0. */
static int32_t
find_holder(const char *state_dir)
{
	struct tidied t;

	if (realpath(state_dir, t.dir) == NULL)
		return 0;
	str_format(t.lock, sizeof(t.lock), "%s/lock", t.dir);
	str_format(t.page, sizeof(t.page), "%s/stats", t.dir);
	if (access(t.lock, F_OK) == 0 && access(t.page, F_OK) == 0)
		return 0;
	return proc_walk_titled(SUPERVISOR_TITLE, holds_it, &t);
}

/* A lock that exists: its directory goes to dir. */
static bool
is_lock(const char *link, char *target, void *dir)
{
	static const char tail[] = "/lock";
	size_t n = strlen(target), len = strlen(tail);

	if (n <= len || strcmp(target + n - len, tail) != 0)
		return false;
	target[n - len] = '\0';
	str_copy(dir, target, CONFIG_PATH_MAX);
	return true;
}

bool
lock_elsewhere(const char *state_dir, int32_t pid, char dir[CONFIG_PATH_MAX])
{
	char real[PATH_MAX];
	int32_t ours;

	if (lock_held(state_dir, &ours) && ours == pid)
		return false;
	return proc_walk_fds(pid, is_lock, dir)
	    && (realpath(state_dir, real) == NULL || strcmp(real, dir) != 0);
}

/*
 * Somebody may have tidied up the lock, or put another file in its place: then
 * the page tells, or the supervisor's own descriptors.
 */
bool
lock_held(const char *state_dir, int32_t *pid)
{
	int32_t other;

	if (file_held(state_dir, pid))
		return true;
	if ((other = page_supervisor(state_dir)) == 0)
		other = find_holder(state_dir);
	if (other != 0)
		*pid = other;
	return other != 0;
}

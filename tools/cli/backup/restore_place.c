/* SPDX-License-Identifier: MIT */
/* See restore_place.h. */
#include "tools/cli/backup/restore_place.h"

#include "shared/base/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const char *const part[] = {"kv", "db"};

static void
in(char *out, size_t size, const char *dir, const char *name)
{
	must(str_format(out, size, "%s/%s", dir, name));
}

int
restore_place_take(struct restore_place *p, const char *state_dir,
    struct err *e)
{
	char path[CONFIG_PATH_MAX + 16];

	*p = (struct restore_place) {.state_dir = state_dir};
	in(p->building, sizeof(p->building), state_dir, "restore.new");
	if (mkdir(state_dir, 0700) == -1 && errno != EEXIST)
		return err_sys(e, EXIT_CONFIG, "Cannot make %s", state_dir);
	in(path, sizeof(path), state_dir, "lock");
	p->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
	    0600);
	if (p->lock_fd == -1)
		return err_sys(e, EXIT_CONFIG, "Cannot open the lock %s", path);
	if (flock(p->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		err_set(e, EXIT_TRY_LATER,
		    "The fleet of %s runs: stop it first (\"shardherd "
		    "stop\"). Nothing was changed.",
		    state_dir);
	else
		err_sys(e, EXIT_CONFIG, "Cannot lock %s", path);
	close(p->lock_fd);
	return -1;
}

void
restore_place_leave(struct restore_place *p)
{
	close(p->lock_fd);
	p->lock_fd = -1;
}

bool
restore_place_taken(const struct restore_place *p)
{
	char path[CONFIG_PATH_MAX + 32];

	for (size_t i = 0; i < nitems(part); i++) {
		in(path, sizeof(path), p->state_dir, part[i]);
		if (access(path, F_OK) == 0)
			return true;
	}
	return false;
}

/* Files of one directory, and it; a link is none. */
static int
remove_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *at = fd != -1 ? fdopendir(fd) : NULL;
	struct dirent *d;

	if (at == NULL)
		return errno == ENOENT ? 0 : -1;
	while ((d = readdir(at)) != NULL)
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			(void)unlinkat(fd, d->d_name, 0);
	closedir(at);
	return rmdir(dir);
}

int
restore_place_clear(struct restore_place *p, struct err *e)
{
	char path[CONFIG_PATH_MAX + 64];
	int rc = 0;

	for (size_t i = 0; i < nitems(part) && rc == 0; i++) {
		in(path, sizeof(path), p->building, part[i]);
		rc = remove_dir(path);
	}
	if (rc == 0 && remove_dir(p->building) == 0)
		return 0;
	return err_sys(e, EXIT_DEGRADED, "Cannot clear %s away", p->building);
}

/* ---- changing places ------------------------------------------------ */

static int
sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (fd == -1)
		return -1;
	rc = fsync(fd);
	close(fd);
	return rc;
}

static int
finish(const struct restore_place *p)
{
	char path[CONFIG_PATH_MAX + 64];

	for (size_t i = 0; i < nitems(part); i++) {
		in(path, sizeof(path), p->building, part[i]);
		if (sync_dir(path) == -1)
			return -1;
	}
	return sync_dir(p->building);
}

/* At once where the file system can; else there is an instant without. */
static int
exchange(const char *a, const char *b)
{
	char aside[CONFIG_PATH_MAX + 128];

	if (access(b, F_OK) == -1)
		return rename(a, b);
	if (syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE)
	    == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	must(str_format(aside, sizeof(aside), "%s.old", a));
	return rename(b, aside) == -1 || rename(a, b) == -1 ? -1
							    : rename(aside, a);
}

static int
swap(struct restore_place *p)
{
	char a[CONFIG_PATH_MAX + 96], b[CONFIG_PATH_MAX + 96];
	int rc = 0;

	for (size_t i = 0; i < nitems(part) && rc == 0; i++) {
		in(a, sizeof(a), p->kept, part[i]);
		in(b, sizeof(b), p->state_dir, part[i]);
		rc = exchange(a, b);
	}
	return rc == -1 ? -1 : sync_dir(p->state_dir);
}

int
restore_place_swap(struct restore_place *p, struct err *e)
{
	time_t now = (time_t)(clock_wall_ms() / 1000);
	struct tm tm;
	char when[32];

	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", gmtime_r(&now, &tm));
	must(str_format(p->kept, sizeof(p->kept), "%s/before-restore-%s",
	    p->state_dir, when));
	/* Under the name it keeps from now on: what comes next puts the old
	 * state there, and nothing ever clears that away. */
	if (finish(p) == -1 || rename(p->building, p->kept) == -1) {
		p->kept[0] = '\0';
		return err_sys(e, EXIT_DEGRADED,
		    "Nothing was changed: %s cannot be made ready",
		    p->building);
	}
	if (swap(p) == -1)
		return err_sys(e, EXIT_DEGRADED,
		    "Only a part was restored; run it again. What was there is "
		    "in %s or where it was",
		    p->kept);
	if (rmdir(p->kept) == 0)
		p->kept[0] = '\0'; /* nothing was there */
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "shared/base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int
fd_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
fd_nonblock(int fd)
{
	int fl = fcntl(fd, F_GETFL);

	return fl < 0 ? -1 : fcntl(fd, F_SETFL, fl | O_NONBLOCK);
}

int
fd_cloexec(int fd, bool on)
{
	int fl = fcntl(fd, F_GETFD);

	if (fl < 0)
		return -1;
	return fcntl(fd, F_SETFD, on ? fl | FD_CLOEXEC : fl & ~FD_CLOEXEC);
}

int
fd_sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc, saved;

	if (fd == -1)
		return -1;
	rc = fsync(fd);
	saved = errno;
	close(fd);
	errno = saved;
	/* A file system that can't says so, and has nothing to lose. */
	return rc == -1 && saved != EINVAL ? -1 : 0;
}

int
fd_sync_dirs(const char *dir, int levels)
{
	char path[PATH_MAX], *slash;

	if (str_copy(path, dir, sizeof(path)) >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (int i = 0; i < levels; i++) {
		/* Above the first one, what may not be read was not made by
		 * us either: /home, say. */
		if (fd_sync_dir(path) == -1
		    && (i == 0 || (errno != EACCES && errno != EPERM)))
			return -1;
		if ((slash = strrchr(path, '/')) == NULL || slash == path)
			return 0;
		*slash = '\0';
	}
	return 0;
}

/* close_range(2), which musl has no wrapper for; false when it failed. */
static bool
close_span(unsigned from, unsigned to)
{
	return from > to || syscall(SYS_close_range, from, to, 0) == 0;
}

static int
compare_fds(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return x < y ? -1 : x > y;
}

/* For kernels before 5.9: walks what is really open, never to the limit. */
static void
close_listed(int low, const int *keep, size_t n)
{
	DIR *d = opendir("/proc/self/fd");

	if (d == NULL)
		return;
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		uint64_t fd;
		bool kept = false;

		if (!str_to_u64(e->d_name, &fd) || (int)fd < low
		    || (int)fd == dirfd(d))
			continue;
		for (size_t i = 0; i < n; i++)
			kept |= keep[i] == (int)fd;
		if (!kept)
			close((int)fd);
	}
	closedir(d);
}

void
fd_close_from(int low, const int *keep, size_t n)
{
	int sorted[64];
	unsigned from = (unsigned)low;

	must(n <= nitems(sorted));
	if (n > 0)
		memcpy(sorted, keep, n * sizeof(*keep));
	qsort(sorted, n, sizeof(*sorted), compare_fds);
	for (size_t i = 0; i < n; i++) {
		if (sorted[i] < 0 || (unsigned)sorted[i] < from)
			continue;
		if (sorted[i] > 0
		    && !close_span(from, (unsigned)sorted[i] - 1)) {
			close_listed(low, keep, n);
			return;
		}
		from = (unsigned)sorted[i] + 1;
	}
	if (!close_span(from, ~0u))
		close_listed(low, keep, n);
}

/* SPDX-License-Identifier: MIT */
/* See procfs.h. */
#include "supervisor/base/procfs.h"

#include "shared/process/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static bool
slurp(pid_t pid, const char *name, char *buf, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return false;
	n = read(fd, buf, size - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return n > 0;
}

static uint64_t
field_kb(const char *text, const char *key)
{
	const char *p = strstr(text, key);

	return p != NULL ? strtoull(p + strlen(key), NULL, 10) : 0;
}

static uint32_t
count_fds(pid_t pid)
{
	char path[64];
	uint32_t n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	d = opendir(path);
	if (d == NULL)
		return 0;
	for (struct dirent *e; n < PROCFS_FDS_MAX && (e = readdir(d)) != NULL;)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static bool
walk_due(const struct procfs_sample *last, uint64_t rss_kb, uint64_t now_ms)
{
	uint64_t moved = rss_kb > last->rss_kb ? rss_kb - last->rss_kb
					       : last->rss_kb - rss_kb;

	return last->uss_kb == 0 || moved > last->rss_kb / 16
	    || now_ms / 1000 - last->walked_s >= PROCFS_WALK_S;
}

bool
procfs_read(pid_t pid, struct procfs_sample *s, uint64_t now_ms)
{
	char buf[4096], *second;
	struct rlimit lim;
	uint64_t rss_kb = 0;

	if (!slurp(pid, "statm", buf, sizeof(buf)))
		return false;
	second = strchr(buf, ' ');
	if (second != NULL)
		rss_kb = strtoull(second, NULL, 10)
		    * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
	if (walk_due(s, rss_kb, now_ms)) {
		s->uss_kb = process_private_kb((int32_t)pid);
		s->walked_s = (uint32_t)(now_ms / 1000);
	}
	s->rss_kb = rss_kb;
	s->anon_kb = slurp(pid, "status", buf, sizeof(buf))
	    ? field_kb(buf, "RssAnon:")
	    : 0;
	s->fds = count_fds(pid);
	s->fd_limit = 0;
	if (prlimit(pid, RLIMIT_NOFILE, NULL, &lim) == 0)
		s->fd_limit = lim.rlim_cur > UINT32_MAX
		    ? UINT32_MAX
		    : (uint32_t)lim.rlim_cur;
	return true;
}

void
procfs_name(pid_t pid, char *out, size_t size)
{
	if (!slurp(pid, "comm", out, size))
		out[0] = '\0';
	out[strcspn(out, "\n")] = '\0';
}

pid_t
procfs_parent(pid_t pid)
{
	return (pid_t)process_field(pid, 4);
}

unsigned
procfs_filters(pid_t pid)
{
	char buf[4096];

	return slurp(pid, "status", buf, sizeof(buf))
	    ? (unsigned)field_kb(buf, "Seccomp_filters:")
	    : 0;
}

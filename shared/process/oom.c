/* SPDX-License-Identifier: MIT */
/* See oom.h. */
#include "shared/process/oom.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shared/base/base.h"

#define OOM_FILE "/proc/self/oom_score_adj"

int
oom_base(void)
{
	char text[32] = "";
	int fd = open(OOM_FILE, O_RDONLY | O_CLOEXEC), adj;

	if (fd == -1)
		return 0;
	if (read(fd, text, sizeof(text) - 1) <= 0)
		text[0] = '\0';
	close(fd);
	adj = atoi(text);
	/* That is what we have set ourselves, before an exec. */
	return adj == OOM_SUPERVISOR ? 0 : adj;
}

void
oom_set(int adj)
{
	char text[32];
	int fd = open(OOM_FILE, O_WRONLY | O_CLOEXEC);

	if (fd == -1)
		return;
	snprintf(text, sizeof(text), "%d", adj < OOM_MAX ? adj : OOM_MAX);
	/* No right to: then it stays, and nothing is lost but the order. */
	if (write(fd, text, strlen(text)) == -1)
		(void)adj;
	close(fd);
}

/* ---- evidence ------------------------------------------------------- */

int64_t
oom_field(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *p = text; *p != '\0';) {
		const char *end = strchr(p, '\n');

		if (strncmp(p, key, len) == 0 && p[len] == ' ')
			return strtoll(p + len + 1, NULL, 10);
		if (end == NULL)
			break;
		p = end + 1;
	}
	return -1;
}

static bool
slurp(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd == -1)
		return false;
	n = read(fd, buf, size - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return n >= 0;
}

/*
 * What a line of /proc/self/cgroup names; the line of the unified hierarchy
 * is "0::PATH", that of memory in an old one "N:memory:PATH".
 */
static int64_t
kills_of(const char *all, const char *mark, const char *mount, const char *file)
{
	const char *at = strstr(all, mark);
	char path[4200], buf[4096];

	if (at == NULL)
		return -1;
	at += strlen(mark);
	if (!str_format(path, sizeof(path), "%s%.*s/%s", mount,
		(int)strcspn(at, "\n"), at, file)
	    || !slurp(path, buf, sizeof(buf)))
		return -1;
	return oom_field(buf, "oom_kill");
}

int64_t
oom_kills(void)
{
	char all[4096] = "\n";
	int64_t n;

	if (!slurp("/proc/self/cgroup", all + 1, sizeof(all) - 1))
		return -1;
	n = kills_of(all, "\n0::", "/sys/fs/cgroup", "memory.events");
	return n >= 0 ? n
		      : kills_of(all, ":memory:", "/sys/fs/cgroup/memory",
			  "memory.oom_control");
}

/* SPDX-License-Identifier: MIT */
/* See process.h. */
#include "shared/process/process.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static bool
slurp(int32_t pid, const char *name, char *out, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	str_format(path, sizeof(path), "/proc/%d/%s", pid, name);
	if (pid <= 0 || (fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return false;
	n = read(fd, out, size - 1);
	close(fd);
	out[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* Behind the name, which may hold anything: " S 1 ..."; NULL: no such. */
static const char *
read_stat(int32_t pid, char *out, size_t size)
{
	const char *p = slurp(pid, "stat", out, size) ? strrchr(out, ')')
						      : NULL;

	return p != NULL && p[1] == ' ' ? p + 1 : NULL;
}

/* Of what read_stat() gave. */
static uint64_t
field_of(const char *p, int n)
{
	/* Ended, and its parent has not noticed: as good as gone. */
	if (p == NULL || p[1] == 'Z' || p[1] == 'X')
		return 0;
	for (int field = 3; field < n && p != NULL; field++)
		p = strchr(p + 1, ' ');
	return p != NULL ? strtoull(p, NULL, 10) : 0;
}

bool
process_born(int32_t pid, int32_t *parent, uint64_t *born_ms)
{
	char text[1024];
	const char *p = read_stat(pid, text, sizeof(text));

	if (p == NULL || p[1] == 'Z' || p[1] == 'X' || p[2] != ' ')
		return false;
	*parent = (int32_t)strtol(p + 2, NULL, 10);
	for (int field = 3; field < 22 && p != NULL; field++)
		p = strchr(p + 1, ' ');
	*born_ms = p != NULL
	    ? strtoull(p, NULL, 10) * 1000 / (uint64_t)sysconf(_SC_CLK_TCK)
	    : 0;
	return p != NULL;
}

static uint64_t
field_kb(const char *text, const char *key)
{
	const char *p = strstr(text, key);

	return p != NULL ? strtoull(p + strlen(key), NULL, 10) : 0;
}

uint64_t
process_private_kb(int32_t pid)
{
	char text[4096];

	if (!slurp(pid, "smaps_rollup", text, sizeof(text)))
		return 0;
	return field_kb(text, "Private_Clean:")
	    + field_kb(text, "Private_Dirty:");
}

uint64_t
process_field(int32_t pid, int n)
{
	char text[1024];

	return field_of(read_stat(pid, text, sizeof(text)), n);
}

uint64_t
process_start(int32_t pid)
{
	return process_field(pid, 22);
}

bool
process_lives_look(int32_t pid, uint64_t start, bool *stopped)
{
	char text[1024];
	const char *p = read_stat(pid, text, sizeof(text));
	uint64_t now = field_of(p, 22);

	*stopped = p != NULL && (p[1] == 'T' || p[1] == 't');
	return now != 0 && (start == 0 || start == now);
}

bool
process_lives(int32_t pid, uint64_t start)
{
	bool stopped;

	return process_lives_look(pid, start, &stopped);
}

bool
process_stopped(int32_t pid)
{
	char text[1024];
	const char *p = read_stat(pid, text, sizeof(text));

	return p != NULL && (p[1] == 'T' || p[1] == 't');
}

bool
process_titled(int32_t pid, const char *title)
{
	char text[128];

	return slurp(pid, "cmdline", text, sizeof(text))
	    && strncmp(text, title, strlen(title)) == 0;
}

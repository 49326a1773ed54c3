/* SPDX-License-Identifier: MIT */
/* See log_rotation.h. */
#include "supervisor/log/log_rotation.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PACK_MARK "pack." /* PATH.pack.PID: log_compress.c's work */

void
log_rotation_name(const char *path, uint32_t n, bool gz,
    char out[LOG_ROTATION_PATH])
{
	must(str_format(out, LOG_ROTATION_PATH, "%s.%u%s", path, n,
	    gz ? ".gz" : ""));
}

/* The directory of path, and where the file's own name begins. */
static DIR *
open_dir(const char *path, const char **base)
{
	char dir[LOG_ROTATION_PATH];
	const char *slash = strrchr(path, '/');

	must(slash != NULL
	    && str_format(dir, sizeof(dir), "%.*s", (int)(slash - path) + 1,
		path));
	*base = slash + 1;
	return opendir(dir);
}

/* What follows "BASE." in a name, NULL when it is another file's. */
static const char *
tail_of(const char *name, const char *base)
{
	size_t n = strlen(base);

	return strncmp(name, base, n) == 0 && name[n] == '.' ? name + n + 1
							     : NULL;
}

static bool
parse(const char *tail, struct logfile *f)
{
	size_t n = strspn(tail, "0123456789");

	if (n == 0 || n > 6 || tail[0] == '0')
		return false;
	f->n = (uint32_t)strtoul(tail, NULL, 10);
	f->gz = strcmp(tail + n, ".gz") == 0;
	return f->gz || tail[n] == '\0';
}

static int
by_number(const void *a, const void *b)
{
	const struct logfile *x = a, *y = b;

	if (x->n != y->n)
		return x->n < y->n ? -1 : 1;
	return (int)x->gz - (int)y->gz;
}

size_t
log_rotation_list(const char *path, struct logfile out[LOG_ROTATION_MAX])
{
	char name[LOG_ROTATION_PATH];
	const char *base, *tail;
	struct stat st;
	size_t n = 0;
	DIR *d = open_dir(path, &base);

	if (d == NULL)
		return 0;
	for (struct dirent *e;
	     n < LOG_ROTATION_MAX && (e = readdir(d)) != NULL;) {
		if ((tail = tail_of(e->d_name, base)) == NULL
		    || !parse(tail, &out[n]))
			continue;
		log_rotation_name(path, out[n].n, out[n].gz, name);
		if (lstat(name, &st) == -1 || !S_ISREG(st.st_mode))
			continue;
		out[n++].size = st.st_size;
	}
	closedir(d);
	qsort(out, n, sizeof(*out), by_number);
	return n;
}

int
log_rotation_shift(const char *path)
{
	static struct logfile list[LOG_ROTATION_MAX];
	char from[LOG_ROTATION_PATH], to[LOG_ROTATION_PATH];
	size_t n = log_rotation_list(path, list), i = 0;

	/* Only what is in the way: a gap takes up the others. */
	for (uint32_t last = 0; i < n && list[i].n <= last + 1; i++)
		last = list[i].n;
	while (i-- > 0) {
		log_rotation_name(path, list[i].n, list[i].gz, from);
		log_rotation_name(path, list[i].n + 1, list[i].gz, to);
		if (rename(from, to) == -1)
			return -1;
	}
	return 0;
}

/* A packer that was killed between its last two steps leaves both. */
static bool
doubled(const struct logfile *list, size_t n, size_t i)
{
	return !list[i].gz && i + 1 < n && list[i + 1].n == list[i].n;
}

size_t
log_rotation_prune(const char *path, int64_t files, int64_t total, int64_t live)
{
	static struct logfile list[LOG_ROTATION_MAX];
	size_t n = log_rotation_list(path, list), gone = 0;
	char name[LOG_ROTATION_PATH];
	int64_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		bool twice = doubled(list, n, i);

		if (!twice) {
			live += list[i].size;
			kept++;
		}
		if (!twice && kept <= files && (total == 0 || live <= total))
			continue;
		log_rotation_name(path, list[i].n, list[i].gz, name);
		gone += unlink(name) == 0;
	}
	return gone;
}

uint32_t
log_rotation_plain(const char *path)
{
	static struct logfile list[LOG_ROTATION_MAX];
	size_t n = log_rotation_list(path, list);

	for (size_t i = 0; i < n; i++)
		if (!list[i].gz && !doubled(list, n, i))
			return list[i].n;
	return 0;
}

void
log_rotation_sweep(const char *path)
{
	char name[LOG_ROTATION_PATH];
	const char *base, *tail;
	DIR *d = open_dir(path, &base);

	if (d == NULL)
		return;
	for (struct dirent *e; (e = readdir(d)) != NULL;)
		if ((tail = tail_of(e->d_name, base)) != NULL
		    && strncmp(tail, PACK_MARK, strlen(PACK_MARK)) == 0
		    && str_format(name, sizeof(name), "%s.%s", path, tail))
			unlink(name);
	closedir(d);
}

/* SPDX-License-Identifier: MIT */
/* See program.h. */
#include "supervisor/child/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SELF "/proc/self/exe"

void
program_init(struct program *p)
{
	p->fd = -1;
	p->config = NULL;
}

static int
take(struct program *p, const char *path, const char *config, struct err *e)
{
	struct stat st;
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd == -1)
		return err_sys(e, EXIT_CONFIG,
		    "the program file %s can't be opened", path);
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)
	    || faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == -1) {
		close(fd);
		return err_set(e, EXIT_CONFIG,
		    "the program file %s can't be run: it is %s", path,
		    S_ISREG(st.st_mode) ? "not executable" : "no plain file");
	}
	program_close(p);
	p->fd = fd;
	p->config = base_strdup(config);
	return 0;
}

int
program_self(struct program *p, const char *config, struct err *e)
{
	return take(p, SELF, config, e);
}

int
program_open(struct program *p, const char *path, const char *config,
    struct err *e)
{
	return take(p, path[0] != '\0' ? path : SELF, config, e);
}

bool
program_is(const struct program *p, const char *path)
{
	struct stat a, b;

	return p->fd != -1 && fstat(p->fd, &a) == 0
	    && stat(path[0] != '\0' ? path : SELF, &b) == 0
	    && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

void
program_close(struct program *p)
{
	if (p->fd != -1)
		close(p->fd);
	free(p->config);
	program_init(p);
}

/* Is path the file we run? */
static bool
is_self(const char *path)
{
	struct stat a, b;

	return stat(path, &a) == 0 && stat(SELF, &b) == 0
	    && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static bool
in_path(const char *name, char *out, size_t size)
{
	const char *path = getenv("PATH");

	for (size_t n; path != NULL && *path != '\0';
	     path += n + (path[n] != '\0')) {
		n = strcspn(path, ":");
		if (path[0] == '/'
		    && str_format(out, size, "%.*s/%s", (int)n, path, name)
		    && is_self(out))
			return true;
	}
	return false;
}

void
program_find(const char *argv0, char *out, size_t size)
{
	char cwd[PATH_MAX], link[PATH_MAX];
	ssize_t n;

	if (argv0[0] == '/' && str_format(out, size, "%s", argv0)
	    && is_self(out))
		return;
	if (strchr(argv0, '/') == NULL && in_path(argv0, out, size))
		return;
	if (strchr(argv0, '/') != NULL && getcwd(cwd, sizeof(cwd)) != NULL
	    && str_format(out, size, "%s/%s", cwd, argv0) && is_self(out))
		return;
	n = readlink(SELF, link, sizeof(link) - 1);
	link[n > 0 ? n : 0] = '\0';
	if (!str_format(out, size, "%s", link) || !is_self(out))
		out[0] = '\0';
}

void
program_exec(const struct program *p, char **argv)
{
	fexecve(p->fd, argv, environ);
	/* A script's interpreter reads it through the fd, so that must stay. */
	if (errno == ENOENT && fd_cloexec(p->fd, false) == 0)
		fexecve(p->fd, argv, environ);
}

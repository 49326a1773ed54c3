/* SPDX-License-Identifier: MIT */
/* See logs.h. */
#include "supervisor/logs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "shared/clock.h"

#define LOGS_FILES_MAX 1000

static int
open_file(struct logs *g)
{
	struct stat st;
	int fd = open(g->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC
	    | O_NOFOLLOW | O_NONBLOCK, 0600);

	if (fd == -1)
		return -1;
	/* A fifo or device could block, and can't be rotated. */
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	g->size = st.st_size;
	return fd;
}

int
logs_open(struct logs *g, const struct config *c, bool foreground,
    struct err *e)
{
	memset(g, 0, sizeof(*g));
	g->fd = -1;
	g->foreground = foreground;
	g->max_bytes = c->log_bytes;
	g->files = c->log_files < LOGS_FILES_MAX ? c->log_files
	    : LOGS_FILES_MAX;
	g->least = (enum log_level)c->log_level;
	if (!str_format(g->path, sizeof(g->path), "%s/shardherd.log",
	    c->log_dir))
		return err_set(e, EXIT_CONFIG, "[paths] log_dir: %s is too "
		    "long", c->log_dir);
	g->fd = open_file(g);
	if (g->fd == -1 && errno != ENOSPC)
		return err_sys(e, EXIT_CONFIG, "can't write the log %s",
		    g->path);
	return 0;
}

void
logs_close(struct logs *g)
{
	if (g->fd != -1)
		close(g->fd);
	g->fd = -1;
}

void
logs_reopen(struct logs *g)
{
	int fd = open_file(g);

	if (fd == -1)
		return;			/* keep what works */
	logs_close(g);
	g->fd = fd;
	g->torn = false;
}

void
logs_check(struct logs *g)
{
	struct stat now, ours;

	if (g->fd != -1 && fstat(g->fd, &ours) == 0 && stat(g->path, &now) == 0
	    && now.st_dev == ours.st_dev && now.st_ino == ours.st_ino) {
		g->size = ours.st_size;
		return;
	}
	logs_reopen(g);
	logs_line(g, LOG_L_NOTICE, "supervisor", "The log file was deleted or "
	    "replaced: writing to a new one.");
}

static bool
numbered(const struct logs *g, int64_t n, char *out, size_t size)
{
	return str_format(out, size, "%s.%lld", g->path, (long long)n);
}

static void
rotate(struct logs *g)
{
	char from[sizeof(g->path) + 16], to[sizeof(g->path) + 16];

	for (int64_t i = g->files - 1; i >= 1; i--) {
		if (numbered(g, i, from, sizeof(from))
		    && numbered(g, i + 1, to, sizeof(to)))
			rename(from, to);
	}
	numbered(g, 1, to, sizeof(to));
	if (g->files > 0)
		rename(g->path, to);
	else
		unlink(g->path);
	logs_reopen(g);
}

static size_t
compose(char *out, size_t size, enum log_level level, const char *who,
    const char *text)
{
	int64_t ms = clock_wall_ms();
	time_t s = (time_t)(ms / 1000);
	struct tm tm;
	int n;

	gmtime_r(&s, &tm);
	n = snprintf(out, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ %s %s: "
	    "%s\n", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	    tm.tm_min, tm.tm_sec, (int)(ms % 1000), log_level_name[level], who,
	    text);
	if (n < 0)
		return 0;
	if ((size_t)n >= size) {
		out[size - 2] = '\n';
		return size - 1;
	}
	return (size_t)n;
}

/* true when all of it is in the file. */
static bool
put(struct logs *g, const char *line, size_t len)
{
	ssize_t n;

	if (g->fd == -1) {
		g->fd = open_file(g);
		if (g->fd == -1)
			return false;
	}
	if (g->torn && write(g->fd, "\n", 1) != 1)
		return false;
	g->torn = false;
	n = write(g->fd, line, len);
	if (n > 0)
		g->size += n;
	g->torn = n > 0 && (size_t)n < len;
	return n == (ssize_t)len;
}

static void
report_dropped(struct logs *g)
{
	char text[96], line[256];
	uint64_t n = g->dropped;
	size_t len;

	if (n == 0)
		return;
	snprintf(text, sizeof(text), "%llu log lines before this one were "
	    "lost: the disk was full.", (unsigned long long)n);
	len = compose(line, sizeof(line), LOG_L_WARN, "supervisor", text);
	if (put(g, line, len))
		g->dropped -= n;
}

/* A pipe nobody empties or a stopped terminal must not stop us. */
static void
to_stderr(struct logs *g, const char *line, size_t len)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };

	if (poll(&p, 1, 0) != 1 || (p.revents & POLLOUT) == 0)
		return;
	if (write(STDERR_FILENO, line, len) == -1 && errno == EPIPE)
		g->foreground = false;
}

void
logs_line(struct logs *g, enum log_level level, const char *who,
    const char *text)
{
	char line[4096];
	size_t len;

	if (level < g->least)
		return;
	len = compose(line, sizeof(line), level, who, text);
	if (g->foreground)
		to_stderr(g, line, len);
	if (g->max_bytes > 0 && g->size + (int64_t)len > g->max_bytes
	    && g->size > 0)
		rotate(g);
	report_dropped(g);
	if (!put(g, line, len))
		g->dropped++;
}

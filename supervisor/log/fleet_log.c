/* SPDX-License-Identifier: MIT */
/* See fleet_log.h. */
#include "supervisor/log/fleet_log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/base/clock.h"
#include "supervisor/base/preflight.h"
#include "supervisor/log/log_rotation.h"
#include "supervisor/log/log_compress.h"
#include "supervisor/base/fd_reserve.h"

/* ---- the file ------------------------------------------------------- */

/* When its first line was written; 0: it has none. */
static int64_t
first_line(const char *path)
{
	char head[512];
	struct logline l;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n;

	if (fd == -1)
		return 0;
	n = read(fd, head, sizeof(head) - 1);
	close(fd);
	head[n > 0 ? n : 0] = '\0';
	return logline_read(head, &l) ? l.wall_ms : 0;
}

static int
open_file(struct fleet_log *g)
{
	int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW
	    | O_NONBLOCK;
	int fd = open(g->path, flags, 0600);
	struct stat st;

	if (fd == -1 && fd_reserve_spend(g->reserve, errno))
		fd = open(g->path, flags, 0600);
	if (fd == -1)
		return -1;
	/* A fifo or device could block, and can't be rotated. */
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	g->size = st.st_size;
	g->first_ms = st.st_size > 0 ? first_line(g->path) : 0;
	if (g->size > 0 && g->first_ms == 0)
		g->first_ms = clock_wall_ms();
	return fd;
}

void
fleet_log_configure(struct fleet_log *g, const struct config *c)
{
	g->max_bytes = c->log_bytes;
	g->files = c->log_files;
	g->total = c->log_total;
	g->age_ms = (int64_t)(c->log_age_s * 1000);
	g->compress = c->log_compress != 0;
	g->format = (enum logline_format)c->log_format;
	/* The live file is no more than half of what all may take. */
	if (g->total > 0 && (g->max_bytes == 0 || g->max_bytes > g->total / 2))
		g->max_bytes = g->total / 2;
}

int
fleet_log_open(struct fleet_log *g, const struct config *c, bool foreground,
    struct err *e)
{
	memset(g, 0, sizeof(*g));
	g->fd = -1;
	g->file = c->log_to == CONFIG_LOG_FILE;
	g->least = (enum log_level)c->log_level;
	fleet_log_configure(g, c);
	log_stderr_open(&g->stream, foreground);
	if (!g->file && !foreground)
		return err_set(e, EXIT_CONFIG,
		    "[log] to = stderr needs a stderr: start the fleet with "
		    "\"shardherd run\", under systemd or another keeper of its "
		    "output");
	if (!str_format(g->path, sizeof(g->path), "%s/shardherd.log",
		c->log_dir))
		return err_set(e, EXIT_CONFIG,
		    "[paths] log_dir: %s is too long", c->log_dir);
	if (!g->file)
		return 0;
	g->fd = open_file(g);
	if (g->fd == -1 && errno != ENOSPC)
		return err_sys(e, EXIT_CONFIG, "can't write the log %s",
		    g->path);
	return 0;
}

void
fleet_log_close(struct fleet_log *g)
{
	if (g->fd != -1)
		close(g->fd);
	g->fd = -1;
}

void
fleet_log_reopen(struct fleet_log *g)
{
	int fd = g->file ? open_file(g) : -1;

	if (fd == -1)
		return; /* keep what works */
	fleet_log_close(g);
	g->fd = fd;
	g->torn = false;
}

static bool
is_ours(struct fleet_log *g)
{
	struct stat now, ours;

	if (g->fd == -1 || fstat(g->fd, &ours) == -1
	    || stat(g->path, &now) == -1 || now.st_dev != ours.st_dev
	    || now.st_ino != ours.st_ino)
		return false;
	g->size = ours.st_size; /* somebody may have emptied it */
	return true;
}

void
fleet_log_check(struct fleet_log *g)
{
	char dir[sizeof(g->path)], *slash;
	bool was_open = g->fd != -1;
	struct err e;
	int fd;

	if (!g->file || is_ours(g)) {
		g->homeless = false;
		return;
	}
	str_copy(dir, g->path, sizeof(dir));
	slash = strrchr(dir, '/');
	*slash = '\0';
	fd = preflight_make_dir("log_dir", dir, &e) == 0 ? open_file(g) : -1;
	if (fd == -1) {
		/* A full disk is told when it is over, not as a deletion. */
		g->homeless = was_open || errno != ENOSPC;
		return;
	}
	fleet_log_close(g);
	g->fd = fd;
	g->torn = g->homeless = false;
	if (was_open)
		fleet_log_line(g, LOG_L_NOTICE, "supervisor",
		    "The log file was deleted or replaced: writing to a new "
		    "one.");
}

/* ---- rotation ------------------------------------------------------- */

static void
rotate(struct fleet_log *g)
{
	char to[LOG_ROTATION_PATH];

	log_rotation_name(g->path, 1, false, to);
	if (log_rotation_shift(g->path) == -1 || rename(g->path, to) == -1) {
		g->rotate_ms = clock_boot_ms() + FLEET_LOG_ROTATE_RETRY_MS;
		return;
	}
	if (g->pack != NULL)
		log_compress_shifted(g->pack);
	log_rotation_prune(g->path, g->files, g->total, 0);
	fleet_log_reopen(g);
}

static bool
may_rotate(const struct fleet_log *g)
{
	return g->file && g->fd != -1 && g->size > 0
	    && clock_boot_ms() >= g->rotate_ms;
}

void
fleet_log_check_age(struct fleet_log *g)
{
	if (g->age_ms > 0 && may_rotate(g) && g->first_ms > 0
	    && clock_wall_ms() - g->first_ms >= g->age_ms)
		rotate(g);
}

/* ---- lines ---------------------------------------------------------- */

/* true when all of it is in the file. */
static bool
put(struct fleet_log *g, const char *line, size_t len, int64_t wall_ms)
{
	ssize_t n;

	if (g->fd == -1) {
		g->fd = open_file(g);
		if (g->fd == -1)
			return false;
	}
	errno = 0;
	if (g->torn && write(g->fd, "\n", 1) != 1)
		return false;
	g->torn = false;
	n = write(g->fd, line, len);
	if (n > 0)
		g->size += n;
	if (g->first_ms == 0)
		g->first_ms = wall_ms;
	g->torn = n > 0 && (size_t)n < len;
	return n == (ssize_t)len;
}

static void
count_dropped(struct fleet_log *g, int64_t wall_ms)
{
	/* A short write has no errno: there was room for a part of it. */
	g->dropped_errno = errno != 0 ? errno : ENOSPC;
	if (g->dropped++ == 0)
		g->dropped_ms = wall_ms;
}

static void
report_dropped(struct fleet_log *g, int64_t wall_ms)
{
	struct logline own = {.wall_ms = wall_ms,
	    .level = LOG_L_WARN,
	    .who = "supervisor"};
	char text[256], line[1024], since[LOGLINE_TIME + 1];
	uint64_t n = g->dropped;
	size_t len;

	if (n == 0)
		return;
	logline_time_write(g->dropped_ms, since);
	snprintf(text, sizeof(text),
	    "%llu log lines before this one were lost, from %s on: the file "
	    "could not be written (%s).",
	    (unsigned long long)n, since, strerror(g->dropped_errno));
	len = logline_write(line, sizeof(line), g->format, &own, text);
	if (put(g, line, len, wall_ms))
		g->dropped -= n;
}

void
fleet_log_line(struct fleet_log *g, enum log_level level, const char *who,
    const char *text)
{
	struct logline l = {.wall_ms = clock_wall_ms(), .level = level};
	char line[LOGLINE_MAX];
	size_t len;

	if (level < g->least)
		return;
	str_copy(l.who, who, sizeof(l.who));
	/* journald keeps what it gets: twice on disk is once too often. */
	if (!g->file || !g->stream.journal || level >= LOG_L_WARN)
		log_stderr_line(&g->stream, g->format, &l, text);
	if (!g->file)
		return;
	len = logline_write(line, sizeof(line), g->format, &l, text);
	if (g->max_bytes > 0 && g->size + (int64_t)len > g->max_bytes
	    && may_rotate(g))
		rotate(g);
	report_dropped(g, l.wall_ms);
	if (!put(g, line, len, l.wall_ms))
		count_dropped(g, l.wall_ms);
}

void
fleet_log_last(void *fleet_log, const char *text)
{
	const struct fleet_log *g = fleet_log;
	struct logline l = {.wall_ms = clock_wall_ms(),
	    .level = LOG_L_ERROR,
	    .who = "supervisor"};
	char line[LOGLINE_MAX];
	size_t n = logline_write(line, sizeof(line), g->format, &l, text);

	if (g->fd != -1)
		(void)!write(g->fd, line, n);
	if (g->stream.on)
		(void)!write(STDERR_FILENO, line, n);
}

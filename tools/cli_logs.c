/* SPDX-License-Identifier: MIT */
/*
 * logs: the end of the log, and with -f what follows, through rotations.  A
 * reader only: it never keeps a rotated file alive longer than its last line.
 */
#include "shared/clock.h"
#include "tools/cli_verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 8192
#define LINES_MAX 100000
#define LINE_BYTES_MAX 4096
#define FOLLOW_POLL_MS 1000	/* should inotify miss something */

struct tail {
	struct cli *cli;
	char path[CONFIG_PATH_MAX + 32];
	int fd;
	char line[LINE_BYTES_MAX];
	size_t have;
};

static void
put_line(struct tail *t)
{
	struct json_object *o;

	t->line[t->have] = '\0';
	t->have = 0;
	if (!t->cli->json) {
		puts(t->line);
		return;
	}
	o = json_object_new_object();
	json_object_object_add(o, "line", json_object_new_string(t->line));
	cli_print_json(o);
}

/* Prints what there is from the file's position on. */
static void
drain(struct tail *t)
{
	char block[BLOCK];
	ssize_t n;

	while ((n = read(t->fd, block, sizeof(block))) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			if (block[i] == '\n' || t->have + 1 == sizeof(t->line))
				put_line(t);
			if (block[i] != '\n')
				t->line[t->have++] = block[i];
		}
	}
}

/* The offset at which the last `lines` lines begin; *got as many as are. */
static off_t
find_tail(int fd, int64_t lines, int64_t *got)
{
	off_t at = lseek(fd, 0, SEEK_END);
	char block[BLOCK];
	bool first = true;

	*got = 0;
	while (at > 0) {
		size_t size = at < BLOCK ? (size_t)at : BLOCK;

		at -= (off_t)size;
		if (pread(fd, block, size, at) != (ssize_t)size)
			return 0;
		for (size_t i = size; i-- > 0; first = false) {
			if (block[i] != '\n' || first)
				continue;
			if (++*got == lines)
				return at + (off_t)i + 1;
		}
	}
	*got += !first;
	return 0;
}

/* The rotated predecessor gives what the log itself is short of. */
static void
print_rotated(struct tail *t, int64_t lines)
{
	char path[sizeof(t->path) + 4];
	int now = t->fd;
	int64_t got;

	str_format(path, sizeof(path), "%s.1", t->path);
	if ((t->fd = open(path, O_RDONLY | O_CLOEXEC)) != -1) {
		lseek(t->fd, find_tail(t->fd, lines, &got), SEEK_SET);
		drain(t);
		close(t->fd);
	}
	t->fd = now;
}

static bool
replaced(const struct tail *t)
{
	struct stat a, b;

	return fstat(t->fd, &a) == -1 || stat(t->path, &b) == -1 ?
	    false : a.st_ino != b.st_ino || a.st_dev != b.st_dev;
}

static void
follow_once(struct tail *t)
{
	struct stat st;
	int fd;

	drain(t);
	if (replaced(t) && (fd = open(t->path, O_RDONLY | O_CLOEXEC)) != -1) {
		drain(t);	/* written between the two looks */
		close(t->fd);
		t->fd = fd;
		drain(t);
	}
	if (fstat(t->fd, &st) == 0 && st.st_size < lseek(t->fd, 0, SEEK_CUR))
		lseek(t->fd, 0, SEEK_SET);
}

static int
follow(struct tail *t)
{
	struct pollfd p[2] = {
		{.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK),
		    .events = POLLIN},
		{.fd = STDOUT_FILENO, .events = 0},	/* the reader's end */
	};
	char events[4096];

	inotify_add_watch(p[0].fd, t->cli->config.log_dir, IN_MODIFY |
	    IN_CREATE | IN_MOVED_TO);
	for (;;) {
		follow_once(t);
		if (fflush(stdout) == EOF)
			break;
		if (poll(p, 2, FOLLOW_POLL_MS) > 0 && p[1].revents != 0)
			break;
		while (read(p[0].fd, events, sizeof(events)) > 0)
			continue;
	}
	close(p[0].fd);
	return EXIT_FINE;
}

int
cli_logs(struct cli *c)
{
	static struct tail t;
	int64_t lines = 20, got = 0;
	bool on = false;
	const struct cli_opt opts[] = {
		{"--follow", 'f', CLI_FLAG, &on},
		{"--lines", 'n', CLI_NUMBER, &lines},
	};
	off_t at;

	if (cli_options(c, opts, nitems(opts)) == -1)
		return cli_fail(c);
	if (c->argc > 0 || lines > LINES_MAX)
		return cli_usage(c);
	if (cli_load(c) == -1)
		return cli_fail(c);
	t.cli = c;
	str_format(t.path, sizeof(t.path), "%s/shardherd.log",
	    c->config.log_dir);
	if ((t.fd = open(t.path, O_RDONLY | O_CLOEXEC)) == -1)
		return cli_error(c, errno == ENOENT ? EXIT_DOWN :
		    EXIT_UNKNOWN, "There is no log at %s: %s.", t.path,
		    strerror(errno));
	at = lines == 0 ? lseek(t.fd, 0, SEEK_END) :
	    find_tail(t.fd, lines, &got);
	if (got < lines)
		print_rotated(&t, lines - got);
	lseek(t.fd, at, SEEK_SET);
	if (on)
		return follow(&t);
	drain(&t);
	if (t.have > 0)
		put_line(&t);
	close(t.fd);
	return EXIT_FINE;
}

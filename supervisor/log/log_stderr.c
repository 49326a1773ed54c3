/* SPDX-License-Identifier: MIT */
/* See log_stderr.h. */
#include "supervisor/log/log_stderr.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* sd-daemon(3): the levels of syslog(3). */
static const int priority[] = {
    [LOG_L_DEBUG] = 7,
    [LOG_L_INFO] = 6,
    [LOG_L_NOTICE] = 5,
    [LOG_L_WARN] = 4,
    [LOG_L_ERROR] = 3,
};

/* systemd.exec(5): "device:inode" of the stream it gave us, if it still is. */
static bool
is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return stream != NULL && sscanf(stream, "%llu:%llu", &dev, &ino) == 2
	    && fstat(STDERR_FILENO, &st) == 0 && st.st_dev == (dev_t)dev
	    && st.st_ino == (ino_t)ino;
}

void
log_stderr_open(struct log_stderr *s, bool on)
{
	memset(s, 0, sizeof(*s));
	s->on = on;
	s->journal = is_journal();
}

/* Bytes taken now; fewer than len when the reader does not keep up. */
static size_t
push(struct log_stderr *s, const char *data, size_t len)
{
	struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};
	size_t done = 0;

	while (done < len) {
		size_t some = len - done < PIPE_BUF ? len - done : PIPE_BUF;
		ssize_t n = send(STDERR_FILENO, data + done, some,
		    MSG_DONTWAIT | MSG_NOSIGNAL);

		/* A pipe that polls writable takes PIPE_BUF without waiting. */
		if (n == -1 && errno == ENOTSOCK && poll(&p, 1, 0) == 1
		    && (p.revents & POLLOUT) != 0)
			n = write(STDERR_FILENO, data + done, some);
		if (n == -1 && errno == EPIPE)
			s->on = false;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done;
}

static bool
put(struct log_stderr *s, const char *line, size_t len)
{
	size_t n;

	if (s->torn && push(s, "\n", 1) != 1)
		return false;
	s->torn = false;
	n = push(s, line, len);
	s->torn = n > 0 && n < len;
	return n == len;
}

static size_t
compose(const struct log_stderr *s, char *out, enum logline_format f,
    const struct logline *l, const char *text)
{
	char prefix[8] = "";
	size_t n, skip = 0;

	if (s->journal)
		snprintf(prefix, sizeof(prefix), "<%d>", priority[l->level]);
	/* Time and level are the journal's own fields. */
	if (s->journal && f == LOGLINE_TEXT)
		skip = LOGLINE_TIME + 1 + strlen(log_level_name[l->level]) + 1;
	n = strlen(prefix);
	n += logline_write(out + n, LOGLINE_MAX - n, f, l, text) - skip;
	memmove(out + strlen(prefix), out + strlen(prefix) + skip,
	    n - strlen(prefix) + 1);
	memcpy(out, prefix, strlen(prefix));
	return n;
}

void
log_stderr_line(struct log_stderr *s, enum logline_format f,
    const struct logline *l, const char *text)
{
	struct logline own = {.wall_ms = l->wall_ms,
	    .level = LOG_L_WARN,
	    .who = "supervisor"};
	char line[LOGLINE_MAX], words[96];

	if (!s->on)
		return;
	if (s->dropped > 0) {
		snprintf(words, sizeof(words),
		    "%llu log lines before this one were lost: stderr was not "
		    "read.",
		    (unsigned long long)s->dropped);
		if (put(s, line, compose(s, line, f, &own, words)))
			s->dropped = 0;
	}
	if (!put(s, line, compose(s, line, f, l, text)))
		s->dropped++;
}

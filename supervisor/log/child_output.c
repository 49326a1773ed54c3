/* SPDX-License-Identifier: MIT */
/* See child_output.h. */
#include "supervisor/log/child_output.h"

#include "shared/base/clock.h"
#include "shared/base/text.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define LINES_LEFT (64 << 10) /* read at most so much from a dead child */

void
child_output_init(struct child_output *l)
{
	memset(l, 0, sizeof(*l));
	l->fd = -1;
}

/* Splits "<3>text": the level, text moved behind it; info without one. */
static enum log_level
level_of(const char **text)
{
	const char *s = *text;

	if (s[0] != '<' || s[1] < '0' || s[1] > '0' + LOG_L_ERROR
	    || s[2] != '>')
		return LOG_L_INFO;
	*text = s + 3;
	return (enum log_level)(s[1] - '0');
}

static void
hand_out(struct child_output *l, char *line, size_t len)
{
	char words[CHILD_OUTPUT_MAX * 4 + 1];
	const char *text = line;
	enum log_level level;

	line[len] = '\0';
	level = level_of(&text);
	len -= (size_t)(text - line);
	if (len == 0)
		return;
	/* A child that crashes may write anything, NUL included. */
	text_clean(words, sizeof(words), text, len);
	str_copy(l->last, words, sizeof(l->last));
	l->last_level = level;
	l->last_levelled = text != line;
	l->last_ms = clock_boot_ms();
	l->fn(l, level, words);
}

const char *
child_output_last(const struct child_output *l, uint64_t now_ms)
{
	if (l->last_levelled
	    && (l->last_level < LOG_L_WARN
		|| now_ms - l->last_ms > CHILD_OUTPUT_LAST_MS))
		return "";
	return l->last;
}

static void
take_lines(struct child_output *l)
{
	char *start = l->buf, *end;

	while ((end = memchr(start, '\n', l->len - (size_t)(start - l->buf)))
	    != NULL) {
		hand_out(l, start, (size_t)(end - start));
		start = end + 1;
	}
	l->len -= (size_t)(start - l->buf);
	memmove(l->buf, start, l->len);
	if (l->len == CHILD_OUTPUT_MAX) {
		size_t n = text_whole(l->buf, l->len);
		char rest[TEXT_CHAR_MAX];

		l->len -= n;
		memcpy(rest, l->buf + n, l->len);
		hand_out(l, l->buf, n);
		memcpy(l->buf, rest, l->len);
	}
}

/* Bytes read, 0 when there is nothing now, -1 at the end. */
static ssize_t
fill(struct child_output *l)
{
	ssize_t n = read(l->fd, l->buf + l->len, CHILD_OUTPUT_MAX - l->len);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	if (n == 0)
		return -1;
	l->len += (size_t)n;
	take_lines(l);
	return n;
}

static void
on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct child_output *l = w->data;

	for (size_t done = 0; done < CHILD_OUTPUT_WORK;) {
		ssize_t n = fill(l);

		if (n < 0)
			ev_io_stop(loop, w);
		if (n <= 0)
			return;
		done += (size_t)n;
	}
}

void
child_output_open(struct child_output *l, struct ev_loop *loop, int fd,
    child_output_fn *fn)
{
	must(l->fd == -1);
	l->loop = loop;
	l->fd = fd;
	l->fn = fn;
	l->len = 0;
	l->last[0] = '\0';
	ev_io_init(&l->rd, on_readable, fd, EV_READ);
	l->rd.data = l;
	ev_io_start(loop, &l->rd);
}

void
child_output_move(struct child_output *to, struct child_output *from)
{
	must(to->fd == -1);
	if (from->fd == -1)
		return;
	ev_io_stop(from->loop, &from->rd);
	child_output_open(to, from->loop, from->fd, from->fn);
	to->len = from->len;
	memcpy(to->buf, from->buf, from->len);
	str_copy(to->last, from->last, sizeof(to->last));
	to->last_level = from->last_level;
	to->last_levelled = from->last_levelled;
	to->last_ms = from->last_ms;
	from->fd = -1;
	from->len = 0;
}

void
child_output_close(struct child_output *l)
{
	if (l->fd == -1)
		return;
	ev_io_stop(l->loop, &l->rd);
	for (size_t done = 0; done < LINES_LEFT;) {
		ssize_t n = fill(l);

		if (n <= 0)
			break;
		done += (size_t)n;
	}
	if (l->len > 0)
		hand_out(l, l->buf, l->len);
	l->len = 0;
	close(l->fd);
	l->fd = -1;
}

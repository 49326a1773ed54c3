/* SPDX-License-Identifier: MIT */
/* What a bot prints, line by line; see runner_impl.h. */
#include "handler/runner/runner_impl.h"

#include "shared/base/clock.h"
#include "shared/base/log.h"
#include "shared/base/text.h"
#include "shared/guest/stderr_words.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define WORK_MAX 65536u	      /* bytes per wake-up */
#define LAST_MAX (256u << 10) /* of a bot that is gone */

void
runner_lines_cut(struct runner *r, bool end)
{
	uint64_t cut = log_ration_cut(&r->ration, clock_boot_ms(), end);

	if (cut > 0)
		log_warn("%llu lines of its output were left out here",
		    (unsigned long long)cut);
}

static void
say(struct runner_lines *l, const char *line, size_t len)
{
	struct runner *r = l->runner;
	char text[RUNNER_LINE_MAX * 4 + 1];

	while (len > 0 && line[len - 1] == '\r')
		len--;
	if (len == 0)
		return;
	text_clean(text, sizeof(text), line, len);
	/* What it says as it goes on is no reason of its end. */
	if (l == &r->err)
		stderr_words(r->words, sizeof(r->words), text);
	runner_lines_cut(r, false);
	if (log_ration_take(&r->ration, clock_boot_ms()))
		log_info("%s", text);
}

static void
take(struct runner_lines *l)
{
	char *start = l->text, *end;

	while ((end = memchr(start, '\n', l->len - (size_t)(start - l->text)))
	    != NULL) {
		say(l, start, (size_t)(end - start));
		start = end + 1;
	}
	l->len -= (size_t)(start - l->text);
	memmove(l->text, start, l->len);
	if (l->len == RUNNER_LINE_MAX) {
		size_t n = text_whole(l->text, l->len);

		say(l, l->text, n);
		l->len -= n;
		memmove(l->text, l->text + n, l->len);
	}
}

static void
shut(struct runner_lines *l)
{
	if (l->fd == -1)
		return;
	ev_io_stop(l->runner->loop, &l->io);
	close(l->fd);
	l->fd = -1;
}

/* Bytes read; 0: none now, or never again. */
static size_t
fill(struct runner_lines *l)
{
	ssize_t n = read(l->fd, l->text + l->len, RUNNER_LINE_MAX - l->len);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		shut(l);
		return 0;
	}
	l->len += (size_t)n;
	take(l);
	return (size_t)n;
}

static void
on_readable(struct ev_loop *loop, ev_io *io, int revents)
{
	struct runner_lines *l = io->data;
	size_t n, done = 0;

	while (done < WORK_MAX && l->fd != -1 && (n = fill(l)) > 0)
		done += n;
}

void
runner_lines_open(struct runner_lines *l, struct runner *r, int fd)
{
	l->runner = r;
	l->fd = fd;
	l->len = 0;
	ev_io_init(&l->io, on_readable, fd, EV_READ);
	l->io.data = l;
	ev_io_start(r->loop, &l->io);
}

void
runner_lines_last(struct runner_lines *l)
{
	size_t n, done = 0;

	while (done < LAST_MAX && l->fd != -1 && (n = fill(l)) > 0)
		done += n;
	say(l, l->text, l->len);
	l->len = 0;
	shut(l);
}

/* SPDX-License-Identifier: MIT */
/* Pipes to a plugin; see pipes.h. */
#include "handler/process/pipes.h"

#include "shared/base/clock.h"
#include "shared/base/text.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Reads after the end: more than any pipe holds. */
#define PIPES_LAST_READS 64

static void
pipes_shut(struct pipes *p, int *fd, ev_io *io)
{
	if (*fd < 0)
		return;
	ev_io_stop(p->loop, io);
	close(*fd);
	*fd = -1;
}

/* The only place that decides which pipes are watched. */
static void
pipes_watch(struct pipes *p)
{
	if (p->out >= 0 && buf_len(&p->send) <= PIPES_OUT_HIGH)
		ev_io_start(p->loop, &p->out_io);
	else if (p->out >= 0)
		ev_io_stop(p->loop, &p->out_io);
	if (p->in >= 0 && buf_len(&p->send) > 0)
		ev_io_start(p->loop, &p->in_io);
	else if (p->in >= 0)
		ev_io_stop(p->loop, &p->in_io);
}

/* ---- stdout --------------------------------------------------------- */

/* Of a line that was too long: nothing, or what is behind it. */
static void
pipes_skip(struct pipes *p)
{
	size_t len = buf_len(&p->got);
	char *end = memchr(buf_data(&p->got), '\n', len);

	p->skipping = end == NULL;
	buf_eat(&p->got,
	    end != NULL ? (size_t)(end + 1 - (char *)buf_data(&p->got)) : len);
}

static bool
pipes_too_long(struct pipes *p)
{
	if (!p->calls->too_long(p, buf_data(&p->got), buf_len(&p->got)))
		return false;
	buf_free(&p->got);
	p->scanned = 0;
	p->skipping = true;
	return true;
}

/* Hands out whole lines; false: p is closed. */
static bool
pipes_lines(struct pipes *p)
{
	for (;;) {
		char *text = buf_data(&p->got);
		size_t len = buf_len(&p->got);
		char *end = len == p->scanned
		    ? NULL
		    : memchr(text + p->scanned, '\n', len - p->scanned);

		if (end == NULL) {
			p->scanned = len;
			return true;
		}
		len = (size_t)(end - text);
		p->scanned = 0;
		if (!p->calls->line(p, text, len))
			return false;
		buf_eat(&p->got, len + 1);
	}
}

/* false: nothing more to read now, or p is closed. */
static bool
pipes_read_out(struct pipes *p)
{
	char *at = buf_space(&p->got, PIPES_READ);
	ssize_t n = read(p->out, at, PIPES_READ);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		pipes_shut(p, &p->out, &p->out_io);
		p->calls->closed(p, "closed its standard output");
		return false;
	}
	buf_filled(&p->got, (size_t)n);
	if (p->skipping)
		pipes_skip(p);
	if (!pipes_lines(p))
		return false;
	return buf_len(&p->got) <= PIPES_LINE_MAX || pipes_too_long(p);
}

static void
pipes_out_cb(struct ev_loop *loop, ev_io *io, int revents)
{
	struct pipes *p = container_of(io, struct pipes, out_io);

	if (pipes_read_out(p))
		pipes_watch(p);
}

/* ---- stderr --------------------------------------------------------- */

static void
pipes_words_cut(struct pipes *p, size_t len, size_t eat)
{
	char text[4 * PIPES_WORDS_MAX + 1]; /* each may be escaped */

	text_clean(text, sizeof(text), buf_data(&p->words), len);
	buf_eat(&p->words, eat);
	if (len > 0)
		p->calls->words(p, text);
}

static void
pipes_words(struct pipes *p, bool all)
{
	size_t len;

	while ((len = buf_len(&p->words)) > 0) {
		char *end = memchr(buf_data(&p->words), '\n', len);
		size_t n = end ? (size_t)(end - buf_data(&p->words)) : len;

		if (n > PIPES_WORDS_MAX) {
			n = text_whole(buf_data(&p->words), PIPES_WORDS_MAX);
			pipes_words_cut(p, n, n);
		} else if (end != NULL)
			pipes_words_cut(p, n, n + 1);
		else if (all)
			pipes_words_cut(p, n, n);
		else
			return;
	}
}

static bool
pipes_read_err(struct pipes *p)
{
	ssize_t n = read(p->err, buf_space(&p->words, 4096), 4096);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		pipes_shut(p, &p->err, &p->err_io);
		return false;
	}
	buf_filled(&p->words, (size_t)n);
	pipes_words(p, false);
	return true;
}

static void
pipes_err_cb(struct ev_loop *loop, ev_io *io, int revents)
{
	pipes_read_err(container_of(io, struct pipes, err_io));
}

/* ---- stdin ---------------------------------------------------------- */

void
pipes_flush(struct pipes *p)
{
	uint64_t before = p->written;
	int rc;

	if (p->in < 0 || buf_len(&p->send) == 0)
		return;
	rc = buf_flush(&p->send, p->in, &p->written);
	if (rc == 0)
		p->stuck_ms = 0;
	else if (p->written != before || p->stuck_ms == 0)
		p->stuck_ms = clock_boot_ms();
	if (rc < 0) {
		pipes_shut(p, &p->in, &p->in_io);
		p->calls->closed(p, "closed its standard input");
		return;
	}
	pipes_watch(p);
}

static void
pipes_in_cb(struct ev_loop *loop, ev_io *io, int revents)
{
	struct pipes *p = container_of(io, struct pipes, in_io);

	pipes_flush(p);
	if (p->in >= 0)
		p->calls->room(p);
}

/* ---- life ----------------------------------------------------------- */

void
pipes_open(struct pipes *p, struct ev_loop *loop, const struct guest *c,
    const struct pipes_calls *calls)
{
	*p = (struct pipes) {.calls = calls,
	    .loop = loop,
	    .in = c->in,
	    .out = c->out,
	    .err = c->err};
	ev_io_init(&p->in_io, pipes_in_cb, p->in, EV_WRITE);
	ev_io_init(&p->out_io, pipes_out_cb, p->out, EV_READ);
	ev_io_init(&p->err_io, pipes_err_cb, p->err, EV_READ);
	ev_io_start(loop, &p->err_io);
	pipes_watch(p);
}

void
pipes_close_in(struct pipes *p)
{
	pipes_shut(p, &p->in, &p->in_io);
}

void
pipes_close_out(struct pipes *p)
{
	pipes_shut(p, &p->out, &p->out_io);
}

void
pipes_close(struct pipes *p)
{
	pipes_shut(p, &p->in, &p->in_io);
	pipes_shut(p, &p->out, &p->out_io);
	pipes_shut(p, &p->err, &p->err_io);
	buf_free(&p->send);
	buf_free(&p->got);
	buf_free(&p->words);
	p->scanned = 0;
	p->skipping = false;
	p->stuck_ms = 0;
}

void
pipes_rest(struct pipes *p)
{
	struct buf *each[] = {&p->send, &p->got, &p->words};

	for (size_t i = 0; i < nitems(each); i++)
		if (buf_len(each[i]) == 0)
			buf_free(each[i]);
}

void
pipes_last(struct pipes *p)
{
	for (int i = 0; i < PIPES_LAST_READS && p->err >= 0; i++)
		if (!pipes_read_err(p))
			break;
	pipes_words(p, true);
	for (int i = 0; i < PIPES_LAST_READS && p->out >= 0; i++)
		if (!pipes_read_out(p))
			break;
}

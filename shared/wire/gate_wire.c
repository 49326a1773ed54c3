/* SPDX-License-Identifier: MIT */
/* See gate_wire.h. */
#include "shared/wire/gate_wire.h"

#include "shared/base/version.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void
gate_wire_close(struct gate_wire *w)
{
	if (w->fd == -1)
		return;
	ev_io_stop(w->loop, &w->rd);
	ev_io_stop(w->loop, &w->wr);
	close(w->fd);
	w->fd = -1;
	buf_free(&w->in);
	buf_free(&w->out);
}

static void
lose(struct gate_wire *w, const char *why)
{
	if (w->fd == -1)
		return;
	gate_wire_close(w);
	w->ops->gone(w, why);
}

/* ---- in ------------------------------------------------------------- */

static const char *
greet(struct gate_wire *w, const struct gate_hdr *h, const char *payload)
{
	struct gate_hello hello;

	if (h->type != GATE_HELLO || h->len != sizeof(hello))
		return "it does not begin with a HELLO";
	memcpy(&hello, payload, sizeof(hello));
	hello.build[sizeof(hello.build) - 1] = '\0';
	if (hello.version != CONTRACT_VERSION)
		return "it is of another contract version";
	w->greeted = true;
	w->ops->greeted(w, &hello);
	return NULL;
}

/* One frame: its bytes; 0: it is not complete. */
static size_t
take(struct gate_wire *w, size_t at, const char **why)
{
	size_t have = buf_len(&w->in) - at;
	const char *p = buf_data(&w->in) + at;
	struct gate_hdr h;

	if (have < sizeof(h))
		return 0;
	memcpy(&h, p, sizeof(h));
	if (h.len > GATE_WIRE_FRAME)
		*why = "it sends a frame longer than any event can be";
	else if (have - sizeof(h) < h.len)
		return 0;
	else if (!w->greeted)
		*why = greet(w, &h, p + sizeof(h));
	else if (h.type >= 32 || (w->ops->types >> h.type & 1) == 0)
		*why = "it sends a frame of a type that is not its to send";
	else
		w->ops->frame(w, &h, p + sizeof(h));
	return sizeof(h) + h.len;
}

static void
on_read(struct ev_loop *loop, ev_io *io, int revents)
{
	struct gate_wire *w = container_of(io, struct gate_wire, rd);
	char *space = buf_space(&w->in, GATE_WIRE_READ);
	ssize_t n = read(w->fd, space, GATE_WIRE_READ);
	const char *why = NULL;
	size_t at = 0, len = 0;

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		lose(w, n == 0 ? "closed" : strerror(errno));
		return;
	}
	buf_filled(&w->in, (size_t)n);
	while (why == NULL && (len = take(w, at, &why)) > 0)
		at += len;
	w->ops->settled(w);
	if (why != NULL)
		lose(w, why);
	else
		buf_eat(&w->in, at);
}

/* ---- out ------------------------------------------------------------ */

void
gate_wire_flush(struct gate_wire *w)
{
	uint64_t written = 0;
	int rc;

	if (w->fd == -1 || buf_len(&w->out) == 0)
		return;
	rc = buf_flush(&w->out, w->fd, &written);
	/* A broken one is read to its end, which tells. */
	if (rc == 1)
		ev_io_start(w->loop, &w->wr);
	else
		ev_io_stop(w->loop, &w->wr);
}

static void
on_write(struct ev_loop *loop, ev_io *io, int revents)
{
	gate_wire_flush(container_of(io, struct gate_wire, wr));
}

bool
gate_wire_full(const struct gate_wire *w)
{
	return buf_len(&w->out) >= GATE_WIRE_OUT;
}

void
gate_wire_put_both(struct gate_wire *w, const struct gate_hdr *h,
    const void *first, size_t len, const void *rest)
{
	if (w->fd == -1)
		return;
	must(h->len >= len);
	buf_add(&w->out, h, sizeof(*h));
	if (len > 0)
		buf_add(&w->out, first, len);
	if (h->len > len)
		buf_add(&w->out, rest, h->len - len);
}

void
gate_wire_put(struct gate_wire *w, const struct gate_hdr *h,
    const void *payload)
{
	gate_wire_put_both(w, h, payload, h->len, NULL);
}

void
gate_wire_open(struct gate_wire *w, const struct gate_wire_ops *ops,
    struct ev_loop *loop, int fd, uint32_t generation, uint32_t shard_count)
{
	struct gate_hello hello = {.version = CONTRACT_VERSION,
	    .generation = generation,
	    .shard_count = shard_count,
	    .pid = (int32_t)getpid()};
	struct gate_hdr h = {.len = sizeof(hello), .type = GATE_HELLO};

	*w = (struct gate_wire) {.ops = ops, .loop = loop, .fd = fd};
	str_copy(hello.build, SHARDHERD_VERSION, sizeof(hello.build));
	ev_io_init(&w->rd, on_read, fd, EV_READ);
	ev_io_init(&w->wr, on_write, fd, EV_WRITE);
	ev_io_start(loop, &w->rd);
	gate_wire_put(w, &h, &hello);
	gate_wire_flush(w);
}

/* SPDX-License-Identifier: MIT */
#include "shard/events/uplink.h"

#include "shared/base/buf.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HDR sizeof(struct up_hdr)
#define PIECES 16
#define SEND_BUFFER (1 << 20) /* as much of it as the kernel allows */

struct uplink {
	struct ev_loop *loop;
	struct queue *queue;
	const struct uplink_ops *ops;
	void *arg;
	int fd; /* -1: no handler */
	ev_io rd, wr;
	bool greeted;	/* DOWN_HELLO came */
	bool cut;	/* nothing new goes out */
	uint64_t named; /* session announced last ahead of the queue */

	/* goes out between two frames of the queue; grows for express copies */
	struct buf control;

	unsigned char in[HDR + UPLINK_DOWN_MAX];
	size_t in_len;
	size_t skip; /* bytes of an oversized payload still to come */
};

/* ---- the end -------------------------------------------------------- */

static void
disconnect(struct uplink *u)
{
	if (u->fd < 0)
		return;
	ev_io_stop(u->loop, &u->rd);
	ev_io_stop(u->loop, &u->wr);
	close(u->fd);
	u->fd = -1;
	buf_free(&u->control);
	u->in_len = u->skip = 0;
	u->greeted = u->cut = false;
	u->named = 0;
	queue_rewind(u->queue);
}

static void
drop(struct uplink *u, const char *why)
{
	if (u->fd < 0)
		return;
	disconnect(u);
	u->ops->gone(u->arg, why);
}

/* ---- out ------------------------------------------------------------ */

static void
control_add(struct uplink *u, const struct up_hdr *h, const void *payload)
{
	buf_add(&u->control, h, HDR);
	buf_add(&u->control, payload, h->len);
}

static bool
control_put(struct uplink *u, const struct up_hdr *h, const void *payload)
{
	if (buf_len(&u->control) + HDR + h->len
	    > UPLINK_CONTROL_MAX + UPLINK_EXPRESS_MAX)
		return false;
	control_add(u, h, payload);
	return true;
}

/* Bytes of the queue that may go. */
static size_t
allowed(const struct uplink *u)
{
	return u->cut ? queue_mid(u->queue) : u->queue->unsent;
}

static bool
idle(const struct uplink *u)
{
	return buf_len(&u->control) == 0 && allowed(u) == 0;
}

/* The frame that went out in part is finished, and nothing else. */
static int
gather_rest(struct uplink *u, struct iovec *iov, size_t mid)
{
	if (mid == 0 || queue_iov(u->queue, iov, 1) == 0)
		return 0;
	iov[0].iov_len = mid;
	return 1;
}

/* What may go in one write, control frames only between two queue frames. */
static int
gather(struct uplink *u, struct iovec *iov, bool *control)
{
	size_t mid = queue_mid(u->queue);

	/* One that went out in part comes first: the queue waits for it. */
	*control = buf_len(&u->control) > 0 && mid == 0;
	if (*control) {
		iov[0].iov_base = buf_data(&u->control);
		iov[0].iov_len = buf_len(&u->control);
		return u->cut ? 1
			      : 1 + queue_iov(u->queue, iov + 1, PIECES - 1);
	}
	if (u->cut || (buf_len(&u->control) > 0 && mid > 0))
		return gather_rest(u, iov, mid);
	return queue_iov(u->queue, iov, PIECES);
}

static void
account(struct uplink *u, size_t n, bool control)
{
	size_t first = control ? buf_len(&u->control) : 0;

	first = n < first ? n : first;
	buf_eat(&u->control, first);
	/* No shard keeps the room that a burst of express copies took. */
	if (buf_len(&u->control) == 0)
		buf_free(&u->control);
	queue_sent(u->queue, n - first);
}

static size_t
total(const struct iovec *iov, int n)
{
	size_t sum = 0;

	while (n > 0)
		sum += iov[--n].iov_len;
	return sum;
}

/* 1 more to do, 0 done or the handler is not reading, -1 gone. */
static int
write_once(struct uplink *u)
{
	struct iovec iov[PIECES];
	struct msghdr m = {.msg_iov = iov};
	bool control;
	ssize_t n;
	size_t all;

	m.msg_iovlen = (size_t)gather(u, iov, &control);
	if (m.msg_iovlen == 0) {
		ev_io_stop(u->loop, &u->wr);
		return 0;
	}
	all = total(iov, (int)m.msg_iovlen);
	n = sendmsg(u->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0 && errno == EINTR)
		return 1;
	if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
		return -1;
	if (n > 0)
		account(u, (size_t)n, control);
	if (n < (ssize_t)all) {
		ev_io_start(u->loop, &u->wr);
		return 0;
	}
	return !idle(u);
}

static void
flush(struct uplink *u)
{
	if (u->fd < 0 || idle(u))
		return;
	for (int i = 0; i < UPLINK_WRITES_MAX; i++) {
		int rc = write_once(u);

		if (rc < 0)
			drop(u, strerror(errno));
		if (rc <= 0)
			return;
	}
	ev_io_start(u->loop, &u->wr);
}

/* After a cut: tells when all that went out is acknowledged. */
static void
drained(struct uplink *u)
{
	if (u->cut && u->fd >= 0 && idle(u)
	    && u->queue->acked_ord == u->queue->sent_ord)
		u->ops->drained(u->arg);
}

static void
on_writable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct uplink *u = container_of(w, struct uplink, wr);

	if (idle(u))
		ev_io_stop(loop, w);
	else
		flush(u);
	drained(u);
}

/* ---- in ------------------------------------------------------------- */

/* One whole frame: NULL, or what is wrong with it. */
static const char *
take_frame(struct uplink *u, const struct up_hdr *h, const unsigned char *p)
{
	struct up_hello hello;

	if (h->type == DOWN_HELLO) {
		if (h->len != sizeof(hello))
			return "a DOWN_HELLO of another size";
		memcpy(&hello, p, sizeof(hello));
		if (hello.version != CONTRACT_VERSION)
			return "it speaks another contract version";
		u->greeted = true;
		return NULL;
	}
	if (!u->greeted)
		return "it did not say hello first";
	switch (h->type) {
	case DOWN_ACK:
		return u->ops->ack(u->arg, h->ord) == 0
		    ? NULL
		    : "it acknowledged what was never sent";
	case DOWN_SEND:
		u->ops->send(u->arg, h->ord, (const char *)p, h->len);
		return NULL;
	default:
		return "a frame of an unknown type";
	}
}

/* The bytes a frame takes from the buffer; 0: not whole yet. */
static size_t
parse_one(struct uplink *u, size_t off, const char **wrong)
{
	struct up_hdr h;
	size_t have = u->in_len - off;

	if (have < HDR)
		return 0;
	memcpy(&h, u->in + off, HDR);
	if (h.len > UPLINK_DOWN_MAX) {
		if (h.type != DOWN_SEND || h.len > UP_PAYLOAD_MAX) {
			*wrong = "a frame that is too long";
			return 0;
		}
		u->ops->send(u->arg, h.ord, NULL, h.len);
		u->skip = h.len - (have - HDR < h.len ? have - HDR : h.len);
		return HDR + h.len - u->skip;
	}
	if (have < HDR + h.len)
		return 0;
	*wrong = take_frame(u, &h, u->in + off + HDR);
	return HDR + h.len;
}

/* Frames in the buffer; what is left moves to its front. */
static const char *
parse(struct uplink *u)
{
	const char *wrong = NULL;
	size_t off = 0, n;

	while (
	    u->fd >= 0 && wrong == NULL && (n = parse_one(u, off, &wrong)) > 0)
		off += n;
	if (u->fd < 0)
		return NULL;
	must(off <= u->in_len);
	memmove(u->in, u->in + off, u->in_len - off);
	u->in_len -= off;
	return wrong;
}

/* 1 go on, 0 nothing more, -1 the uplink is gone. */
static int
read_once(struct uplink *u)
{
	unsigned char sink[UPLINK_READ];
	bool skipping = u->skip > 0;
	void *to = skipping ? (void *)sink : u->in + u->in_len;
	size_t room = skipping ? sizeof(sink) : sizeof(u->in) - u->in_len;
	const char *wrong;
	ssize_t n;

	if (skipping && room > u->skip)
		room = u->skip;
	/* Of no room recv() says 0, and a live handler would count as gone. */
	must(room > 0);
	n = recv(u->fd, to, room, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (n < 0 && errno == EINTR)
		return 1;
	if (n <= 0) {
		drop(u, n == 0 ? "it closed the connection" : strerror(errno));
		return -1;
	}
	if (skipping) {
		u->skip -= (size_t)n;
		return 1;
	}
	u->in_len += (size_t)n;
	wrong = parse(u);
	if (wrong != NULL) {
		drop(u, wrong);
		return -1;
	}
	return u->fd < 0 ? -1 : n == (ssize_t)room;
}

static void
on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct uplink *u = container_of(w, struct uplink, rd);

	for (int i = 0; i < UPLINK_READS_MAX; i++)
		if (read_once(u) <= 0)
			break;
	drained(u);
}

/* ---- public --------------------------------------------------------- */

struct uplink *
uplink_new(struct ev_loop *loop, struct queue *queue,
    const struct uplink_ops *ops, void *arg)
{
	struct uplink *u = base_alloc(sizeof(*u));

	u->loop = loop;
	u->queue = queue;
	u->ops = ops;
	u->arg = arg;
	u->fd = -1;
	ev_init(&u->rd, on_readable);
	ev_init(&u->wr, on_writable);
	return u;
}

void
uplink_free(struct uplink *u)
{
	if (u == NULL)
		return;
	disconnect(u);
	free(u);
}

void
uplink_adopt(struct uplink *u, int fd, const struct up_hello *hello)
{
	struct up_hdr h = {.len = sizeof(*hello), .type = UP_HELLO};
	int size = SEND_BUFFER;

	must(fd >= 0);
	disconnect(u);
	u->fd = fd;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	must(control_put(u, &h, hello));
	if (u->queue->session.session != 0) {
		h = (struct up_hdr) {.len = sizeof(u->queue->session),
		    .type = UP_SESSION,
		    .session = u->queue->session.session};
		must(control_put(u, &h, &u->queue->session));
	}
	ev_io_set(&u->rd, fd, EV_READ);
	ev_io_set(&u->wr, fd, EV_WRITE);
	ev_io_start(u->loop, &u->rd);
}

void
uplink_turn(struct uplink *u)
{
	if (!ev_is_active(&u->wr))
		flush(u);
}

bool
uplink_connected(const struct uplink *u)
{
	return u->fd >= 0;
}

bool
uplink_express(struct uplink *u, const struct up_hdr *event, const char *raw,
    const struct up_session *us)
{
	struct up_hdr h = *event;
	struct up_hdr name = {.len = sizeof(*us),
	    .type = UP_SESSION,
	    .session = us->session};

	if (u->fd < 0 || u->cut
	    || buf_len(&u->control) + 2 * HDR + sizeof(*us) + h.len
		> UPLINK_EXPRESS_MAX)
		return false;
	if (us->session != u->named)
		control_add(u, &name, us);
	u->named = us->session;
	h.flags |= UP_FLAG_EXPRESS;
	h.ord = h.reserved = 0;
	control_add(u, &h, raw);
	return true;
}

void
uplink_cut(struct uplink *u)
{
	if (u->fd < 0)
		return;
	u->cut = true;
	/* From the loop: it may be done already. */
	ev_io_start(u->loop, &u->wr);
}

void
uplink_result(struct uplink *u, uint64_t id, enum send_status status)
{
	struct up_result r = {.status = status};
	struct up_hdr h = {.len = sizeof(r), .type = UP_RESULT, .ord = id};

	if (u->fd < 0)
		return;
	/* One that asks but does not read is broken; noticed at next read. */
	if (!control_put(u, &h, &r))
		(void)shutdown(u->fd, SHUT_RDWR);
}

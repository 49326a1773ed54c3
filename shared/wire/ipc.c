/* SPDX-License-Identifier: MIT */
#include "shared/wire/ipc.h"

#include "shared/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct ipc_out {
	struct list link;
	int fd;
	size_t len;
	struct {
		struct msg_hdr hdr;
		unsigned char payload[];
	} msg;
};

union ancillary {
	struct cmsghdr hdr;
	char space[CMSG_SPACE(sizeof(int))];
};

int
ipc_pair(int fds[2], struct err *e)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		0, fds)
	    != 0)
		return err_sys(e, EXIT_DEGRADED, "cannot make a channel");
	return 0;
}

static void
out_free(struct ipc *c, struct ipc_out *o)
{
	must(c->queued > 0);
	list_remove(&o->link);
	c->queued--;
	if (o->fd >= 0)
		close(o->fd);
	free(o);
}

int
ipc_release(struct ipc *c)
{
	int fd = c->fd;

	if (fd < 0)
		return -1;
	ev_io_stop(c->loop, &c->rd);
	ev_io_stop(c->loop, &c->wr);
	while (!list_empty(&c->queue))
		out_free(c, container_of(c->queue.next, struct ipc_out, link));
	must(c->queued == 0);
	c->fd = -1;
	return fd;
}

void
ipc_close(struct ipc *c)
{
	int fd = ipc_release(c);

	if (fd >= 0)
		close(fd);
}

static void
gone(struct ipc *c, const char *why)
{
	ipc_gone_fn *fn = c->on_gone;

	ipc_close(c);
	fn(c, why);
}

void
ipc_move(struct ipc *to, struct ipc *from, const char *peer)
{
	bool writing;

	must(to != from && to->fd < 0);
	if (from->fd < 0)
		return;
	writing = ev_is_active(&from->wr);
	ev_io_stop(from->loop, &from->rd);
	ev_io_stop(from->loop, &from->wr);
	ipc_open(to, from->loop, from->fd, peer, from->on_msg, from->on_gone);
	while (!list_empty(&from->queue)) {
		struct list *e = from->queue.next;

		list_remove(e);
		list_append(&to->queue, e);
	}
	to->queued = from->queued;
	from->queued = 0;
	from->fd = -1;
	if (writing)
		ev_io_start(to->loop, &to->wr);
}

/* 1 sent, 0 would block, -1 peer gone. */
static int
out_write(struct ipc *c, const struct ipc_out *o)
{
	union ancillary anc = {0};
	struct iovec iov = {(void *)&o->msg, o->len};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};

	if (o->fd >= 0) {
		m.msg_control = anc.space;
		m.msg_controllen = sizeof(anc.space);
		anc.hdr.cmsg_level = SOL_SOCKET;
		anc.hdr.cmsg_type = SCM_RIGHTS;
		anc.hdr.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&anc.hdr), &o->fd, sizeof(int));
	}
	for (;;) {
		if (sendmsg(c->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
			return 1;
		if (errno == EINTR)
			continue;
		return errno == EAGAIN || errno == ENOBUFS ? 0 : -1;
	}
}

static void
on_writable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct ipc *c = w->data;

	while (!list_empty(&c->queue)) {
		struct ipc_out *o = container_of(c->queue.next, struct ipc_out,
		    link);
		int rc = out_write(c, o);
		if (rc == 0)
			return;
		if (rc < 0) {
			/* The reader sees the end too, with what was unread. */
			ev_io_stop(loop, w);
			return;
		}
		out_free(c, o);
	}
	ev_io_stop(loop, w);
}

int
ipc_send(struct ipc *c, enum msg_type type, int32_t shard, uint32_t serial,
    const void *payload, size_t len, int fd)
{
	struct ipc_out *o;

	must(len <= CONTRACT_MSG_MAX && (len == 0 || payload != NULL));
	/* Any other ends the channel at the peer's. */
	must(type > MSG_NONE && type < MSG_TYPES);
	if (c->fd < 0 || c->queued >= IPC_QUEUE_MAX)
		return -1;
	o = base_alloc(sizeof(*o) + len);
	o->fd = -1;
	if (fd >= 0 && (o->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0)) < 0) {
		free(o);
		return -1;
	}
	o->len = sizeof(o->msg.hdr) + len;
	o->msg.hdr = (struct msg_hdr) {
	    .type = (uint16_t)type,
	    .version = CONTRACT_VERSION,
	    .len = (uint32_t)len,
	    .shard = shard,
	    .serial = serial,
	};
	if (len > 0)
		memcpy(o->msg.payload, payload, len);
	list_append(&c->queue, &o->link);
	c->queued++;
	if (!ev_is_active(&c->wr))
		on_writable(c->loop, &c->wr, EV_WRITE);
	if (c->queued > 0)
		ev_io_start(c->loop, &c->wr);
	return 0;
}

/* The one fd of a message, or -1. */
static int
received_fd(struct msghdr *m)
{
	struct cmsghdr *h = CMSG_FIRSTHDR(m);
	int fd = -1;

	if (h != NULL && h->cmsg_level == SOL_SOCKET
	    && h->cmsg_type == SCM_RIGHTS
	    && h->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(h), sizeof(fd));
	return fd;
}

/* Reads one message: 1 delivered, 0 none now, -1 channel over (gone called). */
static int
read_one(struct ipc *c)
{
	struct {
		struct msg_hdr hdr;
		unsigned char payload[CONTRACT_MSG_MAX];
	} in;
	union ancillary anc;
	struct iovec iov = {&in, sizeof(in)};
	struct msghdr m = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = anc.space,
	    /* Not all of the space: its padding takes a second fd. */
	    .msg_controllen = CMSG_LEN(sizeof(int))};
	char why[160];
	ssize_t n;

	do
		n = recvmsg(c->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n <= 0) {
		gone(c, n == 0 ? "closed" : strerror(errno));
		return -1;
	}
	int fd = received_fd(&m);
	if ((size_t)n < sizeof(in.hdr) || in.hdr.version != CONTRACT_VERSION) {
		snprintf(why, sizeof(why),
		    "speaks contract version %d, we speak %d",
		    (size_t)n < sizeof(in.hdr) ? -1 : in.hdr.version,
		    CONTRACT_VERSION);
	} else if ((size_t)n != sizeof(in.hdr) + in.hdr.len
	    || in.hdr.type == MSG_NONE || (m.msg_flags & MSG_TRUNC) != 0 ||
	    /* Cut to nothing: we have no fd left to take one with. */
	    ((m.msg_flags & MSG_CTRUNC) != 0 && fd >= 0)) {
		snprintf(why, sizeof(why),
		    "sent a malformed message (type %u, %zd bytes)",
		    in.hdr.type, n);
	} else if (in.hdr.type < MSG_TYPES) {
		c->on_msg(c, &in.hdr, in.payload, fd);
		return 1;
	} else {
		/* A newer peer's: it can't count on an older one here. */
		log_debug("%s sent a message of type %u, which this version "
			  "does not know",
		    c->peer, in.hdr.type);
		if (fd >= 0)
			close(fd);
		return 1;
	}
	if (fd >= 0)
		close(fd);
	gone(c, why);
	return -1;
}

static void
on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct ipc *c = w->data;

	/* on_msg may close the channel: then stop at once. */
	for (int i = 0; i < IPC_WORK_MAX && c->fd >= 0; i++) {
		if (read_one(c) != 1)
			return;
	}
}

void
ipc_open(struct ipc *c, struct ev_loop *loop, int fd, const char *peer,
    ipc_msg_fn *on_msg, ipc_gone_fn *on_gone)
{
	must(fd >= 0 && on_msg != NULL && on_gone != NULL);
	memset(c, 0, sizeof(*c));
	c->fd = fd;
	c->loop = loop;
	c->peer = peer;
	c->on_msg = on_msg;
	c->on_gone = on_gone;
	list_init(&c->queue);
	ev_io_init(&c->rd, on_readable, fd, EV_READ);
	ev_io_init(&c->wr, on_writable, fd, EV_WRITE);
	c->rd.data = c->wr.data = c;
	ev_io_start(loop, &c->rd);
}

const void *
ipc_payload(const struct msg_hdr *h, const void *payload, size_t want)
{
	return h->len == want ? payload : NULL;
}

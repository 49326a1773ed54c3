/* SPDX-License-Identifier: MIT */
/* See control.h. */
#include "supervisor/base/control.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shared/base/clock.h"
#include "shared/process/process.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/base/preflight.h"
#include "supervisor/base/procfs.h"
#include "supervisor/base/request.h"

/* ---- clients -------------------------------------------------------- */

static void
drop_passed(struct control_client *c)
{
	if (c->passed != -1)
		close(c->passed);
	c->passed = -1;
}

static void
client_drop(struct control_client *c)
{
	if (c->fd == -1)
		return;
	ev_io_stop(c->control->fleet->loop, &c->rd);
	timer_stop(&c->idle);
	close(c->fd);
	drop_passed(c);
	free(c->in);
	c->fd = -1;
	c->in = NULL;
	c->ticket = 0;
}

static void
on_idle(struct timer *t)
{
	client_drop(container_of(t, struct control_client, idle));
}

static void
answer(struct control_client *c, const char *line)
{
	size_t len = strlen(line);

	c->control->ops->answering(c->control->fleet);
	/* The send buffer is CONTROL_OUT_MAX: who lets it fill is dropped. */
	if (send(c->fd, line, len, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)len)
		client_drop(c);
}

/* Who only has no more to ask, and still reads, is not gone. */
static bool
asker_gone(const struct control_client *c)
{
	struct pollfd p = {.fd = c->fd};

	return poll(&p, 1, 0) == 1 && (p.revents & (POLLHUP | POLLERR)) != 0;
}

/* The uid is the kernel's word, the rest theirs, whom we trust. */
static void
who_asks(struct control_client *c, const struct request *r)
{
	struct ucred u = {.pid = -1, .uid = (uid_t)-1};
	socklen_t len = sizeof(u);

	(void)getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &u, &len);
	str_format(c->control->who, sizeof(c->control->who), "%s%suid %u",
	    r->by, r->by[0] != '\0' ? ", " : "", (unsigned)u.uid);
}

/* A shard of ours and web have no business here, whoever speaks for them. */
static int
refuse(struct control *k, struct err *e)
{
	uint64_t now = clock_boot_ms();

	err_set(e, EXIT_DEGRADED,
	    "The request comes from a process in a sandbox that the fleet "
	    "itself is not in, as its shards and its web process are: it is "
	    "not carried out. Give the command outside of that sandbox.");
	if (k->refused_ms == 0 || now - k->refused_ms >= CONTROL_SAY_MS) {
		k->refused_ms = now;
		log_warn("A request at the control socket is refused: it came "
			 "from a process with more seccomp filters than ours; "
			 "if nobody gave a command from within a sandbox, "
			 "somebody may have taken over a shard or web.");
	}
	return -1;
}

static int
carry_out(struct control_client *c, const char *line, size_t len, struct err *e)
{
	struct control *k = c->control;
	struct request r;

	if (request_parse(line, len, &r, e) == -1)
		return -1;
	who_asks(c, &r);
	return k->ops->carry_out(k->fleet, &r, c->passed, c->ticket, e);
}

static void
take_line(struct control_client *c, const char *line, size_t len)
{
	struct err e;
	char out[2048];
	int rc;

	/* What was given up before it was begun is void. */
	if (asker_gone(c)) {
		log_notice("A request is not carried out: who asked has given "
			   "up.");
		client_drop(c);
		return;
	}
	/* Lines said meanwhile find their way by the ticket. */
	c->ticket = ++c->control->tickets;
	rc = c->caged ? refuse(c->control, &e) : carry_out(c, line, len, &e);
	drop_passed(c);
	if (rc == 1) {
		if (c->ticket != 0)
			timer_stop(&c->idle);
		return;
	}
	c->ticket = 0;
	if (rc == -1)
		request_error(&e, out, sizeof(out));
	else
		str_format(out, sizeof(out),
		    "{\"ok\":true,\"pid\":%d,\"stopping\":%s}\n", (int)getpid(),
		    c->control->fleet->stopping ? "true" : "false");
	answer(c, out);
}

static void
take_lines(struct control_client *c)
{
	char *end;

	while (c->fd != -1 && c->ticket == 0
	    && (end = memchr(c->in, '\n', c->in_len)) != NULL) {
		size_t len = (size_t)(end - c->in);

		timer_set(&c->idle, CONTROL_IDLE_S);
		take_line(c, c->in, len);
		if (c->fd == -1)
			return;
		c->in_len -= len + 1;
		memmove(c->in, end + 1, c->in_len);
	}
	if (c->fd != -1 && c->in_len == REQUEST_LINE_MAX)
		client_drop(c);
}

/* Bytes, and at most one fd with them; another one takes its place. */
static ssize_t
receive(struct control_client *c)
{
	char space[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec iov = {c->in + c->in_len, REQUEST_LINE_MAX - c->in_len};
	struct msghdr m = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    /* Not all of the space: its padding takes a second fd. */
	    .msg_control = space,
	    .msg_controllen = CMSG_LEN(sizeof(int))};
	ssize_t n = recvmsg(c->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *h = n >= 0 ? CMSG_FIRSTHDR(&m) : NULL;

	if (h != NULL && h->cmsg_level == SOL_SOCKET
	    && h->cmsg_type == SCM_RIGHTS
	    && h->cmsg_len == CMSG_LEN(sizeof(int))) {
		drop_passed(c);
		memcpy(&c->passed, CMSG_DATA(h), sizeof(int));
	}
	return n;
}

static void
on_client(struct ev_loop *loop, ev_io *w, int revents)
{
	struct control_client *c = w->data;
	ssize_t n;

	if (revents & EV_CUSTOM) { /* what waited for an answer */
		take_lines(c);
		return;
	}
	n = receive(c);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_drop(c);
		return;
	}
	c->in_len += (size_t)n;
	take_lines(c);
}

/* ---- answers that come in lines ------------------------------------- */

static struct control_client *
waiting(struct control *k, uint32_t ticket)
{
	for (size_t i = 0; ticket != 0 && i < CONTROL_CLIENTS_MAX; i++)
		if (k->client[i].fd != -1 && k->client[i].ticket == ticket)
			return &k->client[i];
	return NULL;
}

void
control_say(struct control *k, uint32_t ticket, const char *key,
    const char *text)
{
	struct control_client *c = waiting(k, ticket);
	char out[4096];

	if (c == NULL)
		return;
	request_line(key, text, out, sizeof(out));
	answer(c, out);
}

void
control_done(struct control *k, uint32_t ticket, uint32_t generation,
    const struct err *e)
{
	struct control_client *c = waiting(k, ticket);
	char out[4096];

	if (c == NULL)
		return;
	if (e != NULL)
		request_error(e, out, sizeof(out));
	else
		str_format(out, sizeof(out),
		    "{\"ok\":true,\"generation\":%u}\n", generation);
	answer(c, out);
	if (c->fd == -1)
		return; /* it took no answer and was dropped */
	c->ticket = 0;
	timer_set(&c->idle, CONTROL_IDLE_S);
	/* Its next request may be here already; not now: this is a callback. */
	if (c->in_len > 0)
		ev_feed_event(k->fleet->loop, &c->rd, EV_CUSTOM);
}

static struct control_client *
free_client(struct control *k)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (k->client[i].fd == -1)
			return &k->client[i];
	return NULL;
}

static void
client_take(struct control *k, struct control_client *c, int fd)
{
	int size = CONTROL_OUT_MAX;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	c->fd = fd;
	c->caged = false;
	c->in = base_alloc(REQUEST_LINE_MAX + 1);
	c->in_len = 0;
	ev_io_init(&c->rd, on_client, fd, EV_READ);
	c->rd.data = c;
	ev_io_start(k->fleet->loop, &c->rd);
}

int
control_fd(struct control *k, uint32_t ticket)
{
	struct control_client *c = waiting(k, ticket);

	return c != NULL ? c->fd : -1;
}

uint32_t
control_take(struct control *k, int fd)
{
	struct control_client *c = free_client(k);

	if (fd == -1 || c == NULL)
		return 0;
	client_take(k, c, fd);
	return c->ticket = ++k->tickets;
}

static void
on_call(struct listener *l, int fd, const struct ucred *peer)
{
	struct control *k = container_of(l, struct control, listener);
	struct control_client *c = free_client(k);

	/* All places taken: the newest goes, idle ones make room soon. */
	if (c == NULL) {
		close(fd);
		return;
	}
	client_take(k, c, fd);
	c->caged = procfs_filters(peer->pid) > procfs_filters(getpid());
	timer_set(&c->idle, CONTROL_IDLE_S);
}

/* ---- the socket ----------------------------------------------------- */

static int
listen_there(struct control *k, struct err *e)
{
	const char *path = k->listener.at.sun_path;
	pid_t pid = listener_there(&k->listener);

	/* One of ours before an exec, or of a dead one's, in a child that has
	 * not closed it yet. */
	if (pid == getpid() || (pid > 0 && process_start(pid) == 0))
		pid = 0;
	if (pid > 0)
		return err_set(e, EXIT_TRY_LATER,
		    "run_dir is occupied: the supervisor with pid %d answers "
		    "on %s. Stop it, or give this bot its own run_dir.",
		    (int)pid, path);
	if (pid == -1)
		return err_set(e, EXIT_TRY_LATER,
		    "run_dir is occupied: another supervisor answers on %s",
		    path);
	return listener_open(&k->listener, "control socket", e);
}

int
control_open(struct control *k, struct fleet *f, struct err *e)
{
	k->fleet = f;
	listener_init(&k->listener, f->loop, &f->reserve, SOCK_STREAM,
	    CONTROL_CLIENTS_MAX, on_call);
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		k->client[i].control = k;
		k->client[i].fd = k->client[i].passed = -1;
		timer_init(f->timers, &k->client[i].idle, on_idle);
	}
	if (listener_place(&k->listener, f->config->run_dir, "control.sock", e)
	    == -1)
		return -1;
	return listen_there(k, e);
}

void
control_check(struct control *k)
{
	const char *dir = k->fleet->config->run_dir;
	struct err e;

	if (listener_check(&k->listener))
		return;
	if (preflight_make_dir("run_dir", dir, &e) == 0
	    && listen_there(k, &e) == 0) {
		log_notice("run_dir had vanished: the control socket was made "
			   "again.");
		k->lost = false;
	} else if (!k->lost) {
		log_warn("No control socket: %s", e.text);
		k->lost = true;
	}
}

void
control_close(struct control *k)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (k->client[i].control != NULL)
			client_drop(&k->client[i]);
	listener_close(&k->listener);
}

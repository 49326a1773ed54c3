/* SPDX-License-Identifier: MIT */
/* libcurl on our loop; see curl_loop.h. */
#include "shared/net/curl_loop.h"

struct curl_loop_socket {
	struct list link;
	struct curl_loop *of;
	ev_io io;
};

/* c may be gone behind it. */
static void
act(struct curl_loop *c, curl_socket_t fd, int what)
{
	int running, left;
	CURLMsg *m;

	(void)curl_multi_socket_action(c->multi, fd, what, &running);
	while ((m = curl_multi_info_read(c->multi, &left)) != NULL)
		/* m is gone with its transfer: nothing of it is read after. */
		if (m->msg == CURLMSG_DONE
		    && !c->ended(c, m->easy_handle, m->data.result))
			return;
}

static void
on_io(struct ev_loop *loop, ev_io *io, int revents)
{
	struct curl_loop_socket *s = container_of(io, struct curl_loop_socket,
	    io);

	/* curl may free s in the middle of this. */
	act(s->of, io->fd,
	    (revents & EV_READ ? CURL_CSELECT_IN : 0)
		| (revents & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

static void
on_timer(struct timer *t)
{
	act(container_of(t, struct curl_loop, timer), CURL_SOCKET_TIMEOUT, 0);
}

static void
socket_drop(struct curl_loop_socket *s)
{
	ev_io_stop(s->of->loop, &s->io);
	list_remove(&s->link);
	free(s);
}

static int
set_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *sock)
{
	struct curl_loop *c = arg;
	struct curl_loop_socket *s = sock;

	if (what == CURL_POLL_REMOVE) {
		if (s != NULL)
			socket_drop(s);
		return 0;
	}
	if (s == NULL) {
		s = base_alloc(sizeof(*s));
		s->of = c;
		list_append(&c->sockets, &s->link);
		curl_multi_assign(c->multi, fd, s);
	} else {
		ev_io_stop(c->loop, &s->io);
	}
	ev_io_init(&s->io, on_io, fd,
	    (what & CURL_POLL_IN ? EV_READ : 0)
		| (what & CURL_POLL_OUT ? EV_WRITE : 0));
	ev_io_start(c->loop, &s->io);
	return 0;
}

static int
set_timer(CURLM *multi, long ms, void *arg)
{
	struct curl_loop *c = arg;

	if (ms < 0)
		timer_stop(&c->timer);
	else
		/* Never 0: a timer set to now within its own callback. */
		timer_set(&c->timer, ms < 1 ? 0.001 : (double)ms / 1000);
	return 0;
}

int
curl_loop_open(struct curl_loop *c, struct ev_loop *loop, struct timers *timers,
    curl_loop_fn *ended)
{
	*c = (struct curl_loop) {.multi = curl_multi_init(),
	    .loop = loop,
	    .ended = ended};
	if (c->multi == NULL)
		return -1;
	list_init(&c->sockets);
	timer_init(timers, &c->timer, on_timer);
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
	return 0;
}

void
curl_loop_close(struct curl_loop *c)
{
	if (c->multi == NULL)
		return;
	/* It still asks for watchers and times; then nobody is left to. */
	(void)curl_multi_cleanup(c->multi);
	c->multi = NULL;
	timer_stop(&c->timer);
	list_each_safe (&c->sockets, l, next)
		socket_drop(container_of(l, struct curl_loop_socket, link));
}

/* SPDX-License-Identifier: MIT */
/* Copies for those who look; see listeners.h. */
#include "handler/intake/listeners.h"

#include "handler/intake/guild_id.h"
#include "shared/base/log.h"
#include "shared/base/version.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- the end -------------------------------------------------------- */

static void
drop(struct listener *l)
{
	struct listeners *all = l->all;

	ev_io_stop(all->intake->loop, &l->rd);
	ev_io_stop(all->intake->loop, &l->wr);
	close(l->fd);
	l->fd = -1;
	buf_free(&l->out);
	if (--all->n > 0)
		return;
	intake_untap(&all->tap);
	ev_prepare_stop(all->intake->loop, &all->turn);
}

void
listeners_end(struct listeners *all)
{
	for (size_t i = 0; i < LISTENERS_MAX; i++)
		if (all->one[i].fd != -1)
			drop(&all->one[i]);
}

/* ---- writing -------------------------------------------------------- */

static void
put(struct listener *l, struct live_hdr h, const void *payload)
{
	buf_add(&l->out, &h, sizeof(h));
	buf_add(&l->out, payload, h.len);
}

static void
tell_missed(struct listener *l)
{
	put(l, (struct live_hdr) {.type = LIVE_MISSED, .count = l->missed}, "");
	l->missed = 0;
}

/* What the socket takes now; the rest when it has room. */
static void
flush(struct listener *l)
{
	uint64_t written = 0;
	int rc = buf_flush(&l->out, l->fd, &written);

	if (rc == 0 && l->missed > 0) {
		tell_missed(l);
		rc = buf_flush(&l->out, l->fd, &written);
	}
	if (rc == -1)
		drop(l);
	else if (rc == 1)
		ev_io_start(l->all->intake->loop, &l->wr);
	else
		ev_io_stop(l->all->intake->loop, &l->wr);
}

static void
on_writable(struct ev_loop *loop, ev_io *io, int revents)
{
	flush(container_of(io, struct listener, wr));
}

/* It has nothing to say: this is its end. */
static void
on_readable(struct ev_loop *loop, ev_io *io, int revents)
{
	struct listener *l = container_of(io, struct listener, rd);
	char none[64];

	if (read(l->fd, none, sizeof(none)) >= 0
	    || (errno != EAGAIN && errno != EINTR))
		drop(l);
}

/* One write a turn for all that came in it. */
static void
on_turn(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct listeners *all = container_of(w, struct listeners, turn);

	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		struct listener *l = &all->one[i];

		if (l->fd != -1 && buf_len(&l->out) > 0
		    && !ev_is_active(&l->wr))
			flush(l);
	}
}

/* ---- events --------------------------------------------------------- */

/* The guild's shard is looked at first: it spares the walk through d. */
static bool
wants(const struct listener *l, const struct intake_event *e)
{
	const struct msg_events *w = &l->want;
	const char *name = e->raw + e->h->t_off;
	uint32_t count = l->all->intake->shard_count;

	if (w->shard != -1 && e->shard != (uint32_t)w->shard)
		return false;
	if (!l->every && !config_wants(w->names, name, e->h->t_len))
		return false;
	if (w->guild == 0)
		return true;
	if (count > 0 && (w->guild >> 22) % count != e->shard)
		return false;
	return guild_id_of(e->raw, e->h->len, name, e->h->t_len) == w->guild;
}

static bool
has_room(const struct listener *l, uint32_t len)
{
	size_t n = buf_len(&l->out);

	return len <= LISTENERS_EVENT_MAX
	    && (n == 0 || n + len <= LISTENERS_BYTES);
}

static void
on_event(struct intake_tap *tap, struct intake_event *e)
{
	struct listeners *all = container_of(tap, struct listeners, tap);

	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		struct listener *l = &all->one[i];

		if (l->fd == -1 || !wants(l, e))
			continue;
		if (!has_room(l, e->h->len)) {
			l->missed++;
			all->missed++;
			continue;
		}
		if (l->missed > 0)
			tell_missed(l);
		all->shown++;
		put(l,
		    (struct live_hdr) {.type = LIVE_EVENT,
			.len = e->h->len,
			.t_len = e->h->t_len,
			.t_off = e->h->t_off,
			.shard = e->shard,
			.seq = e->h->seq,
			.recv_ms = e->h->recv_ms},
		    e->raw);
	}
}

/* ---- the beginning -------------------------------------------------- */

/* Nothing but a stream socket of this machine is written to. */
static bool
is_stream(int fd)
{
	int domain = 0, type = 0;
	socklen_t n = sizeof(int), m = sizeof(int);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) == 0
	    && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &m) == 0
	    && domain == AF_UNIX && type == SOCK_STREAM && fd_nonblock(fd) == 0;
}

/* One too many.  Into an empty socket: it takes this much. */
static void
refuse(int fd)
{
	struct live_hdr h = {.type = LIVE_REFUSED};
	uint64_t written = 0;
	struct buf b = {0};
	char why[96];

	str_format(why, sizeof(why),
	    "%d already look at the events, and no more may at a time.",
	    LISTENERS_MAX);
	h.len = (uint32_t)strlen(why);
	buf_add(&b, &h, sizeof(h));
	buf_add(&b, why, h.len);
	if (buf_flush(&b, fd, &written) != 0)
		log_debug("a listener has not heard why it is none");
	buf_free(&b);
	close(fd);
}

static struct listener *
free_one(struct listeners *all)
{
	for (size_t i = 0; i < LISTENERS_MAX; i++)
		if (all->one[i].fd == -1)
			return &all->one[i];
	return NULL;
}

static void
greet(struct listener *l, uint32_t generation)
{
	struct live_hello hello = {.version = CONTRACT_VERSION,
	    .generation = generation,
	    .pid = (int32_t)getpid(),
	    .build = SHARDHERD_VERSION};

	put(l, (struct live_hdr) {.type = LIVE_HELLO, .len = sizeof(hello)},
	    &hello);
}

void
listeners_add(struct listeners *all, int fd, const struct msg_events *want,
    uint32_t generation)
{
	struct ev_loop *loop = all->intake->loop;
	struct listener *l = free_one(all);

	if (!is_stream(fd)) {
		log_error("what somebody wants to see events on is no socket");
		close(fd);
		return;
	}
	if (l == NULL) {
		refuse(fd);
		return;
	}
	l->fd = fd;
	l->want = *want;
	l->want.names[sizeof(l->want.names) - 1] = '\0';
	l->every = strcmp(l->want.names, "*") == 0;
	l->missed = 0;
	ev_io_init(&l->rd, on_readable, fd, EV_READ);
	ev_io_init(&l->wr, on_writable, fd, EV_WRITE);
	ev_io_start(loop, &l->rd);
	greet(l, generation);
	if (all->n++ == 0) {
		intake_tap(all->intake, &all->tap);
		ev_prepare_start(loop, &all->turn);
	}
}

void
listeners_init(struct listeners *all, struct intake *in)
{
	*all = (struct listeners) {.intake = in, .tap = {.fn = on_event}};
	ev_prepare_init(&all->turn, on_turn);
	ev_set_priority(&all->turn, EV_MINPRI); /* behind the handler's own */
	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		all->one[i].all = all;
		all->one[i].fd = -1;
	}
}

/* SPDX-License-Identifier: MIT */
/* Uplinks; see intake.h. */
#include "handler/intake/intake.h"

#include "handler/intake/frame.h"
#include "shared/base/tricks.h"
#include "shared/base/clock.h"
#include "shared/base/log.h"
#include "shared/base/version.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define UPLINK_MAGIC 0x75706c6bu

struct uplink {
	uint32_t magic;
	struct intake *intake;
	struct in_flight_shard shard;
	int fd; /* -1: not connected */
	ev_io rd, wr;
	struct frame_reader reader;
	struct buf out;
	uint64_t ack_sent;
	size_t came; /* bytes of events since then */
	bool greeted;
	struct list dirty;
};

struct intake_send {
	struct list link;
	uint64_t id, sent_ms;
	uint32_t shard;
	intake_sent_fn *fn;
	void *arg;
};

static void
uplink_dirty(struct uplink *u)
{
	if (list_empty(&u->dirty))
		list_append(&u->intake->dirty, &u->dirty);
}

/* ---- gateway commands ----------------------------------------------- */

static void
send_end(struct intake *in, struct intake_send *s, uint32_t status)
{
	list_remove(&s->link);
	in->sends_waiting--;
	s->fn(s->arg, status);
	free(s);
}

static void
sends_lost(struct intake *in, uint32_t shard)
{
	list_each_safe (&in->sends, l, next) {
		struct intake_send *s = container_of(l, struct intake_send,
		    link);

		if (s->shard == shard)
			send_end(in, s, INTAKE_SEND_LOST);
	}
}

static void
send_answered(struct intake *in, uint64_t id, uint32_t status)
{
	list_each (&in->sends, l) {
		struct intake_send *s = container_of(l, struct intake_send,
		    link);

		if (s->id == id) {
			send_end(in, s, status);
			return;
		}
	}
}

void
intake_tick(struct intake *in)
{
	uint64_t now = clock_boot_ms();

	while (!list_empty(&in->sends)) {
		struct intake_send *s = container_of(in->sends.next,
		    struct intake_send, link);

		if (now - s->sent_ms < INTAKE_SEND_MS)
			break;
		send_end(in, s, INTAKE_SEND_LATE);
	}
}

/* ---- the way down --------------------------------------------------- */

static void
uplink_drop(struct uplink *u, const char *why, bool expected)
{
	struct intake *in = u->intake;

	if (u->fd < 0)
		return;
	if (expected) {
		log_debug("uplink of shard %u: %s", u->shard.id, why);
	} else {
		log_error("uplink of shard %u: %s.  Its events stay with the "
			  "shard.",
		    u->shard.id, why);
		in->refused(in, u->shard.id, why);
	}
	ev_io_stop(in->loop, &u->rd);
	ev_io_stop(in->loop, &u->wr);
	close(u->fd);
	u->fd = -1;
	frame_free(&u->reader);
	buf_free(&u->out);
	in->open--;
	sends_lost(in, u->shard.id);
	in->closed(in);
}

static void
uplink_flush(struct uplink *u)
{
	uint64_t written = 0;
	int rc = buf_flush(&u->out, u->fd, &written);

	if (rc < 0) {
		uplink_drop(u, "the shard has closed it", true);
		return;
	}
	if (rc > 0) {
		ev_io_start(u->intake->loop, &u->wr);
		return;
	}
	ev_io_stop(u->intake->loop, &u->wr);
	/* An acknowledgement may have waited for the room. */
	uplink_dirty(u);
}

static void
uplink_writable(struct ev_loop *loop, ev_io *io, int revents)
{
	uplink_flush(container_of(io, struct uplink, wr));
}

static void
uplink_frame(struct uplink *u, enum up_type type, uint64_t ord,
    const void *payload, size_t len)
{
	struct up_hdr h = {.type = (uint8_t)type,
	    .len = (uint32_t)len,
	    .ord = ord};

	buf_add(&u->out, &h, sizeof(h));
	buf_add(&u->out, payload, len);
}

/* One acknowledgement stands for any number of events; none ever queues. */
static void
uplink_ack(struct uplink *u)
{
	uint64_t ack = in_flight_ack(&u->shard);

	/* Before its HELLO the numbers in hand are another uplink's. */
	if (u->fd < 0 || !u->greeted || ack <= u->ack_sent
	    || buf_len(&u->out) > 0)
		return;
	uplink_frame(u, DOWN_ACK, ack, NULL, 0);
	u->intake->acked += ack - u->ack_sent;
	u->ack_sent = ack;
	u->came = 0;
	uplink_flush(u);
}

/* There is something to say, and it may wait for more of it. */
static bool
uplink_gathers(const struct uplink *u)
{
	uint64_t ack = in_flight_ack(&u->shard);

	return HERD_TRICK_ACKS && !u->intake->acks_late && !u->intake->stopped
	    && u->fd >= 0 && u->greeted && ack > u->ack_sent
	    && ack - u->ack_sent < INTAKE_ACK_EVENTS
	    && u->came < INTAKE_ACK_BYTES;
}

static void
intake_gathered(struct ev_loop *loop, ev_timer *w, int revents)
{
	container_of(w, struct intake, gather)->acks_late = true;
}

int
intake_send(struct intake *in, uint32_t shard, const char *payload, size_t len,
    intake_sent_fn *fn, void *arg, const char **why)
{
	struct uplink *u = shard < in->uplinks ? in->uplink[shard] : NULL;
	struct intake_send *s;

	*why = NULL;
	if (len > INTAKE_SEND_BYTES)
		*why = "the payload is longer than Discord's 4096 bytes";
	else if (u == NULL || u->fd < 0 || !u->greeted)
		*why = "this shard is not connected to the handler";
	else if (in->sends_waiting >= INTAKE_SENDS_MAX)
		*why = "too many gateway commands wait for an answer";
	if (*why != NULL)
		return -1;
	s = base_alloc(sizeof(*s));
	*s = (struct intake_send) {.id = ++in->next_send,
	    .shard = shard,
	    .sent_ms = clock_boot_ms(),
	    .fn = fn,
	    .arg = arg};
	list_append(&in->sends, &s->link);
	in->sends_waiting++;
	uplink_frame(u, DOWN_SEND, s->id, payload, len);
	ev_io_start(in->loop, &u->wr);
	return 0;
}

/* ---- the way up ----------------------------------------------------- */

static const char *
uplink_hello(struct uplink *u, const struct up_hdr *h, const char *payload)
{
	static char why[256];
	struct up_hello hello;

	if (h->len != sizeof(hello))
		return "its HELLO has the wrong length: shard and handler are "
		       "of different builds, restart the fleet";
	memcpy(&hello, payload, sizeof(hello));
	hello.build[sizeof(hello.build) - 1] = '\0';
	if (hello.version != CONTRACT_VERSION) {
		str_format(why, sizeof(why),
		    "the shard speaks version %u of the uplink (shardherd %s), "
		    "this handler version %u (shardherd %s): restart the fleet "
		    "so that both are of one build",
		    hello.version, hello.build, CONTRACT_VERSION,
		    SHARDHERD_VERSION);
		return why;
	}
	if (hello.shard != u->shard.id)
		return "another shard answers on it";
	u->intake->shard_count = hello.shard_count;
	in_flight_bind(&u->shard,
	    (uint64_t)(uint32_t)hello.pid << 32 | hello.generation);
	u->ack_sent = 0;
	u->greeted = true;
	return NULL;
}

static const char *
uplink_session(struct uplink *u, const struct up_hdr *h, const char *payload)
{
	struct up_session s;

	if (h->len != sizeof(s))
		return "a SESSION of the wrong length";
	memcpy(&s, payload, sizeof(s));
	s.id[sizeof(s.id) - 1] = '\0';
	in_flight_session(&u->shard, s.session, s.id);
	return NULL;
}

static void
uplink_deliver(struct uplink *u, const struct up_hdr *h, const char *payload)
{
	struct intake *in = u->intake;
	struct intake_event e = {.shard = u->shard.id, .h = h, .raw = payload};

	e.wanted = subscriptions_wanted(in->route, e.shard, payload, h->len,
	    h->t_off, h->t_len);
	list_each_safe (&in->taps, l, next) {
		struct intake_tap *tap = container_of(l, struct intake_tap,
		    link);

		tap->fn(tap, &e);
	}
	if (e.wanted != 0 || in->all)
		in->deliver(in,
		    in_flight_add(&in->work, &u->shard, h, payload,
			(unsigned)__builtin_popcountll(e.wanted) + in->all),
		    e.wanted);
}

/* A copy ahead of its place: nothing of it is ever acknowledged. */
static const char *
uplink_express(struct uplink *u, const struct up_hdr *h, const char *payload)
{
	if (in_flight_judge(&u->intake->work, &u->shard, h) == IN_FLIGHT_NEW)
		uplink_deliver(u, h, payload);
	return NULL;
}

static const char *
uplink_event(struct uplink *u, const struct up_hdr *h, const char *payload)
{
	struct intake *in = u->intake;

	if ((h->flags & UP_FLAG_EXPRESS) != 0)
		return uplink_express(u, h, payload);
	if (h->ord <= u->shard.last_ord)
		return "its events are not numbered upwards";
	if (u->shard.last_ord == 0)
		u->ack_sent = h->ord - 1;
	in->events++;
	u->came += h->len;
	uplink_dirty(u);
	if (in_flight_judge(&in->work, &u->shard, h) != IN_FLIGHT_NEW) {
		in->duplicates++;
		return NULL;
	}
	in->counts.type[dispatch_of(payload + h->t_off, h->t_len)]++;
	uplink_deliver(u, h, payload);
	return NULL;
}

static const char *
uplink_result(struct uplink *u, const struct up_hdr *h, const char *payload)
{
	struct up_result r;

	if (h->len != sizeof(r))
		return "a RESULT of the wrong length";
	memcpy(&r, payload, sizeof(r));
	send_answered(u->intake, h->ord, r.status);
	return NULL;
}

typedef const char *uplink_fn(struct uplink *, const struct up_hdr *,
    const char *payload);

static uplink_fn *const uplink_table[] = {
    [UP_HELLO] = uplink_hello,
    [UP_SESSION] = uplink_session,
    [UP_EVENT] = uplink_event,
    [UP_RESULT] = uplink_result,
};

/* Handles whole frames until there is none or the bound of work is met. */
static void
uplink_drain(struct uplink *u)
{
	struct intake *in = u->intake;
	const char *payload, *why = NULL;
	struct up_hdr h;
	int rc = 0;

	while (u->fd >= 0 && !in->stopped && !in_flight_full(&in->work)
	    && (rc = frame_next(&u->reader, &h, &payload, &why)) > 0) {
		if (!u->greeted != (h.type == UP_HELLO))
			why = "it does not begin with one HELLO";
		else
			why = uplink_table[h.type](u, &h, payload);
		if (why != NULL)
			break;
	}
	if (u->fd < 0)
		return;
	if (why != NULL)
		uplink_drop(u, why, false);
	else if (rc == 0)
		frame_idle(&u->reader);
}

static void
intake_pause(struct intake *in)
{
	if (in->paused || !in_flight_full(&in->work))
		return;
	in->paused = true;
	in->paused_ms = clock_boot_ms();
	log_debug("%zu events are in work: reading no more until the plugins "
		  "have caught up",
	    in->work.events);
	for (size_t i = 0; i < in->uplinks; i++)
		if (in->uplink[i] != NULL && in->uplink[i]->fd >= 0)
			ev_io_stop(in->loop, &in->uplink[i]->rd);
}

static void
uplink_readable(struct ev_loop *loop, ev_io *io, int revents)
{
	struct uplink *u = container_of(io, struct uplink, rd);
	size_t room;
	char *at = frame_space(&u->reader, &room);
	ssize_t n = read(u->fd, at, room);

	must(u->magic == UPLINK_MAGIC);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		uplink_drop(u, "the shard has closed it", true);
		return;
	}
	frame_filled(&u->reader, (size_t)n);
	uplink_drain(u);
	intake_pause(u->intake);
}

/* ---- all of them ---------------------------------------------------- */

static void
intake_resume(struct intake *in)
{
	if (!in->paused || in->stopped || !in_flight_low(&in->work))
		return;
	in->paused = false;
	for (size_t i = 0; i < in->uplinks && !in->paused; i++) {
		struct uplink *u = in->uplink[i];

		if (u == NULL || u->fd < 0)
			continue;
		uplink_drain(u); /* what was read before the pause */
		if (u->fd >= 0)
			ev_io_start(in->loop, &u->rd);
		intake_pause(in);
	}
}

bool
intake_stuck(const struct intake *in)
{
	return in->paused && !in->stopped && !in_flight_low(&in->work)
	    && clock_boot_ms() - in->paused_ms >= INTAKE_STUCK_MS;
}

void
intake_flush(struct intake *in, bool ack)
{
	struct list later;

	intake_resume(in);
	if (!ack)
		return;
	list_init(&later);
	while (!list_empty(&in->dirty)) {
		struct uplink *u = container_of(in->dirty.next, struct uplink,
		    dirty);

		list_remove(&u->dirty);
		if (uplink_gathers(u))
			list_append(&later, &u->dirty);
		else
			uplink_ack(u);
	}
	list_each_safe (&later, l, next) {
		list_remove(l);
		list_append(&in->dirty, l);
	}
	in->acks_late = false;
	/* libev's own: no system call, and in a turn that comes anyway free. */
	if (list_empty(&in->dirty)) {
		ev_timer_stop(in->loop, &in->gather);
	} else if (!ev_is_active(&in->gather)) {
		ev_timer_set(&in->gather, INTAKE_ACK_S, 0);
		ev_timer_start(in->loop, &in->gather);
	}
}

void
intake_finish(struct intake *in, struct event *e)
{
	struct uplink *u = container_of(e->shard, struct uplink, shard);

	int64_t age = clock_wall_ms() - (int64_t)e->recv_ms;

	if (!in_flight_finish(&in->work, e))
		return;
	page_counts_aged(&in->counts, age > 0 ? (uint64_t)age : 0);
	uplink_dirty(u);
}

void
intake_stop(struct intake *in)
{
	in->stopped = true;
	for (size_t i = 0; i < in->uplinks; i++)
		if (in->uplink[i] != NULL && in->uplink[i]->fd >= 0)
			ev_io_stop(in->loop, &in->uplink[i]->rd);
}

void
intake_rest(struct intake *in)
{
	in_flight_rest(&in->work);
	buf_free(&in->spare);
}

uint64_t
intake_oldest(const struct intake *in)
{
	uint64_t oldest = 0;

	for (size_t i = 0; in->work.events > 0 && i < in->uplinks; i++) {
		uint64_t ms = in->uplink[i]
		    ? in_flight_oldest(&in->uplink[i]->shard)
		    : 0;

		if (ms != 0 && (oldest == 0 || ms < oldest))
			oldest = ms;
	}
	return oldest;
}

static struct uplink *
uplink_of(struct intake *in, uint32_t shard)
{
	struct uplink *u;
	size_t n = in->uplinks ? in->uplinks : 16;

	while (n <= shard)
		n *= 2;
	if (n != in->uplinks) {
		in->uplink = base_realloc(in->uplink, n * sizeof(u));
		memset(in->uplink + in->uplinks, 0,
		    (n - in->uplinks) * sizeof(u));
		in->uplinks = n;
	}
	if (in->uplink[shard] != NULL)
		return in->uplink[shard];
	u = base_alloc(sizeof(*u));
	u->magic = UPLINK_MAGIC;
	u->intake = in;
	u->reader.spare = &in->spare;
	u->fd = -1;
	list_init(&u->dirty);
	in_flight_shard_init(&u->shard, shard);
	return in->uplink[shard] = u;
}

void
intake_uplink(struct intake *in, uint32_t shard, uint32_t shard_count, int fd)
{
	struct up_hello hello = {.version = CONTRACT_VERSION,
	    .shard = shard,
	    .shard_count = shard_count,
	    .generation = in->generation,
	    .pid = (int32_t)getpid(),
	    .build = SHARDHERD_VERSION};
	struct uplink *u;

	if (shard >= INTAKE_SHARDS_MAX || fd_nonblock(fd) < 0) {
		log_error("an uplink for shard %u can't be used", shard);
		close(fd);
		return;
	}
	u = uplink_of(in, shard);
	uplink_drop(u, "superseded by a new one", true);
	u->fd = fd;
	u->greeted = false;
	in->open++;
	in->shard_count = shard_count;
	ev_io_init(&u->rd, uplink_readable, fd, EV_READ);
	ev_io_init(&u->wr, uplink_writable, fd, EV_WRITE);
	if (!in->paused && !in->stopped)
		ev_io_start(in->loop, &u->rd);
	uplink_frame(u, DOWN_HELLO, 0, &hello, sizeof(hello));
	uplink_flush(u);
}

void
intake_init(struct intake *in, struct ev_loop *loop,
    struct subscriptions *route, size_t max_events, uint32_t generation)
{
	*in = (struct intake) {.loop = loop,
	    .route = route,
	    .generation = generation};
	in_flight_init(&in->work, max_events, IN_FLIGHT_BYTES_MAX);
	list_init(&in->dirty);
	list_init(&in->sends);
	list_init(&in->taps);
	ev_timer_init(&in->gather, intake_gathered, INTAKE_ACK_S, 0);
}

void
intake_free(struct intake *in)
{
	for (size_t i = 0; i < in->uplinks; i++) {
		struct uplink *u = in->uplink[i];

		if (u == NULL)
			continue;
		uplink_drop(u, "the handler ends", true);
		in_flight_shard_drop(&in->work, &u->shard);
		free(u);
	}
	free(in->uplink);
	ev_timer_stop(in->loop, &in->gather);
	buf_free(&in->spare);
	in_flight_free(&in->work);
}

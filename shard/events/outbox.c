/* SPDX-License-Identifier: MIT */
#include "shard/events/outbox.h"

#include "shared/base/clock.h"
#include "shared/base/log.h"

#include <string.h>
#include <sys/statvfs.h>

#define HDR sizeof(struct up_hdr)
#define SEGMENT_BYTES (8u << 20)
#define SEGMENTS_MIN 8u /* so that the bound is met in small steps */

/* ---- the numbers ---------------------------------------------------- */

/* Counters of the page outlive the process, those of the spool do not. */
static void
count(struct outbox *p)
{
	struct page_shard *to = p->stats;
	struct spool_stats s;

	if (p->spool == NULL)
		return;
	spool_stats(p->spool, &s);
	to->spool_events = s.events;
	to->spool_bytes = s.bytes;
	/* They only grow: a difference below 0 would be 2^64 lost events. */
	must(s.damaged >= p->told.damaged && s.expired >= p->told.expired
	    && s.refused >= p->told.refused);
	to->spool_damaged += s.damaged - p->told.damaged;
	to->spool_expired += s.expired - p->told.expired;
	to->spool_refused += s.refused - p->told.refused;
	if (s.damaged > p->told.damaged)
		log_error(
		    "the spool %s was damaged in %llu places (%llu bytes): the "
		    "events there are lost unless RESUME brings them again, "
		    "those around them are not; if this was no power loss, "
		    "check the disk",
		    p->limits.dir,
		    (unsigned long long)(s.damaged - p->told.damaged),
		    (unsigned long long)(s.damaged_bytes
			- p->told.damaged_bytes));
	if (s.expired > p->told.expired)
		log_error(
		    "%llu events in the spool were older than [limits] "
		    "spool_age and are dropped: the handler was away for too "
		    "long",
		    (unsigned long long)(s.expired - p->told.expired));
	p->told = s;
}

/* Has it not been said for a while? */
static bool
worth_saying(uint64_t *said_ms)
{
	uint64_t now = clock_boot_ms();

	if (*said_ms != 0 && now - *said_ms < OUTBOX_SAY_MS)
		return false;
	*said_ms = now;
	return true;
}

static void
spool_failed(struct outbox *p, const struct err *err)
{
	bool failing = p->failing;

	p->failing = true;
	/* Its own bound is asked about without a system call. */
	count(p);
	p->retry_ms = p->stats->spool_bytes < p->limits.spool_bytes / 2
	    ? clock_boot_ms() + OUTBOX_RETRY_MS
	    : 0;
	if (failing || !worth_saying(&p->failed_said_ms))
		return;
	log_error(
	    "%s: events are kept in memory up to [limits] queue_bytes, then "
	    "the shard waits with its session kept; make room, it tries again "
	    "by itself",
	    err->text);
}

static void
spool_worked(struct outbox *p)
{
	if (p->failing)
		log_info("the spool can be written again");
	p->failing = false;
}

/* ---- one event ------------------------------------------------------ */

/* A record knows the name of its session, so that it is whole by itself. */
static bool
to_disk(struct outbox *p, const struct up_hdr *hdr, const void *raw,
    const struct up_session *us)
{
	struct up_hdr h = *hdr;
	struct iovec parts[2] = {{(void *)(uintptr_t)raw, hdr->len},
	    {(void *)(uintptr_t)us->id, 0}};
	struct err err;

	must(p->spool != NULL);
	if (h.session != 0 && h.session == us->session)
		parts[1].iov_len = strlen(us->id);
	h.reserved = (uint32_t)parts[1].iov_len;
	h.len += h.reserved;
	if (spool_append(p->spool, &h, parts, 2, &err) == 0) {
		spool_worked(p);
		return true;
	}
	spool_failed(p, &err);
	return false;
}

static void
to_memory(struct outbox *p, const struct up_hdr *h)
{
	if (h->session != p->announced && h->session != 0) {
		queue_announce(&p->queue, &p->session);
		p->announced = h->session;
	}
	queue_commit(&p->queue, h);
}

static enum outbox_result
memory_result(const struct outbox *p)
{
	return !p->spooling && p->queue.bytes >= p->limits.queue_bytes
	    ? OUTBOX_FULL
	    : OUTBOX_KEPT;
}

static enum outbox_result
to_both(struct outbox *p, const struct up_hdr *hdr)
{
	struct queue *q = &p->queue;
	bool waiting = !spool_empty(p->spool);
	struct up_hdr h = *hdr;

	/* Behind older ones on disk nothing may enter the queue. */
	must(!waiting || q->detached);
	h.len = (uint32_t)queue_open_len(q);
	if (to_disk(p, &h, queue_open_text(q), &p->session)) {
		if (waiting || q->bytes >= p->memory) {
			queue_discard(q);
			queue_detach(q);
			return OUTBOX_KEPT;
		}
		queue_attach(q);
		to_memory(p, hdr);
		spool_skip(p->spool);
		p->boundary = q->last_ord;
		return OUTBOX_KEPT;
	}
	if (waiting)
		return OUTBOX_REFUSED;
	/* All that is in the spool is in memory too: so it is the end of it. */
	p->spooling = false;
	queue_attach(q);
	to_memory(p, hdr);
	return memory_result(p);
}

enum outbox_result
outbox_commit(struct outbox *p, const struct up_hdr *h)
{
	enum outbox_result r;

	if (p->spooling) {
		r = to_both(p, h);
		count(p);
		return r;
	}
	to_memory(p, h);
	if (p->queue.bytes < p->slow)
		return OUTBOX_KEPT;
	outbox_spool(p, "does not keep up");
	return memory_result(p);
}

/* ---- into and out of the spool -------------------------------------- */

/* What is in memory only goes to disk as well: false when it can't. */
static bool
copy_queue(struct outbox *p)
{
	struct queue_pos at = queue_first(&p->queue);
	struct up_session us = p->queue.session;
	const unsigned char *payload;
	struct up_hdr h;

	while (queue_next(&p->queue, &at, &h, &payload)) {
		if (h.type == UP_SESSION)
			memcpy(&us, payload, sizeof(us));
		if (h.type != UP_EVENT || h.ord <= p->boundary)
			continue;
		if (!to_disk(p, &h, payload, &us))
			return false;
		spool_skip(p->spool);
		p->boundary = h.ord;
	}
	return true;
}

/*
 * No RESUME brings back what a session before this one left here: from now on
 * it must not be in memory only.
 */
void
outbox_session(struct outbox *p, const struct up_session *us)
{
	bool other = us->session != p->session.session;

	p->session = *us;
	if (!other || p->spooling || p->spool == NULL)
		return;
	(void)copy_queue(p);
	count(p);
}

void
outbox_spool(struct outbox *p, const char *why)
{
	if (p->spooling || p->spool == NULL || clock_boot_ms() < p->retry_ms)
		return;
	if (copy_queue(p)) {
		p->spooling = true;
		p->boundary = p->queue.last_ord;
		if (worth_saying(&p->began_said_ms))
			log_notice("the handler %s: events go to the spool",
			    why);
	}
	count(p);
}

/* One record into the queue; a damaged one is counted and left out. */
static void
refill_one(struct outbox *p, struct up_hdr *h)
{
	bool announce = h->session != 0 && h->session != p->announced;
	struct up_session us = {.session = h->session};
	size_t lead = announce ? sizeof(us) + HDR : 0;
	unsigned char *at = queue_room(&p->queue, lead + h->len);

	if (spool_take(p->spool, at + lead) != 0)
		return;
	if (p->earlier > 0) {
		/* It may have been sent before that process ended. */
		h->flags |= UP_FLAG_AGAIN;
		p->earlier--;
	}
	if (h->reserved >= h->len || h->reserved >= sizeof(us.id))
		h->reserved = 0;
	h->len -= h->reserved;
	if (announce) {
		struct up_hdr s = {.type = UP_SESSION,
		    .len = sizeof(us),
		    .session = us.session};

		memcpy(us.id, at + lead + h->len, h->reserved);
		memcpy(at, &us, sizeof(us));
		queue_add(&p->queue, &s);
		p->announced = us.session;
	}
	h->type = UP_EVENT;
	queue_add(&p->queue, h);
	p->boundary = p->queue.last_ord;
}

/* The queue takes from the spool what it has room for; perhaps it is done. */
static void
refill(struct outbox *p)
{
	struct up_hdr h;

	must(p->spooling && p->spool != NULL);
	while (!spool_empty(p->spool) && p->queue.bytes < p->memory
	    && spool_peek(p->spool, &h))
		refill_one(p, &h);
	if (p->connected && spool_empty(p->spool)
	    && p->queue.bytes < p->caught_up) {
		p->spooling = false;
		queue_attach(&p->queue);
		log_debug("the handler has caught up: the spool is not needed "
			  "any more");
	}
	count(p);
}

int
outbox_ack(struct outbox *p, uint64_t ord, struct queue_acked *out)
{
	uint64_t before = p->queue.acked_ord, until;

	must(p->boundary <= p->queue.last_ord);
	if (queue_ack(&p->queue, ord, out) != 0)
		return -1;
	if (before < p->boundary && p->queue.acked_ord > before) {
		until = p->queue.acked_ord < p->boundary ? p->queue.acked_ord
							 : p->boundary;
		spool_release(p->spool, (size_t)(until - before));
		count(p);
	}
	if (p->spooling)
		refill(p);
	return 0;
}

void
outbox_connected(struct outbox *p, bool connected)
{
	p->connected = connected;
	if (p->spooling)
		refill(p);
}

int
outbox_flush(struct outbox *p, bool sync)
{
	struct err err;

	if (p->spool == NULL)
		return p->queue.events == 0 ? 0 : -1;
	p->retry_ms = 0;
	if (!p->spooling && !copy_queue(p))
		return -1;
	count(p);
	if (sync && spool_sync(p->spool, &err) != 0)
		log_warn("%s", err.text);
	return 0;
}

void
outbox_tick(struct outbox *p)
{
	if (p->spool == NULL)
		return;
	spool_expire(p->spool);
	if (p->spooling)
		refill(p);
	else
		count(p);
}

/* ---- questions ------------------------------------------------------ */

bool
outbox_none(const struct outbox *p)
{
	return p->queue.events == 0
	    && (p->spool == NULL || spool_empty(p->spool));
}

static bool
disk_free(const struct outbox *p)
{
	char dir[512];
	struct statvfs st;
	char *slash;

	(void)str_copy(dir, p->limits.dir, sizeof(dir));
	while (statvfs(dir, &st) != 0) {
		slash = strrchr(dir, '/');
		if (slash == NULL || slash == dir)
			return true;
		*slash = '\0';
	}
	return (uint64_t)st.f_bavail * st.f_frsize >= OUTBOX_DISK_FREE;
}

bool
outbox_room(const struct outbox *p)
{
	if (p->queue.bytes >= p->limits.queue_bytes / 2)
		return false;
	if (p->spool == NULL || spool_empty(p->spool))
		return true;
	/* What comes can only go to disk. */
	return p->stats->spool_bytes < p->limits.spool_bytes / 2
	    && (!p->failing || disk_free(p));
}

uint64_t
outbox_follow(struct outbox *p, uint64_t session, uint64_t from)
{
	uint64_t dropped;

	if (p->spool == NULL)
		return from;
	from = spool_follow(p->spool, session, from, &dropped);
	if (dropped == 0)
		return from;
	log_notice(
	    "%llu events in the spool do not follow what is before them, as "
	    "after a power loss: they are left out, RESUME brings them again",
	    (unsigned long long)dropped);
	count(p);
	if (p->earlier > p->stats->spool_events)
		p->earlier = p->stats->spool_events;
	return from;
}

/* ---- life ----------------------------------------------------------- */

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void
outbox_init(struct outbox *p, const struct outbox_limits *limits,
    struct page_shard *stats)
{
	memset(p, 0, sizeof(*p));
	queue_init(&p->queue);
	p->limits = *limits;
	p->stats = stats;
	p->slow = least(limits->queue_bytes / 4, OUTBOX_SLOW);
	p->memory = least(p->slow, OUTBOX_MEMORY);
	p->caught_up = least(p->memory / 4, OUTBOX_CAUGHT_UP);
}

void
outbox_take(struct outbox *p)
{
	struct spool_limits l = {.bytes = p->limits.spool_bytes,
	    .segment_bytes = least(SEGMENT_BYTES,
		p->limits.spool_bytes / SEGMENTS_MIN),
	    .age_ms = p->limits.spool_age_ms};
	struct err err;

	must(p->spool == NULL && p->queue.last_ord == 0);
	p->stats->spool_events = p->stats->spool_bytes = 0;
	p->spool = spool_open(p->limits.dir, &l, &err);
	if (p->spool == NULL) {
		log_error("%s: this shard goes on without a spool", err.text);
		return;
	}
	count(p);
	p->earlier = p->stats->spool_events;
	if (p->earlier == 0)
		return;
	log_notice("%llu events wait in the spool for the handler",
	    (unsigned long long)p->earlier);
	/* It is read once it is known how far it can be trusted. */
	p->spooling = true;
	queue_detach(&p->queue);
}

void
outbox_close(struct outbox *p)
{
	spool_close(p->spool);
	p->spool = NULL;
	queue_free(&p->queue);
}

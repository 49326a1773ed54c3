/* SPDX-License-Identifier: MIT */
#include "shard/session/send_queue.h"

#include "shard/session/payload.h"
#include "shared/base/clock.h"
#include "shared/json/envelope.h"
#include "shared/json/json.h"

#include <string.h>

/* The stamps of the last `max` sends, oldest next. */
struct window {
	uint64_t *at; /* 0: never */
	unsigned max, next;
	uint64_t span_ms;
};

/* A guild whose member list was asked for. */
struct listed {
	uint64_t guild, free_ms;
};

/* What the limits make of a payload. */
struct nature {
	bool presence;
	uint64_t list; /* guild of a full member list, 0: none */
};

struct entry {
	struct list link;
	uint64_t id; /* 0: nobody waits for the result */
	struct nature nature;
	size_t len;
	char text[];
};

struct send_queue {
	const struct send_queue_ops *ops;
	void *arg;
	struct timer timer;
	bool open;
	struct list queue; /* of struct entry, at most SEND_QUEUE_QUEUE_MAX */
	unsigned queued;
	struct window all, presence;
	uint64_t all_at[SEND_QUEUE_ALL_MAX],
	    presence_at[SEND_QUEUE_PRESENCE_MAX];
	struct listed listed[SEND_QUEUE_GUILDS];
};

/* ---- windows -------------------------------------------------------- */

/* When one more send keeps at most `most` in the span; now or later. */
static uint64_t
window_free(const struct window *w, unsigned most, uint64_t now)
{
	/* The most-th newest send must have left the span. */
	must(most > 0 && most <= w->max);
	uint64_t at = w->at[(w->next + w->max - most) % w->max];

	return at == 0 || at + w->span_ms <= now ? now : at + w->span_ms;
}

static void
window_note(struct window *w, uint64_t now)
{
	w->at[w->next] = now;
	w->next = (w->next + 1) % w->max;
}

static void
window_clear(struct window *w)
{
	memset(w->at, 0, w->max * sizeof(*w->at));
	w->next = 0;
}

/* ---- member lists --------------------------------------------------- */

/* The place of a guild; with `make` of the one free for longest. */
static struct listed *
listed_find(struct send_queue *s, uint64_t guild, bool make)
{
	struct listed *first = &s->listed[0];

	for (size_t i = 0; i < nitems(s->listed); i++) {
		if (s->listed[i].guild == guild)
			return &s->listed[i];
		if (s->listed[i].free_ms < first->free_ms)
			first = &s->listed[i];
	}
	if (!make)
		return NULL;
	*first = (struct listed) {.guild = guild};
	return first;
}

static uint64_t
listed_free(struct send_queue *s, uint64_t guild)
{
	struct listed *l = guild == 0 ? NULL : listed_find(s, guild, false);

	return l == NULL ? 0 : l->free_ms;
}

static void
listed_note(struct send_queue *s, uint64_t guild, uint64_t free_ms)
{
	struct listed *l = listed_find(s, guild, true);

	if (free_ms > l->free_ms)
		l->free_ms = free_ms;
}

/* ---- the queue ------------------------------------------------------ */

static void
take(struct send_queue *s, struct entry *e, enum send_status status)
{
	uint64_t id = e->id;

	must(s->queued > 0);
	list_remove(&e->link);
	s->queued--;
	free(e);
	if (id != 0)
		s->ops->result(s->arg, id, status);
}

static uint64_t
entry_free(struct send_queue *s, const struct entry *e, uint64_t now)
{
	uint64_t a = window_free(&s->all, SEND_QUEUE_APP_MAX, now);
	uint64_t b = e->nature.presence
	    ? window_free(&s->presence, SEND_QUEUE_PRESENCE_MAX, now)
	    : listed_free(s, e->nature.list);

	return a > b ? a : b;
}

static void
send_one(struct send_queue *s, struct entry *e, uint64_t now)
{
	bool ok = s->ops->write(s->arg, e->text, e->len);

	must(s->open); /* else e is gone: a write must not close the queue */
	if (ok) {
		window_note(&s->all, now);
		if (e->nature.presence)
			window_note(&s->presence, now);
		if (e->nature.list != 0)
			listed_note(s, e->nature.list,
			    now + SEND_QUEUE_LIST_MS);
	}
	take(s, e, ok ? SEND_OK : SEND_NOT_CONNECTED);
}

/* Sends what may go; a presence or list that must wait holds up nobody else. */
static void
pump(struct send_queue *s)
{
	uint64_t now = clock_boot_ms(), first = UINT64_MAX;

	timer_stop(&s->timer);
	if (!s->open)
		return;
	list_each_safe (&s->queue, l, next) {
		struct entry *e = container_of(l, struct entry, link);
		uint64_t at = entry_free(s, e, now);

		if (at <= now)
			send_one(s, e, now);
		else if (at < first)
			first = at;
	}
	if (first != UINT64_MAX)
		timer_set(&s->timer, (double)(first - now) / 1000);
}

static void
on_timer(struct timer *t)
{
	pump(container_of(t, struct send_queue, timer));
}

/* ---- public --------------------------------------------------------- */

struct send_queue *
send_queue_new(struct timers *timers, const struct send_queue_ops *ops,
    void *arg)
{
	struct send_queue *s = base_alloc(sizeof(*s));

	s->ops = ops;
	s->arg = arg;
	timer_init(timers, &s->timer, on_timer);
	list_init(&s->queue);
	s->all = (struct window) {s->all_at, SEND_QUEUE_ALL_MAX, 0,
	    SEND_QUEUE_WINDOW_MS};
	s->presence = (struct window) {s->presence_at, SEND_QUEUE_PRESENCE_MAX,
	    0, SEND_QUEUE_PRESENCE_MS};
	return s;
}

void
send_queue_free(struct send_queue *s)
{
	if (s == NULL)
		return;
	timer_stop(&s->timer);
	while (!list_empty(&s->queue)) {
		struct entry *e = container_of(s->queue.next, struct entry,
		    link);
		list_remove(&e->link);
		free(e);
	}
	free(s);
}

void
send_queue_open(struct send_queue *s)
{
	if (s->open)
		return;
	s->open = true;
	pump(s);
}

void
send_queue_restart(struct send_queue *s)
{
	window_clear(&s->all);
	window_clear(&s->presence);
}

void
send_queue_close(struct send_queue *s)
{
	s->open = false;
	timer_stop(&s->timer);
	while (!list_empty(&s->queue))
		take(s, container_of(s->queue.next, struct entry, link),
		    SEND_NOT_CONNECTED);
}

/* What a bot may send, read from the payload itself (6.1). */
static enum send_status
inspect(const char *text, size_t len, struct nature *n)
{
	struct envelope e;

	if (len > SEND_QUEUE_BYTES_MAX)
		return SEND_TOO_LONG;
	if (!envelope_valid(text, len, JSON_DEPTH_MAX)
	    || envelope_scan(text, len, &e) != 0)
		return SEND_BAD;
	n->presence = e.op == 3;
	n->list = e.op == 8 ? payload_full_list(text, len) : 0;
	switch (e.op) {
	case 3:
	case 4:
	case 8:
	case 31:
	case 43:
		return SEND_OK;
	default:
		return SEND_BAD;
	}
}

void
send_queue_request(struct send_queue *s, uint64_t id, const char *text,
    size_t len)
{
	struct nature nature = {false, 0};
	enum send_status status = inspect(text, len, &nature);
	struct entry *e;

	if (status == SEND_OK && !s->open)
		status = SEND_NOT_CONNECTED;
	if (status == SEND_OK && s->queued >= SEND_QUEUE_QUEUE_MAX)
		status = SEND_QUEUE_FULL;
	if (status != SEND_OK) {
		s->ops->result(s->arg, id, status);
		return;
	}
	e = base_alloc(sizeof(*e) + len);
	e->id = id;
	e->nature = nature;
	e->len = len;
	memcpy(e->text, text, len);
	list_append(&s->queue, &e->link);
	s->queued++;
	pump(s);
}

void
send_queue_disown(struct send_queue *s)
{
	list_each (&s->queue, l)
		container_of(l, struct entry, link)->id = 0;
}

void
send_queue_limited(struct send_queue *s, uint64_t guild, double retry_after_s)
{
	double ms = retry_after_s * 1000;

	if (guild == 0)
		return;
	if (ms > SEND_QUEUE_LIST_MAX_MS)
		ms = SEND_QUEUE_LIST_MAX_MS;
	listed_note(s, guild, clock_boot_ms() + (uint64_t)ms + 1);
	pump(s);
}

bool
send_queue_count_own(struct send_queue *s)
{
	uint64_t now = clock_boot_ms();

	if (window_free(&s->all, SEND_QUEUE_ALL_MAX, now) > now)
		return false;
	window_note(&s->all, now);
	return true;
}

size_t
send_queue_waiting(const struct send_queue *s)
{
	return s->queued;
}

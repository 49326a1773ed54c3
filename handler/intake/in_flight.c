/* SPDX-License-Identifier: MIT */
/* Events in work and their order; see in_flight.h. */
#include "handler/intake/in_flight.h"

#include "shared/base/tricks.h"

#include <string.h>

/* Keys of events without session or seq: they can't meet a session's hash. */
#define WORK_UNKEYED 0x9e3779b97f4a7c15u

void
in_flight_init(struct in_flight *w, size_t max_events, size_t max_bytes)
{
	size_t n = 64;

	while (n < max_events && n < ((size_t)1 << 22))
		n *= 2;
	*w = (struct in_flight) {.mask = n - 1,
	    .max_events = max_events,
	    .max_bytes = max_bytes};
	w->table = base_alloc(n * sizeof(*w->table));
}

void
in_flight_free(struct in_flight *w)
{
	must(w->events == 0);
	in_flight_rest(w);
	free(w->table);
	w->table = NULL;
}

bool
in_flight_full(const struct in_flight *w)
{
	return w->events >= w->max_events || w->bytes >= w->max_bytes;
}

bool
in_flight_low(const struct in_flight *w)
{
	return w->events <= w->max_events / 2 && w->bytes <= w->max_bytes / 2;
}

/* ---- the table of events in work ------------------------------------ */

/* Numbers that follow each other lie side by side: one line of the processor's
 * cache has eight of them. */
static struct event **
work_slot(struct in_flight *w, uint32_t shard, uint64_t a, uint64_t b)
{
	uint64_t h = (a ^ shard) * 0xff51afd7ed558ccdu;

	return &w->table[((h ^ h >> 29) + b) & w->mask];
}

static struct event *
work_lookup(struct in_flight *w, uint32_t shard, uint64_t a, uint64_t b)
{
	struct event *e = *work_slot(w, shard, a, b);

	while (e != NULL
	    && (e->key_a != a || e->key_b != b || e->shard->id != shard))
		e = e->chain;
	return e;
}

static void
work_unlink(struct in_flight *w, struct event *e)
{
	struct event **at = work_slot(w, e->shard->id, e->key_a, e->key_b);

	while (*at != e) {
		must(*at != NULL);
		at = &(*at)->chain;
	}
	*at = e->chain;
}

/* ---- sessions and what was seen of them ----------------------------- */

void
in_flight_shard_init(struct in_flight_shard *s, uint32_t id)
{
	*s = (struct in_flight_shard) {.id = id};
	list_init(&s->bound);
	list_init(&s->loose);
}

static void
list_move_all(struct list *from, struct list *to)
{
	list_each_safe (from, e, next) {
		list_remove(e);
		list_append(to, e);
	}
}

void
in_flight_bind(struct in_flight_shard *s, uint64_t process)
{
	list_move_all(&s->bound, &s->loose);
	if (process != s->process)
		s->top_ord = 0;
	s->process = process;
	s->last_ord = 0;
}

static struct in_flight_session *
work_session_find(struct in_flight_shard *s, uint64_t hash)
{
	for (size_t i = 0; hash != 0 && i < nitems(s->session); i++)
		if (s->session[i].hash == hash)
			return &s->session[i];
	return NULL;
}

static struct in_flight_session *
work_session_take(struct in_flight_shard *s, uint64_t hash)
{
	struct in_flight_session *old = &s->session[0];

	for (size_t i = 1; i < nitems(s->session); i++)
		if (s->session[i].used < old->used)
			old = &s->session[i];
	memset(old, 0, sizeof(*old));
	old->hash = hash;
	return old;
}

void
in_flight_session(struct in_flight_shard *s, uint64_t hash, const char *id)
{
	struct in_flight_session *p = work_session_find(s, hash);

	if (p == NULL)
		p = work_session_take(s, hash);
	p->used = ++s->tick;
	str_copy(p->id, id, sizeof(p->id));
}

const char *
in_flight_session_id(struct in_flight_shard *s, uint64_t hash)
{
	struct in_flight_session *p = work_session_find(s, hash);

	return p != NULL ? p->id : "";
}

/* ---- express copies ------------------------------------------------- */

static struct in_flight_express *
express_find(const struct in_flight_shard *s, const struct up_hdr *h)
{
	for (unsigned i = 0; s->express_n > 0 && i < IN_FLIGHT_EXPRESS; i++)
		if (s->express[i].seq == h->seq
		    && s->express[i].session == h->session)
			return &s->express[i];
	return NULL;
}

static void
express_forget(struct in_flight_shard *s, struct in_flight_express *x)
{
	*x = (struct in_flight_express) {0};
	s->express_n--;
}

/* The oldest gives way: at worst its event is worked on twice. */
static void
express_note(struct in_flight_shard *s, const struct up_hdr *h)
{
	struct in_flight_express *x;

	if (s->express == NULL)
		s->express = base_alloc(
		    IN_FLIGHT_EXPRESS * sizeof(*s->express));
	x = &s->express[s->express_at++ % IN_FLIGHT_EXPRESS];
	s->express_n += x->seq == 0;
	*x = (struct in_flight_express) {h->session, h->seq};
}

/* ---- events --------------------------------------------------------- */

static bool
event_keyed(const struct up_hdr *h)
{
	return h->seq != 0 && h->session != 0;
}

static bool
event_was_seen(struct in_flight_shard *s, const struct up_hdr *h)
{
	struct in_flight_session *p;

	/* Without a number, only the same process' count tells. */
	if (!event_keyed(h))
		return h->ord <= s->top_ord;
	p = work_session_find(s, h->session);
	return p != NULL && seen_has(&p->seen, h->seq);
}

static void
event_see(struct in_flight_shard *s, const struct up_hdr *h)
{
	struct in_flight_session *p;

	if (!event_keyed(h))
		return;
	p = work_session_find(s, h->session);
	if (p == NULL)
		p = work_session_take(s, h->session);
	p->used = ++s->tick;
	seen_add(&p->seen, h->seq);
}

static void
event_key(const struct in_flight_shard *s, const struct up_hdr *h, uint64_t *a,
    uint64_t *b)
{
	*a = event_keyed(h) ? h->session : s->process ^ WORK_UNKEYED;
	*b = event_keyed(h) ? h->seq : h->ord;
}

/* Only what can be recognised later may come ahead of its place. */
static enum in_flight_verdict
judge_express(struct in_flight *w, struct in_flight_shard *s,
    const struct up_hdr *h)
{
	if (!event_keyed(h) || express_find(s, h) != NULL
	    || event_was_seen(s, h)
	    || work_lookup(w, s->id, h->session, h->seq) != NULL)
		return IN_FLIGHT_DONE;
	express_note(s, h);
	return IN_FLIGHT_NEW;
}

/* Its ordinary frame came: from here on it is an event like any other. */
static bool
express_came(struct in_flight_shard *s, const struct up_hdr *h)
{
	struct in_flight_express *x = event_keyed(h) ? express_find(s, h)
						     : NULL;

	if (x == NULL)
		return false;
	express_forget(s, x);
	event_see(s, h);
	return true;
}

enum in_flight_verdict
in_flight_judge(struct in_flight *w, struct in_flight_shard *s,
    const struct up_hdr *h)
{
	enum in_flight_verdict v = IN_FLIGHT_NEW;
	bool express;
	struct event *e;
	uint64_t a, b;

	if ((h->flags & UP_FLAG_EXPRESS) != 0)
		return judge_express(w, s, h);
	express = express_came(s, h);
	event_key(s, h, &a, &b);
	e = work_lookup(w, s->id, a, b);
	if (e != NULL) {
		/* At the end, so that bound stays sorted by ord. */
		list_remove(&e->link);
		list_append(&s->bound, &e->link);
		e->ord = h->ord;
		v = IN_FLIGHT_REBOUND;
	} else if (express || event_was_seen(s, h)) {
		v = IN_FLIGHT_DONE;
	} else {
		event_see(s, h);
	}
	s->last_ord = h->ord;
	if (h->ord > s->top_ord)
		s->top_ord = h->ord;
	return v;
}

static void
event_fill(struct event *e, const struct up_hdr *h)
{
	e->ord = h->ord;
	e->seq = h->seq;
	e->session = h->session;
	e->recv_ms = h->recv_ms;
	e->flags = h->flags;
	e->t_off = h->t_off;
	e->t_len = h->t_len;
	e->len = h->len;
}

struct event *
in_flight_copy(uint32_t shard, const char *session_id, const struct up_hdr *h)
{
	size_t head = sizeof(struct event) + sizeof(struct delivery);
	size_t id = strlen(session_id) + 1;
	struct event *e = base_alloc(head + h->len + 1 + id);

	event_fill(e, h);
	e->shard_id = shard;
	e->pending = e->copies = 1;
	e->to[0].event = e;
	e->raw = (char *)e + head;
	e->session_id = e->raw + h->len + 1;
	memcpy(e->raw + h->len + 1, session_id, id);
	list_init(&e->link);
	list_init(&e->to[0].link);
	return e;
}

const char *
in_flight_event_session(const struct event *e)
{
	if (e->shard == NULL)
		return e->session_id;
	return in_flight_session_id(e->shard, e->session);
}

bool
in_flight_event_named(const struct event *e, const char *name)
{
	return e->t_len == strlen(name)
	    && memcmp(e->raw + e->t_off, name, e->t_len) == 0;
}

/* ---- their memory --------------------------------------------------- */

static struct event *
event_room(struct in_flight *w, size_t bytes)
{
	size_t size = (bytes + IN_FLIGHT_STEP - 1) / IN_FLIGHT_STEP;
	bool keeps = HERD_TRICK_EVENTS_KEPT && size <= IN_FLIGHT_SIZES;
	struct event *e = keeps ? w->kept[size] : NULL;

	if (e != NULL) {
		w->kept[size] = e->chain;
		w->kept_bytes -= size * IN_FLIGHT_STEP;
		return e;
	}
	e = malloc(keeps ? size * IN_FLIGHT_STEP : bytes);
	if (e == NULL)
		bug("out of memory for an event within its bounds");
	e->size = keeps ? (uint16_t)size : 0;
	return e;
}

static void
event_leave(struct in_flight *w, struct event *e)
{
	size_t bytes = e->size * IN_FLIGHT_STEP;

	if (bytes == 0 || w->kept_bytes + bytes > IN_FLIGHT_KEPT_MAX) {
		free(e);
		return;
	}
	e->chain = w->kept[e->size];
	w->kept[e->size] = e;
	w->kept_bytes += bytes;
}

void
in_flight_rest(struct in_flight *w)
{
	for (size_t i = 0; i <= IN_FLIGHT_SIZES; i++)
		while (w->kept[i] != NULL) {
			struct event *e = w->kept[i];

			w->kept[i] = e->chain;
			free(e);
		}
	w->kept_bytes = 0;
}

struct event *
in_flight_add(struct in_flight *w, struct in_flight_shard *s,
    const struct up_hdr *h, const char *payload, unsigned copies)
{
	size_t head = sizeof(struct event) + copies * sizeof(struct delivery);
	struct event *e = event_room(w, head + h->len + 1);
	uint16_t size = e->size;
	struct event **at;

	memset(e, 0, head);
	e->size = size;
	event_fill(e, h);
	e->shard = s;
	e->shard_id = s->id;
	e->pending = e->copies = copies;
	e->raw = (char *)e + head;
	memcpy(e->raw, payload, h->len);
	e->raw[h->len] = '\0';
	event_key(s, h, &e->key_a, &e->key_b);
	at = work_slot(w, s->id, e->key_a, e->key_b);
	e->chain = *at;
	*at = e;
	list_append(h->flags & UP_FLAG_EXPRESS ? &s->loose : &s->bound,
	    &e->link);
	w->events++;
	w->bytes += e->len;
	return e;
}

static void
event_drop(struct in_flight *w, struct event *e)
{
	work_unlink(w, e);
	list_remove(&e->link);
	w->events--;
	w->bytes -= e->len;
	event_leave(w, e);
}

bool
in_flight_finish(struct in_flight *w, struct event *e)
{
	must(e->pending > 0);
	if (--e->pending > 0)
		return false;
	event_drop(w, e);
	return true;
}

void
in_flight_shard_drop(struct in_flight *w, struct in_flight_shard *s)
{
	list_move_all(&s->bound, &s->loose);
	list_each_safe (&s->loose, l, next)
		event_drop(w, container_of(l, struct event, link));
	free(s->express);
	s->express = NULL;
	s->express_n = 0;
}

uint64_t
in_flight_ack(const struct in_flight_shard *s)
{
	if (list_empty(&s->bound))
		return s->last_ord;
	return container_of(s->bound.next, struct event, link)->ord - 1;
}

uint64_t
in_flight_oldest(const struct in_flight_shard *s)
{
	uint64_t a = 0, b = 0;

	if (!list_empty(&s->loose))
		a = container_of(s->loose.next, struct event, link)->recv_ms;
	if (!list_empty(&s->bound))
		b = container_of(s->bound.next, struct event, link)->recv_ms;
	return a == 0 || (b != 0 && b < a) ? b : a;
}

/* SPDX-License-Identifier: MIT */
#include "tools/web/history/history_file.h"

#include "shared/base/clock.h"

#include <string.h>

/* No look is of an earlier time: a clock that was not set yet. */
#define EARLIEST_MS INT64_C(1735689600000) /* 2025-01-01 */
#define STEP_MS 5000 /* the wall clock was set, not merely slewed */

struct history {
	struct history_disk disk;
	/* The look before; both clocks, 0: none. */
	uint64_t boot_ms;
	int64_t wall_ms;
	bool known;
	struct outage last;
	uint64_t since_ms[OUTAGE_KINDS]; /* boot clock; 0: it is not so */
	uint64_t told;	  /* hash of the note that was told; 0: none */
	uint64_t *out_ms; /* the same of each shard that is not reached */
	size_t shards;
};

struct history *
history_open(const char *dir)
{
	struct history *h = base_alloc(sizeof(*h));

	history_file_open(&h->disk, dir);
	return h;
}

void
history_close(struct history *h)
{
	history_file_close(&h->disk);
	free(h->out_ms);
	free(h);
}

const char *
history_note(const struct history *h)
{
	return h->disk.note;
}

bool
history_note_changed(struct history *h)
{
	const char *note = h->disk.note;
	uint64_t is = note[0] != '\0' ? base_hash64(note, strlen(note)) : 0;
	bool changed = is != h->told;

	h->told = is;
	return changed;
}

/* ---- slots ---------------------------------------------------------- */

static uint32_t
number_of(int64_t wall_ms)
{
	return (uint32_t)(wall_ms / HISTORY_SLOT_MS);
}

static struct history_file_slot *
slot_at(struct history *h, int64_t wall_ms)
{
	uint32_t number = number_of(wall_ms);
	struct history_file_slot *s =
	    &h->disk.file.slot[number % HISTORY_SLOTS];

	if (s->number != number) {
		memset(s, 0, sizeof(*s));
		s->number = number;
	}
	return s;
}

/* A time that was there before, as the clock was set back, keeps the worse. */
static void
add(struct history *h, int64_t wall_ms, uint32_t ms, const struct outage *o)
{
	struct history_file_slot *s = slot_at(h, wall_ms);
	uint32_t lost = (uint32_t)(o->lost * ms + 0.999), room;

	if (lost > ms)
		lost = ms;
	s->known_ms += ms;
	s->lost_ms += lost;
	s->less_ms += o->less ? ms - lost : 0;
	if (s->known_ms > HISTORY_SLOT_MS)
		s->known_ms = HISTORY_SLOT_MS;
	if (s->lost_ms > s->known_ms)
		s->lost_ms = s->known_ms;
	room = s->known_ms - s->lost_ms;
	if (s->less_ms > room)
		s->less_ms = room;
	if (o->rtt_ms != 0 && s->rtt_n < UINT16_MAX) {
		s->rtt_sum += o->rtt_ms < UINT16_MAX ? o->rtt_ms : UINT16_MAX;
		s->rtt_n++;
	}
	history_file_put_slot(&h->disk, (size_t)(s - h->disk.file.slot));
}

/* Between two looks it was as the worse of them. */
static void
add_between(struct history *h, uint64_t ms, int64_t wall_ms,
    const struct outage *now)
{
	struct outage o = *now;
	int64_t into = wall_ms % HISTORY_SLOT_MS;

	if (h->last.lost > o.lost)
		o.lost = h->last.lost;
	o.less |= h->last.less;
	if ((int64_t)ms > into) {
		add(h, wall_ms - into - 1, (uint32_t)((int64_t)ms - into), &o);
		ms = (uint64_t)into;
	}
	if (ms > 0)
		add(h, wall_ms, (uint32_t)ms, &o);
}

/* ---- incidents ------------------------------------------------------ */

static struct history_file_incident *
newest(struct history *h, enum outage_kind kind)
{
	struct history_file_incident *found = NULL;

	for (size_t i = 0; i < HISTORY_INCIDENTS; i++) {
		struct history_file_incident *at = &h->disk.file.incident[i];

		if (at->number != 0
		    && (found == NULL || at->number > found->number)
		    && strcmp(at->kind, outage_name[kind]) == 0)
			found = at;
	}
	return found;
}

static struct history_file_incident *
place(struct history *h)
{
	uint32_t last = 0;
	struct history_file_incident *at;

	for (size_t i = 0; i < HISTORY_INCIDENTS; i++)
		if (h->disk.file.incident[i].number > last)
			last = h->disk.file.incident[i].number;
	if (last == UINT32_MAX) /* a file that somebody made up */
		last = 0;
	at = &h->disk.file.incident[last % HISTORY_INCIDENTS];
	memset(at, 0, sizeof(*at));
	at->number = last + 1;
	return at;
}

static void
put(struct history *h, struct history_file_incident *at)
{
	history_file_put_incident(&h->disk,
	    (size_t)(at - h->disk.file.incident));
}

static void
goes_on(struct history *h, enum outage_kind kind, uint64_t for_ms, int64_t wall,
    const struct outage *o)
{
	struct history_file_incident *at = newest(h, kind);

	if (at == NULL
	    || (at->end_ms != 0
		&& (at->end_ms < wall - HISTORY_AGAIN_MS
		    || at->end_ms > wall))) {
		at = place(h);
		str_copy(at->kind, outage_name[kind], sizeof(at->kind));
		at->begin_ms = wall - (int64_t)for_ms;
		if (at->begin_ms < EARLIEST_MS)
			at->begin_ms = EARLIEST_MS;
	}
	at->end_ms = 0;
	at->flags &= ~HISTORY_FILE_UNSURE;
	at->seen_ms = wall > at->begin_ms ? wall : at->begin_ms;
	if (o->out > at->out) {
		at->out = o->out;
		at->shards = o->shards;
	}
	put(h, at);
}

/* Its end was seen only if the look before was not long ago. */
static void
is_over(struct history *h, enum outage_kind kind, int64_t wall)
{
	struct history_file_incident *at = newest(h, kind);

	if (at == NULL || at->end_ms != 0)
		return;
	if (wall < at->seen_ms)
		wall = at->seen_ms;
	if (wall - at->seen_ms > HISTORY_GAP_MS) {
		at->flags |= HISTORY_FILE_UNSURE;
		at->end_ms = at->seen_ms;
		at->seen_ms = wall;
	} else
		at->end_ms = at->seen_ms = wall;
	put(h, at);
}

/* The moment that long ago, never 0; -1: now. */
static uint64_t
before(uint64_t boot, int64_t age_ms)
{
	if (age_ms <= 0)
		return boot;
	return (uint64_t)age_ms < boot ? boot - (uint64_t)age_ms : 1;
}

/* Shards reconnect now and then, which takes seconds and loses nothing: it is
 * the same one that has to stay away. */
static uint32_t
long_out(struct history *h, const struct view *v, uint64_t boot)
{
	uint32_t n = 0;

	if (v->n != h->shards) {
		h->out_ms = base_realloc(h->out_ms,
		    (v->n + 1) * sizeof(*h->out_ms));
		memset(h->out_ms, 0, (v->n + 1) * sizeof(*h->out_ms));
		h->shards = v->n;
	}
	for (size_t i = 0; i < v->n; i++) {
		if (outage_shard_works(&v->shard[i]))
			h->out_ms[i] = 0;
		else if (h->out_ms[i] == 0)
			h->out_ms[i] = h->known
			    ? boot
			    : before(boot,
				view_age(v, v->shard[i].s.state_since_ms));
		n += h->out_ms[i] != 0
		    && boot - h->out_ms[i] >= HISTORY_WORTH_MS;
	}
	return n;
}

/* Since when: as the page says, but not before a look that knew better. */
static uint64_t
since(const struct history *h, const struct outage *o, int kind, uint64_t boot)
{
	uint64_t at = before(boot, o->age_ms[kind]);

	return h->known && at < h->boot_ms ? h->boot_ms : at;
}

static void
look_kind(struct history *h, struct outage *o, int i, uint32_t away,
    uint64_t boot, int64_t wall)
{
	bool is = o->is[i];
	uint64_t for_ms;

	if (is && h->since_ms[i] == 0)
		h->since_ms[i] = since(h, o, i, boot);
	if (!is)
		h->since_ms[i] = 0;
	for_ms = is ? boot - h->since_ms[i] : 0;
	if (i == OUTAGE_SHARDS && away == 0)
		is = is && for_ms < HISTORY_WORTH_MS;
	if (is && (i == OUTAGE_SHARDS ? away > 0 : for_ms >= HISTORY_WORTH_MS))
		goes_on(h, (enum outage_kind)i, for_ms, wall, o);
	else if (!is)
		is_over(h, (enum outage_kind)i, wall);
}

/* ---- a look --------------------------------------------------------- */

/* The wall clock was set: what goes on began by the clock before. */
static void
follow_step(struct history *h, uint64_t boot, int64_t wall)
{
	int64_t step = (wall - h->wall_ms) - (int64_t)(boot - h->boot_ms);

	if (h->wall_ms == 0 || (step < STEP_MS && step > -STEP_MS))
		return;
	for (int i = 0; i < OUTAGE_KINDS; i++) {
		struct history_file_incident *at = newest(h,
		    (enum outage_kind)i);

		if (at == NULL || at->end_ms != 0 || h->since_ms[i] == 0)
			continue;
		at->begin_ms += step;
		at->seen_ms += step;
		if (at->begin_ms < EARLIEST_MS)
			at->begin_ms = EARLIEST_MS;
		if (at->seen_ms < at->begin_ms)
			at->seen_ms = at->begin_ms;
		put(h, at);
	}
}

/* Another process does: this one has no say. */
static bool
writes(const struct history *h)
{
	return h->disk.mine || h->disk.fd == -1;
}

void
history_take(struct history *h, const struct view *v)
{
	uint64_t boot = clock_boot_ms();
	int64_t wall = clock_wall_ms();
	uint32_t away;
	struct outage o;

	if (!h->disk.mine || number_of(wall) != number_of(h->wall_ms))
		history_file_turn(&h->disk);
	if (v == NULL || wall < EARLIEST_MS || !writes(h)) {
		h->known = false;
		return;
	}
	outage_find(v, &o);
	follow_step(h, boot, wall);
	if (h->known && boot - h->boot_ms > HISTORY_GAP_MS) {
		memset(h->since_ms, 0, sizeof(h->since_ms));
		h->shards = 0;
		h->known = false;
	}
	if (h->known)
		add_between(h, boot - h->boot_ms, wall, &o);
	away = long_out(h, v, boot);
	for (int i = 0; i < OUTAGE_KINDS; i++)
		look_kind(h, &o, i, away, boot, wall);
	h->last = o;
	h->known = true;
	h->boot_ms = boot;
	h->wall_ms = wall;
}

int64_t
history_taken_ms(const struct history *h)
{
	return h->wall_ms;
}

/* ---- readers -------------------------------------------------------- */

static void
sum(const struct history *h, int64_t first, size_t n, struct history_time *out)
{
	uint64_t rtt = 0, rtt_n = 0;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < n; i++) {
		uint64_t number = (uint64_t)first + i;
		const struct history_file_slot *s =
		    &h->disk.file.slot[number % HISTORY_SLOTS];

		if (s->number != number || number == 0)
			continue;
		out->known_ms += s->known_ms;
		out->less_ms += s->less_ms;
		out->lost_ms += s->lost_ms;
		rtt += s->rtt_sum;
		rtt_n += s->rtt_n;
	}
	if (rtt_n > 0)
		out->rtt_ms = (uint32_t)(rtt / rtt_n);
}

void
history_days(const struct history *h, int64_t wall_ms,
    struct history_time out[HISTORY_DAYS])
{
	const size_t each = HISTORY_DAY_MS / HISTORY_SLOT_MS;
	int64_t first = wall_ms / HISTORY_DAY_MS - (HISTORY_DAYS - 1);

	for (size_t i = 0; i < HISTORY_DAYS; i++)
		sum(h, (first + (int64_t)i) * (int64_t)each, each, &out[i]);
}

void
history_slots(const struct history *h, int64_t wall_ms, size_t n,
    struct history_time *out)
{
	int64_t first = wall_ms / HISTORY_SLOT_MS - (int64_t)n + 1;

	for (size_t i = 0; i < n; i++)
		sum(h, first + (int64_t)i, 1, &out[i]);
}

static bool
kind_of(const char *word, enum outage_kind *kind)
{
	for (int i = 0; i < OUTAGE_KINDS; i++)
		if (strcmp(outage_name[i], word) == 0) {
			*kind = (enum outage_kind)i;
			return true;
		}
	return false;
}

static bool
fill(const struct history_file_incident *from, int64_t wall_ms,
    struct history_incident *to)
{
	int64_t last = from->seen_ms;

	memset(to, 0, sizeof(*to));
	if (from->number == 0 || !kind_of(from->kind, &to->kind)
	    || last < wall_ms - HISTORY_DAYS * HISTORY_DAY_MS
	    || from->begin_ms > wall_ms)
		return false;
	to->begin_ms = from->begin_ms;
	to->end_ms = from->end_ms;
	to->until_ms = from->flags & HISTORY_FILE_UNSURE ? last : 0;
	to->seen_ms = last;
	to->shards = from->shards;
	to->out = from->out;
	return true;
}

size_t
history_incidents(const struct history *h, int64_t wall_ms,
    struct history_incident *out, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < HISTORY_INCIDENTS; i++) {
		struct history_incident one;
		size_t at = n;

		if (!fill(&h->disk.file.incident[i], wall_ms, &one))
			continue;
		while (at > 0 && out[at - 1].begin_ms < one.begin_ms)
			at--;
		if (at == max)
			continue;
		n -= n == max;
		memmove(&out[at + 1], &out[at], (n - at) * sizeof(one));
		out[at] = one;
		n++;
	}
	return n;
}

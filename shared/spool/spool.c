/* SPDX-License-Identifier: MIT */
/*
 * DIR/00000007.seg ... hold records; DIR/done is the place up to which
 * everything was released.
 */
#include "shared/spool/spool.h"

#include "shared/base/clock.h"
#include "shared/spool/place.h"
#include "shared/spool/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct spool {
	char dir[PATH_MAX - 64];
	struct spool_limits limits;
	struct list segments;	 /* oldest first; the last one is written */
	struct place_file *done; /* NULL until the directory exists */
	struct place read;	 /* next record to take */
	struct place released;
	bool names;	     /* a file was made, or may have been before us,
				   and its directory not synced */
	bool parents;	     /* as it is synced, so are those above it */
	struct place *taken; /* ends of taken records, a ring */
	size_t taken_at, taken_n, taken_cap;
	struct spool_stats stats;
};

static struct segment *
oldest(const struct spool *s)
{
	return list_empty(&s->segments)
	    ? NULL
	    : container_of(s->segments.next, struct segment, link);
}

static struct segment *
newest(const struct spool *s)
{
	return list_empty(&s->segments)
	    ? NULL
	    : container_of(s->segments.prev, struct segment, link);
}

static struct segment *
at_or_behind(const struct spool *s, uint64_t number)
{
	list_each (&s->segments, l) {
		struct segment *g = container_of(l, struct segment, link);
		if (g->number >= number)
			return g;
	}
	return NULL;
}

static void
drop(struct spool *s, struct segment *g)
{
	must(s->stats.bytes >= g->size && s->stats.events >= g->events);
	s->stats.bytes -= g->size;
	s->stats.events -= g->events;
	segment_delete(g, s->dir);
}

static void
adopt(struct spool *s, struct segment *g)
{
	must(newest(s) == NULL || newest(s)->number < g->number);
	list_append(&s->segments, &g->link);
	s->stats.bytes += g->size;
}

static void
scan(struct spool *s, struct segment *g, uint64_t from)
{
	struct segment_tally t = segment_tally(g, from);

	g->events = t.events;
	g->newest_ms = t.newest_ms;
	s->stats.events += t.events;
	s->stats.damaged += t.damaged;
	s->stats.damaged_bytes += t.damaged_bytes;
}

static int
open_done(struct spool *s, struct err *e)
{
	char path[PATH_MAX];

	must(str_format(path, sizeof(path), "%s/done", s->dir));
	s->done = place_open(path, e);
	if (s->done == NULL)
		return -1;
	s->released = s->read = place_load(s->done);
	return 0;
}

static int
load(struct spool *s, struct err *e)
{
	uint64_t *numbers;
	size_t count;

	if (segment_list(s->dir, &numbers, &count) != 0)
		return errno == ENOENT ? 0
				       : err_sys(e, EXIT_DEGRADED,
					   "cannot read the spool %s", s->dir);
	if (open_done(s, e) != 0)
		goto err1;
	for (size_t i = 0; i < count; i++) {
		struct segment *g = segment_open(s->dir, numbers[i], 0);

		if (g == NULL) {
			err_sys(e, EXIT_DEGRADED,
			    "cannot open segment %llu of the spool %s",
			    (unsigned long long)numbers[i], s->dir);
			goto err1;
		}
		adopt(s, g);
		if (g->number < s->released.seg)
			drop(s, g);
		else
			scan(s, g,
			    g->number == s->released.seg ? s->released.off : 0);
	}
	free(numbers);
	return 0;
err1:
	free(numbers);
	return -1;
}

/* The last segment that holds a taken record; 0: none does. */
static uint64_t
taken_until(const struct spool *s)
{
	return s->taken_n == 0
	    ? 0
	    : s->taken[(s->taken_at + s->taken_n - 1) % s->taken_cap].seg;
}

/* Events too old to be worth delivering: whole segments, oldest first. */
void
spool_expire(struct spool *s)
{
	int64_t now = clock_wall_ms();

	if (s->limits.age_ms == 0)
		return;
	list_each_safe (&s->segments, l, next) {
		struct segment *g = container_of(l, struct segment, link);

		if (g->number <= taken_until(s))
			continue;
		if (g->events == 0
		    || g->newest_ms + (int64_t)s->limits.age_ms >= now)
			return;
		s->stats.expired += g->events;
		if (s->taken_n == 0) {
			/* Then there is nothing left in front of it. */
			s->released = s->read = (struct place) {g->number + 1,
			    0};
			place_store(s->done, s->released);
		} else if (s->read.seg == g->number) {
			s->read = (struct place) {g->number + 1, 0};
		}
		drop(s, g);
	}
}

struct spool *
spool_open(const char *dir, const struct spool_limits *limits, struct err *e)
{
	struct spool *s = base_alloc(sizeof(*s));

	list_init(&s->segments);
	s->limits = *limits;
	s->names = s->parents = true;
	if (str_copy(s->dir, dir, sizeof(s->dir)) >= sizeof(s->dir)) {
		err_set(e, EXIT_CONFIG, "%s: path too long", dir);
		goto err1;
	}
	if (load(s, e) != 0)
		goto err1;
	spool_expire(s);
	return s;
err1:
	spool_close(s);
	return NULL;
}

void
spool_close(struct spool *s)
{
	if (s == NULL)
		return;
	while (!list_empty(&s->segments))
		segment_close(oldest(s));
	place_close(s->done);
	free(s->taken);
	free(s);
}

/* ---- writing -------------------------------------------------------- */

/* The directory and the one it lies in: 0 or -1 with errno. */
static int
make_dirs(const char *dir)
{
	char parent[PATH_MAX];
	char *slash;

	if (mkdir(dir, 0700) == 0 || errno == EEXIST)
		return 0;
	(void)str_copy(parent, dir, sizeof(parent));
	slash = strrchr(parent, '/');
	if (errno != ENOENT || slash == NULL)
		return -1;
	*slash = '\0';
	if (mkdir(parent, 0700) != 0 && errno != EEXIST)
		return -1;
	return mkdir(dir, 0700);
}

static int
prepare_dir(struct spool *s, struct err *e)
{
	if (s->done != NULL)
		return 0;
	if (make_dirs(s->dir) != 0)
		return err_sys(e, EXIT_DEGRADED, "cannot create %s", s->dir);
	return open_done(s, e);
}

/* Never one that a place in use already lies behind. */
static uint64_t
next_number(const struct spool *s, const struct segment *last)
{
	uint64_t number = s->released.seg + 1;

	if (number < s->read.seg)
		number = s->read.seg;
	if (last != NULL && number <= last->number)
		number = last->number + 1;
	return number;
}

/* The segment to append to, a new one when the last is full. */
static struct segment *
writable_segment(struct spool *s, struct err *e)
{
	struct segment *g = newest(s);

	if (g != NULL && g->ours && g->size < s->limits.segment_bytes)
		return g;
	if (g != NULL)
		/* Begins writing it out, and does not wait for the disk. */
		(void)sync_file_range(g->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	spool_expire(s);
	g = newest(s);
	uint64_t number = next_number(s, g);
	g = segment_open(s->dir, number, O_CREAT | O_EXCL);
	if (g == NULL)
		err_sys(e, EXIT_DEGRADED, "cannot create a segment in %s",
		    s->dir);
	else
		adopt(s, g);
	s->names = true;
	return g;
}

int
spool_append(struct spool *s, const struct up_hdr *hdr,
    const struct iovec *parts, int n, struct err *e)
{
	uint64_t total = segment_record_size(hdr);
	struct segment *g;

	if (s->stats.bytes + total > s->limits.bytes) {
		s->stats.refused++;
		return err_set(e, EXIT_DEGRADED,
		    "the spool %s is full (%llu bytes)", s->dir,
		    (unsigned long long)s->limits.bytes);
	}
	if (prepare_dir(s, e) != 0 || (g = writable_segment(s, e)) == NULL)
		goto refused;
	if (segment_append(g, hdr, parts, n) != 0) {
		err_sys(e, EXIT_DEGRADED, "cannot write to the spool %s",
		    s->dir);
		goto refused;
	}
	s->stats.bytes += total;
	s->stats.events++;
	s->stats.appended++;
	return 0;
refused:
	s->stats.refused++;
	return -1;
}

int
spool_sync(struct spool *s, struct err *e)
{
	list_each (&s->segments, l) {
		struct segment *g = container_of(l, struct segment, link);

		if (g->dirty && fdatasync(g->fd) != 0)
			return err_sys(e, EXIT_DEGRADED,
			    "cannot sync the spool %s", s->dir);
		g->dirty = false;
	}
	/* A file whose name is lost is lost.  DIR lies in a directory of
	 * state_dir, and both may be new. */
	if (s->names && s->done != NULL
	    && fd_sync_dirs(s->dir, s->parents ? 3 : 1) == -1)
		return err_sys(e, EXIT_DEGRADED, "cannot sync the spool %s",
		    s->dir);
	if (s->done != NULL)
		s->names = s->parents = false;
	return 0;
}

/* ---- reading -------------------------------------------------------- */

/*
 * A record failed its check.  It was known (and not counted) when the spool was
 * opened, or it went bad since: then the counts must follow.
 */
static void
recount(struct spool *s, struct segment *g)
{
	uint64_t now = segment_tally(g, s->read.off).events;

	for (size_t i = 0; i < s->taken_n; i++)
		now += s->taken[(s->taken_at + i) % s->taken_cap].seg
		    == g->number;
	if (now >= g->events)
		return;
	must(s->stats.events >= g->events - now);
	s->stats.damaged += g->events - now;
	s->stats.events -= g->events - now;
	g->events = now;
}

/* Moves s->read to the next valid record header, counting what is skipped. */
static struct segment *
seek(struct spool *s, struct segment_record *r)
{
	for (;;) {
		struct segment *g = at_or_behind(s, s->read.seg);
		if (g == NULL)
			return NULL;
		if (g->number > s->read.seg)
			s->read = (struct place) {g->number, 0};
		uint64_t from = s->read.off;
		uint64_t at = s->read.off = segment_find(g, from, r);
		if (at > from)
			recount(s, g);
		if (at < g->size)
			return g;
		if (g == newest(s))
			return NULL;
		s->read = (struct place) {g->number + 1, 0};
	}
}

int
spool_peek(struct spool *s, struct up_hdr *hdr)
{
	struct segment_record r;

	if (seek(s, &r) == NULL)
		return 0;
	*hdr = r.hdr;
	return 1;
}

static void
taken_push(struct spool *s, struct place end)
{
	if (s->taken_n == s->taken_cap) {
		size_t cap = s->taken_cap ? s->taken_cap * 2 : 256;
		struct place *ring = base_alloc(cap * sizeof(*ring));
		for (size_t i = 0; i < s->taken_n; i++)
			ring[i] = s->taken[(s->taken_at + i) % s->taken_cap];
		free(s->taken);
		s->taken = ring;
		s->taken_at = 0;
		s->taken_cap = cap;
	}
	s->taken[(s->taken_at + s->taken_n++) % s->taken_cap] = end;
	must(s->taken_n <= s->stats.events);
}

int
spool_take(struct spool *s, void *dst)
{
	struct segment_record r;
	struct segment *g = seek(s, &r);

	must(g != NULL);
	bool ok = segment_body(g, s->read.off, &r, dst);
	s->read.off += segment_record_size(&r.hdr);
	if (!ok) {
		recount(s, g);
		return -1;
	}
	taken_push(s, s->read);
	return 0;
}

void
spool_skip(struct spool *s)
{
	struct segment *g = newest(s);

	must(g != NULL && s->stats.events == s->taken_n + 1);
	s->read = (struct place) {g->number, g->size};
	taken_push(s, s->read);
}

/* Frees the segments wholly released. */
static void
reclaim(struct spool *s)
{
	struct segment *g;

	while ((g = oldest(s)) != NULL) {
		bool behind = g->number < s->released.seg;
		bool spent = g->number == s->released.seg && g->events == 0
		    && (g != newest(s) || g->size >= s->limits.segment_bytes
			|| spool_empty(s));
		if (!behind && !spent)
			return;
		if (spent) {
			s->released = (struct place) {g->number + 1, 0};
			if (s->read.seg == g->number)
				s->read = s->released;
			place_store(s->done, s->released);
		}
		drop(s, g);
	}
}

void
spool_release(struct spool *s, size_t n)
{
	must(n <= s->taken_n);
	if (n == 0)
		return;
	for (size_t i = 0; i < n; i++) {
		struct place end = s->taken[s->taken_at];
		struct segment *g = at_or_behind(s, end.seg);

		s->taken_at = (s->taken_at + 1) % s->taken_cap;
		s->taken_n--;
		s->released = end;
		must(g != NULL && g->number == end.seg && g->events > 0
		    && end.off <= g->size);
		g->events--;
		s->stats.events--;
	}
	place_store(s->done, s->released);
	reclaim(s);
}

void
spool_rewind(struct spool *s)
{
	s->taken_n = 0;
	s->read = s->released;
}

struct place
spool_at(const struct spool *s)
{
	return s->read;
}

struct place
spool_end(const struct spool *s)
{
	const struct segment *g = newest(s);

	return g == NULL ? s->read : (struct place) {g->number, g->size};
}

bool
spool_empty(const struct spool *s)
{
	const struct segment *g = newest(s);

	return g == NULL || s->stats.events == s->taken_n
	    || s->read.seg > g->number
	    || (s->read.seg == g->number && s->read.off >= g->size);
}

/* ---- after a power loss --------------------------------------------- */

/* The kernel writes by itself within half a minute: what is so much older than
 * the newest record was on disk, and a gap there is damage, not power loss. */
#define FOLLOW_UNSYNCED_MS 120000

struct follow {
	uint64_t old_ms; /* received before it: no RESUME need bring it */
	uint64_t session, seq;
	uint64_t nameless; /* dispatches behind seq that had no s */
	bool gap, others;  /* others: records of theirs behind it */
	struct place end;  /* of what is whole before it */
};

static void
follow_record(struct follow *f, const struct up_hdr *h, bool first)
{
	if (f->gap || h->session != f->session) {
		f->others |= f->gap && h->session != f->session;
	} else if (h->seq == 0) {
		f->nameless++;
	} else if (first || h->seq <= f->seq + 1 + f->nameless
	    || h->recv_ms < f->old_ms) {
		f->seq = h->seq > f->seq ? h->seq : f->seq;
		f->nameless = 0;
	} else {
		f->gap = true;
	}
}

/* Everything from there on: how many records, 0 when the disk refuses. */
static uint64_t
cut(struct spool *s, struct place from)
{
	struct segment *g = at_or_behind(s, from.seg);
	uint64_t before = s->stats.events, size = g->size, events;

	/* Nothing is whole before it: what is released bounds the first. */
	if (g->number != from.seg)
		from.off = g->number == s->released.seg ? s->released.off : 0;
	if (from.off > g->size)
		from.off = g->size;
	if (segment_cut(g, from.off) == -1)
		return 0;
	s->stats.bytes -= size - g->size;
	events = segment_tally(g,
	    g->number == s->released.seg ? s->released.off : 0)
		     .events;
	must(events <= g->events);
	s->stats.events -= g->events - events;
	g->events = events;
	while (newest(s) != g)
		drop(s, newest(s));
	return before - s->stats.events;
}

uint64_t
spool_follow(struct spool *s, uint64_t session, uint64_t from,
    uint64_t *dropped)
{
	struct follow f = {.session = session, .seq = from};
	struct segment_record r;

	*dropped = 0;
	list_each (&s->segments, l) {
		const struct segment *g = container_of(l, struct segment, link);

		if (g->newest_ms > FOLLOW_UNSYNCED_MS
		    && (uint64_t)g->newest_ms - FOLLOW_UNSYNCED_MS > f.old_ms)
			f.old_ms = (uint64_t)g->newest_ms - FOLLOW_UNSYNCED_MS;
	}
	list_each (&s->segments, l) {
		struct segment *g = container_of(l, struct segment, link);
		bool part = g->number == s->released.seg;
		uint64_t off = part ? s->released.off : 0;

		while ((off = segment_next(g, off, &r)) < g->size) {
			/* What lay before that place is with the handler. */
			follow_record(&f, &r.hdr,
			    part && off == s->released.off);
			off += segment_record_size(&r.hdr);
			if (!f.gap)
				f.end = (struct place) {g->number, off};
		}
	}
	if (f.gap && !f.others && s->taken_n == 0)
		*dropped = cut(s, f.end);
	return f.seq;
}

void
spool_stats(const struct spool *s, struct spool_stats *out)
{
	*out = s->stats;
}

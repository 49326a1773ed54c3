/* SPDX-License-Identifier: MIT */
/*
 * Beginning a log, and going on with one.  Nothing of it is believed: the first
 * page has a sum, each record has one, and what does not check is where the log
 * ends from now on.
 */
#include "handler/gate/log/gatelog_impl.h"

#include "shared/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- mapping -------------------------------------------------------- */

static int
map(struct gatelog *g, struct err *err)
{
	int rw = PROT_READ | PROT_WRITE;
	void *top, *ring;

	top = mmap(NULL, g->page, rw, MAP_SHARED, g->fd, 0);
	if (top == MAP_FAILED)
		return err_sys(err, EXIT_DEGRADED, "Cannot map the event log");
	ring = mmap(NULL, 2 * g->size, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (ring == MAP_FAILED)
		goto err1;
	for (int i = 0; i < 2; i++)
		if (mmap((char *)ring + (size_t)i * g->size, g->size, rw,
			MAP_SHARED | MAP_FIXED, g->fd, (off_t)g->page)
		    == MAP_FAILED)
			goto err2;
	g->top = top;
	g->ring = ring;
	return 0;
err2:
	munmap(ring, 2 * g->size);
err1:
	err_sys(err, EXIT_DEGRADED, "Cannot map the event log of %zu bytes",
	    g->size);
	munmap(top, g->page);
	return -1;
}

/* 1: the file has its size, 0: it was given it, and is empty now; -1. */
static int
fit(const struct gatelog *g, struct err *err)
{
	off_t want = (off_t)(g->page + g->size);
	struct stat st;

	if (fstat(g->fd, &st) == -1)
		return err_sys(err, EXIT_DEGRADED,
		    "Cannot look at the event log");
	if (st.st_size == want)
		return 1;
	if (ftruncate(g->fd, 0) == -1 || ftruncate(g->fd, want) == -1)
		return err_sys(err, EXIT_DEGRADED,
		    "Cannot make an event log of %lld bytes", (long long)want);
	return 0;
}

/* ---- beginning ------------------------------------------------------ */

static uint64_t
top_sum(const struct gatelog_top *t)
{
	return base_hash64(t, offsetof(struct gatelog_top, sum));
}

static void
begin(struct gatelog *g)
{
	struct gatelog_top *t = g->top;
	uint64_t life;

	/* Its memory goes back; where that fails it is written over. */
	(void)fallocate(g->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
	    (off_t)(g->page + g->size));
	if (getrandom(&life, sizeof(life), GRND_NONBLOCK) != sizeof(life))
		life = (uint64_t)clock_wall_ms() * 0x9e3779b97f4a7c15u
		    ^ (uint64_t)getpid();
	memset(t, 0, sizeof(*t));
	t->magic = GATELOG_MAGIC;
	t->size = g->size;
	t->life = life != 0 ? life : 1;
	atomic_store_explicit(&t->next, 1, memory_order_relaxed);
	t->sum = top_sum(t);
}

/* ---- going on ------------------------------------------------------- */

/* What a walk from tail finds. */
struct finding {
	uint64_t tail, head; /* as the first page says, if they can be */
	uint64_t at;	     /* behind the last whole record */
	uint64_t lane;
	bool damaged;
};

/*
 * Goes as far as records check, beyond head as well: one that was whole when
 * its writer was killed is a record, and head itself may be damaged.
 */
static void
walk_records(struct gatelog *g, struct finding *f, struct gatelog_found *out)
{
	uint64_t end = f->tail + g->size;
	struct gatelog_record r;

	for (f->at = f->tail; f->at < end; f->at += gatelog_span(r.len)) {
		if (!gatelog_head_at(g, f->at, end, &r)
		    || r.position <= g->last)
			break;
		gatelog_marked(g, f->at, &r);
		if (g->last != 0 && r.position != g->last + 1)
			g->whole = r.position;
		g->last = r.position;
		g->newest_ms = r.received_ms;
		if (r.lane != 0)
			f->lane = r.lane;
		out->records++;
	}
	f->damaged = f->at < f->head;
}

static bool
can_be(uint64_t place)
{
	return place % 8 == 0 && place < UINT64_MAX / 2;
}

static struct finding
bounds(const struct gatelog *g)
{
	struct finding f = {.tail = gatelog_tail(g),
	    .head = atomic_load_explicit(&g->top->head, memory_order_acquire),
	    .lane = gatelog_acknowledged(g)};

	if (!can_be(f.tail))
		f.tail = can_be(f.head) ? f.head : 0;
	if (f.head < f.tail || f.head - f.tail > g->size || !can_be(f.head))
		f.head = f.tail;
	return f;
}

/*
 * The position that comes next.  After damage some were given that are gone: it
 * is beyond those, so that no reader takes one record for another.
 */
static uint64_t
next_position(const struct gatelog *g, struct finding *f)
{
	uint64_t next = atomic_load_explicit(&g->top->next,
	    memory_order_relaxed);
	uint64_t most = g->size / sizeof(struct gatelog_head) + 2;
	bool likely = next > g->last && next - g->last <= most;

	if (g->marks == 0 && next > 0 && next < UINT64_MAX / 2)
		return next + (f->damaged ? most : 0);
	/* The last record there is is not the last there was. */
	f->damaged |= likely && next > g->last + 1;
	if (!f->damaged)
		return g->last + 1;
	return likely ? next + 1 : g->last + most;
}

static void
go_on(struct gatelog *g, struct gatelog_found *out)
{
	struct finding f = bounds(g);
	uint64_t next;

	walk_records(g, &f, out);
	next = next_position(g, &f);
	if (f.damaged) {
		out->damaged = true;
		out->lost = next - 1 - g->last;
		str_format(out->why, sizeof(out->why),
		    "The event log is damaged behind its record %" PRIu64
		    ", of %" PRIu64 " that are whole; it goes on from there, "
		    "and clients that had not got the rest must IDENTIFY.",
		    g->last, out->records);
	}
	if (next != g->last + 1)
		g->whole = next;
	g->last = next - 1;
	atomic_store_explicit(&g->top->tail, f.tail, memory_order_relaxed);
	atomic_store_explicit(&g->top->next, next, memory_order_relaxed);
	atomic_store_explicit(&g->top->lane, f.lane, memory_order_relaxed);
	atomic_store_explicit(&g->top->head, f.at, memory_order_release);
}

/* Is there a log of this size?  Else why not, in *out. */
static bool
usable(const struct gatelog *g, struct gatelog_found *out)
{
	const struct gatelog_top *t = g->top;

	if (t->magic == GATELOG_MAGIC && t->size == g->size && t->life != 0
	    && t->sum == top_sum(t))
		return true;
	out->damaged = t->magic != 0 || t->size != 0 || t->life != 0;
	if (out->damaged)
		str_copy(out->why,
		    "The first page of the event log is damaged; it begins "
		    "anew, and every client must IDENTIFY.",
		    sizeof(out->why));
	return false;
}

struct gatelog *
gatelog_attach(int fd, size_t bytes, int64_t age_ms, struct gatelog_found *out,
    struct err *err)
{
	struct gatelog *g = base_alloc(sizeof(*g));
	int had;

	must(bytes >= GATELOG_BYTES_MIN && bytes <= GATELOG_BYTES_MAX);
	*out = (struct gatelog_found) {0};
	g->fd = fd;
	g->age_ms = age_ms;
	g->page = (size_t)sysconf(_SC_PAGESIZE);
	g->size = bytes / g->page * g->page;
	if ((had = fit(g, err)) == -1 || map(g, err) == -1) {
		free(g);
		return NULL;
	}
	out->fresh = had == 0 || !usable(g, out);
	if (out->fresh)
		begin(g);
	else
		go_on(g, out);
	g->punched = gatelog_tail(g) / g->page * g->page;
	return g;
}

void
gatelog_detach(struct gatelog *g)
{
	munmap(g->ring, 2 * g->size);
	munmap(g->top, g->page);
	free(g->mark);
	free(g);
}

/* SPDX-License-Identifier: MIT */
/*
 * DIR/00000007.seg ... hold records; DIR/done is a tiny mapped file with the
 * place up to which everything was released, in two checked copies like the
 * page cursor, so that releasing costs no system call and survives SIGKILL.
 */
#include "shard/spool.h"

#include "shared/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define RECORD_MAGIC 0x7370726cu /* "sprl" */
#define SCAN_CHUNK 65536

struct record {
	uint32_t magic;
	uint32_t head_crc;	/* of everything behind this field */
	uint32_t body_crc;
	uint32_t reserved;
	struct up_hdr hdr;
};
_Static_assert(sizeof(struct record) == 64, "record is a file format");

struct place {
	uint64_t seg, off;
};

struct done_copy {
	_Atomic uint64_t seg, off, check;
};

struct segment {
	struct list link;
	uint64_t number;
	uint64_t size;		/* bytes written */
	uint64_t events;	/* records not released yet */
	int64_t newest_ms;	/* recv_ms of its last record */
	bool ours;		/* created by this process: may be appended to,
				   as its end is known to be whole */
	int fd;
};

struct spool {
	char dir[PATH_MAX - 64];
	struct spool_limits limits;
	struct list segments;	/* oldest first; the last one is written */
	struct done_copy *done;	/* mapped; NULL until the directory exists */
	struct place read;	/* next record to take */
	struct place released;
	struct place *taken;	/* ends of taken records, a ring */
	size_t taken_at, taken_n, taken_cap;
	bool dirty;
	struct spool_stats stats;
};

static uint64_t
done_check(uint64_t seg, uint64_t off)
{
	return (seg * 0x9e3779b97f4a7c15u ^ off) + 0x1b873593u;
}

static struct place
done_load(const struct done_copy *d)
{
	struct place best = {0, 0};

	for (int i = 0; i < 2; i++) {
		struct place p = {atomic_load(&d[i].seg), atomic_load(&d[i].off)};
		if (atomic_load(&d[i].check) != done_check(p.seg, p.off))
			continue;
		if (p.seg > best.seg || (p.seg == best.seg && p.off > best.off))
			best = p;
	}
	return best;
}

static void
done_store(struct done_copy *d, struct place p)
{
	struct place newest = done_load(d);
	bool first_is_newest = atomic_load(&d[0].seg) == newest.seg &&
	    atomic_load(&d[0].off) == newest.off;
	struct done_copy *c = &d[first_is_newest ? 1 : 0];

	atomic_store_explicit(&c->check, ~(uint64_t)0, memory_order_release);
	atomic_store_explicit(&c->seg, p.seg, memory_order_release);
	atomic_store_explicit(&c->off, p.off, memory_order_release);
	atomic_store_explicit(&c->check, done_check(p.seg, p.off),
	    memory_order_release);
}

static void
segment_path(const struct spool *s, uint64_t number, char *out, size_t size)
{
	must(str_format(out, size, "%s/%08llu.seg", s->dir,
	    (unsigned long long)number));
}

static struct segment *
segment_first(const struct spool *s)
{
	return list_empty(&s->segments) ? NULL :
	    container_of(s->segments.next, struct segment, link);
}

static struct segment *
segment_last(const struct spool *s)
{
	return list_empty(&s->segments) ? NULL :
	    container_of(s->segments.prev, struct segment, link);
}

static struct segment *
segment_find(const struct spool *s, uint64_t number)
{
	list_each(&s->segments, l) {
		struct segment *g = container_of(l, struct segment, link);
		if (g->number >= number)
			return g;
	}
	return NULL;
}

static void
segment_forget(struct segment *g)
{
	list_remove(&g->link);
	close(g->fd);
	free(g);
}

static void
segment_delete(struct spool *s, struct segment *g)
{
	char path[PATH_MAX];

	segment_path(s, g->number, path, sizeof(path));
	unlink(path);
	s->stats.bytes -= g->size;
	s->stats.events -= g->events;
	segment_forget(g);
}

static uint32_t
head_crc(const struct record *r)
{
	return (uint32_t)crc32(0, (const unsigned char *)r + 8,
	    sizeof(*r) - 8);
}

static bool
head_valid(const struct record *r, uint64_t room)
{
	return r->magic == RECORD_MAGIC && r->head_crc == head_crc(r) &&
	    r->hdr.len <= room - sizeof(*r);
}

static bool
read_at(int fd, void *dst, size_t len, uint64_t off)
{
	char *p = dst;

	while (len > 0) {
		ssize_t n = pread(fd, p, len, (off_t)off);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return true;
}

/*
 * The first valid record header at or behind off: its offset, or the size of
 * the segment.  Only ever leaves off when something there is damaged.
 */
static uint64_t
find_record(const struct segment *g, uint64_t off, struct record *r)
{
	static const uint32_t magic = RECORD_MAGIC;
	unsigned char buf[SCAN_CHUNK];

	while (off + sizeof(*r) <= g->size) {
		if (read_at(g->fd, r, sizeof(*r), off) &&
		    head_valid(r, g->size - off))
			return off;
		/* Look for the next magic; chunks overlap by three bytes. */
		off++;
		size_t want = g->size - off < sizeof(buf) ?
		    (size_t)(g->size - off) : sizeof(buf);
		if (want < sizeof(*r) || !read_at(g->fd, buf, want, off))
			break;
		unsigned char *m = memmem(buf, want, &magic, sizeof(magic));
		off += m != NULL ? (uint64_t)(m - buf) : want - 3;
	}
	return g->size;
}

/* ---- opening ---------------------------------------------------------- */

static bool
body_valid(const struct segment *g, uint64_t off, const struct record *r)
{
	unsigned char buf[SCAN_CHUNK];
	uint32_t crc = 0;

	for (uint64_t at = 0; at < r->hdr.len; at += sizeof(buf)) {
		size_t n = r->hdr.len - at < sizeof(buf) ?
		    (size_t)(r->hdr.len - at) : sizeof(buf);
		if (!read_at(g->fd, buf, n, off + sizeof(*r) + at))
			return false;
		crc = (uint32_t)crc32(crc, buf, (uInt)n);
	}
	return crc == r->body_crc;
}

/* What a segment holds behind `from`: valid records, and what was damaged. */
struct tally {
	uint64_t events, damaged, damaged_bytes;
	int64_t newest_ms;
};

static struct tally
segment_tally(const struct segment *g, uint64_t from)
{
	struct tally t = {.newest_ms = g->newest_ms};
	struct record r;

	for (uint64_t off = from; off < g->size;) {
		uint64_t at = find_record(g, off, &r);
		if (at > off) {
			t.damaged++;
			t.damaged_bytes += at - off;
		}
		if (at == g->size)
			break;
		off = at + sizeof(r) + r.hdr.len;
		if (body_valid(g, at, &r)) {
			t.events++;
			t.newest_ms = (int64_t)r.hdr.recv_ms;
		} else {
			t.damaged++;
			t.damaged_bytes += off - at;
		}
	}
	return t;
}

static void
segment_scan(struct spool *s, struct segment *g, uint64_t from)
{
	struct tally t = segment_tally(g, from);

	g->events = t.events;
	g->newest_ms = t.newest_ms;
	s->stats.events += t.events;
	s->stats.damaged += t.damaged;
	s->stats.damaged_bytes += t.damaged_bytes;
}

static int
segment_open(struct spool *s, uint64_t number, int flags, struct segment **out)
{
	char path[PATH_MAX];
	struct stat st;
	struct segment *g;

	segment_path(s, number, path, sizeof(path));
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
	if (fd < 0 || fstat(fd, &st) != 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	g = base_alloc(sizeof(*g));
	g->fd = fd;
	g->number = number;
	g->size = (uint64_t)st.st_size;
	list_append(&s->segments, &g->link);
	s->stats.bytes += g->size;
	*out = g;
	return 0;
}

static int
compare_numbers(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Numbers of the segment files present, ascending; owner frees. */
static uint64_t *
list_numbers(DIR *d, size_t *count)
{
	uint64_t *found = NULL, number;
	char name[16];

	*count = 0;
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		if (strlen(e->d_name) != 12 ||
		    strcmp(e->d_name + 8, ".seg") != 0)
			continue;
		str_copy(name, e->d_name, 9);
		if (!str_to_u64(name, &number))
			continue;
		found = base_realloc(found, (*count + 1) * sizeof(*found));
		found[(*count)++] = number;
	}
	if (*count > 0)
		qsort(found, *count, sizeof(*found), compare_numbers);
	return found;
}

static int
map_done(struct spool *s, struct err *e)
{
	char path[PATH_MAX];
	size_t size = 2 * sizeof(struct done_copy);

	must(str_format(path, sizeof(path), "%s/done", s->dir));
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_sys(e, EXIT_DEGRADED, "cannot open %s", path);
	/* Room on disk now, so that a store into the mapping cannot fail. */
	int rc = posix_fallocate(fd, 0, (off_t)size);
	void *m = rc == 0 ? mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0) : MAP_FAILED;
	if (rc != 0)
		errno = rc;
	if (m == MAP_FAILED)
		err_sys(e, EXIT_DEGRADED, "cannot prepare %s", path);
	close(fd);
	if (m == MAP_FAILED)
		return -1;
	s->done = m;
	s->released = s->read = done_load(s->done);
	return 0;
}

static int
load(struct spool *s, struct err *e)
{
	DIR *d = opendir(s->dir);
	size_t count;

	if (d == NULL && errno == ENOENT)
		return 0;
	if (d == NULL)
		return err_sys(e, EXIT_DEGRADED, "cannot read the spool %s",
		    s->dir);
	uint64_t *numbers = list_numbers(d, &count);
	closedir(d);
	if (map_done(s, e) != 0)
		goto err1;
	for (size_t i = 0; i < count; i++) {
		struct segment *g;

		if (segment_open(s, numbers[i], 0, &g) != 0) {
			err_sys(e, EXIT_DEGRADED, "cannot open segment %llu "
			    "of the spool %s", (unsigned long long)numbers[i],
			    s->dir);
			goto err1;
		}
		if (g->number < s->released.seg)
			segment_delete(s, g);
		else
			segment_scan(s, g, g->number == s->released.seg ?
			    s->released.off : 0);
	}
	free(numbers);
	return 0;
err1:
	free(numbers);
	return -1;
}

/* Events too old to be worth delivering: whole segments, from the front. */
static void
expire(struct spool *s)
{
	struct segment *g;
	int64_t now = clock_wall_ms();

	while (s->limits.age_ms != 0 && s->taken_n == 0 &&
	    (g = segment_first(s)) != NULL &&
	    g->events > 0 && g->newest_ms + (int64_t)s->limits.age_ms < now) {
		s->stats.expired += g->events;
		s->released = s->read = (struct place){g->number + 1, 0};
		done_store(s->done, s->released);
		segment_delete(s, g);
	}
}

struct spool *
spool_open(const char *dir, const struct spool_limits *limits, struct err *e)
{
	struct spool *s = base_alloc(sizeof(*s));

	list_init(&s->segments);
	s->limits = *limits;
	if (str_copy(s->dir, dir, sizeof(s->dir)) >= sizeof(s->dir)) {
		err_set(e, EXIT_CONFIG, "%s: path too long", dir);
		goto err1;
	}
	if (load(s, e) != 0)
		goto err1;
	expire(s);
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
		segment_forget(segment_first(s));
	if (s->done != NULL)
		munmap(s->done, 2 * sizeof(*s->done));
	free(s->taken);
	free(s);
}

/* ---- writing ---------------------------------------------------------- */

static int
prepare_dir(struct spool *s, struct err *e)
{
	if (s->done != NULL)
		return 0;
	if (mkdir(s->dir, 0700) != 0 && errno != EEXIST)
		return err_sys(e, EXIT_DEGRADED, "cannot create %s", s->dir);
	return map_done(s, e);
}

/* The segment to append to, a new one when the last is full. */
static struct segment *
writable_segment(struct spool *s, struct err *e)
{
	struct segment *g = segment_last(s);

	if (g != NULL && g->ours && g->size < s->limits.segment_bytes)
		return g;
	if (g != NULL && spool_sync(s, e) != 0)
		return NULL;
	expire(s);
	g = segment_last(s);
	uint64_t number = g != NULL ? g->number + 1 : s->released.seg + 1;
	if (segment_open(s, number, O_CREAT | O_EXCL, &g) != 0) {
		err_sys(e, EXIT_DEGRADED, "cannot create a segment in %s",
		    s->dir);
		return NULL;
	}
	g->ours = true;
	return g;
}

static bool
write_at(int fd, const void *data, size_t len, uint64_t off)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = pwrite(fd, p, len, (off_t)off);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return true;
}

int
spool_append(struct spool *s, const struct up_hdr *hdr, const void *raw,
    struct err *e)
{
	struct record r = {.magic = RECORD_MAGIC, .hdr = *hdr};
	size_t total = sizeof(r) + hdr->len;
	struct segment *g;

	if (s->stats.bytes + total > s->limits.bytes) {
		s->stats.refused++;
		return err_set(e, EXIT_DEGRADED, "the spool %s is full (%llu "
		    "bytes)", s->dir, (unsigned long long)s->limits.bytes);
	}
	if (prepare_dir(s, e) != 0 || (g = writable_segment(s, e)) == NULL)
		goto refused;
	r.body_crc = (uint32_t)crc32(0, raw, hdr->len);
	r.head_crc = head_crc(&r);
	/* Body first: a header never stands before bytes that are not there. */
	if (!write_at(g->fd, raw, hdr->len, g->size + sizeof(r)) ||
	    !write_at(g->fd, &r, sizeof(r), g->size)) {
		err_sys(e, EXIT_DEGRADED, "cannot write to the spool %s",
		    s->dir);
		if (ftruncate(g->fd, (off_t)g->size) != 0)
			err_prefix(e, "and cannot take it back");
		goto refused;
	}
	g->size += total;
	g->events++;
	g->newest_ms = (int64_t)hdr->recv_ms;
	s->stats.bytes += total;
	s->stats.events++;
	s->stats.appended++;
	s->dirty = true;
	return 0;
refused:
	s->stats.refused++;
	return -1;
}

int
spool_sync(struct spool *s, struct err *e)
{
	struct segment *g = segment_last(s);

	if (!s->dirty || g == NULL)
		return 0;
	if (fdatasync(g->fd) != 0)
		return err_sys(e, EXIT_DEGRADED, "cannot sync the spool %s",
		    s->dir);
	s->dirty = false;
	return 0;
}

/* ---- reading ---------------------------------------------------------- */

/* Moves s->read to the next valid record header, counting what is skipped. */
static struct segment *
seek(struct spool *s, struct record *r)
{
	for (;;) {
		struct segment *g = segment_find(s, s->read.seg);
		if (g == NULL)
			return NULL;
		if (g->number > s->read.seg)
			s->read = (struct place){g->number, 0};
		uint64_t at = find_record(g, s->read.off, r);
		s->read.off = at;
		if (at < g->size)
			return g;
		if (g == segment_last(s))
			return NULL;
		s->read = (struct place){g->number + 1, 0};
	}
}

int
spool_peek(struct spool *s, struct up_hdr *hdr)
{
	struct record r;

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
}

/*
 * A record failed its check.  It was known (and not counted) when the spool was
 * opened, or it went bad since: then the counts must follow.
 */
static void
recount(struct spool *s, struct segment *g)
{
	uint64_t now = segment_tally(g, s->read.off).events;

	for (size_t i = 0; i < s->taken_n; i++)
		now += s->taken[(s->taken_at + i) % s->taken_cap].seg ==
		    g->number;
	if (now >= g->events)
		return;
	s->stats.damaged += g->events - now;
	s->stats.events -= g->events - now;
	g->events = now;
}

int
spool_take(struct spool *s, void *dst)
{
	struct record r;
	struct segment *g = seek(s, &r);

	must(g != NULL);
	bool ok = read_at(g->fd, dst, r.hdr.len, s->read.off + sizeof(r)) &&
	    (uint32_t)crc32(0, dst, r.hdr.len) == r.body_crc;
	s->read.off += sizeof(r) + r.hdr.len;
	if (!ok) {
		recount(s, g);
		return -1;
	}
	taken_push(s, s->read);
	return 0;
}

/* Frees the segments wholly released. */
static void
reclaim(struct spool *s)
{
	struct segment *g;

	while ((g = segment_first(s)) != NULL) {
		bool behind = g->number < s->released.seg;
		bool spent = g->number == s->released.seg && g->events == 0 &&
		    (g != segment_last(s) ||
		    g->size >= s->limits.segment_bytes || spool_empty(s));
		if (!behind && !spent)
			return;
		if (spent) {
			s->released = (struct place){g->number + 1, 0};
			if (s->read.seg == g->number)
				s->read = s->released;
			done_store(s->done, s->released);
		}
		segment_delete(s, g);
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
		struct segment *g = segment_find(s, end.seg);

		s->taken_at = (s->taken_at + 1) % s->taken_cap;
		s->taken_n--;
		s->released = end;
		must(g != NULL && g->number == end.seg && g->events > 0);
		g->events--;
		s->stats.events--;
	}
	done_store(s->done, s->released);
	reclaim(s);
}

void
spool_rewind(struct spool *s)
{
	s->taken_n = 0;
	s->read = s->released;
}

bool
spool_empty(const struct spool *s)
{
	const struct segment *g = segment_last(s);

	return g == NULL || s->stats.events == s->taken_n ||
	    s->read.seg > g->number ||
	    (s->read.seg == g->number && s->read.off >= g->size);
}

void
spool_stats(const struct spool *s, struct spool_stats *out)
{
	*out = s->stats;
}

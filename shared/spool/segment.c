/* SPDX-License-Identifier: MIT */
#include "shared/spool/segment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define RECORD_MAGIC 0x7370726cu /* "sprl" */
#define SCAN_CHUNK 65536

static void
segment_path(const char *dir, uint64_t number, char *out, size_t size)
{
	must(str_format(out, size, "%s/%08llu.seg", dir,
	    (unsigned long long)number));
}

static int
compare_numbers(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* "00000007.seg" to 7; false for any other name. */
static bool
parse_name(const char *file, uint64_t *number)
{
	char digits[9];

	if (strlen(file) != 12 || strcmp(file + 8, ".seg") != 0)
		return false;
	str_copy(digits, file, sizeof(digits));
	return str_to_u64(digits, number);
}

int
segment_list(const char *dir, uint64_t **numbers, size_t *count)
{
	DIR *d = opendir(dir);
	uint64_t number;

	*numbers = NULL;
	*count = 0;
	if (d == NULL)
		return -1;
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		if (!parse_name(e->d_name, &number))
			continue;
		*numbers = base_realloc(*numbers,
		    (*count + 1) * sizeof(**numbers));
		(*numbers)[(*count)++] = number;
	}
	closedir(d);
	if (*count > 0)
		qsort(*numbers, *count, sizeof(**numbers), compare_numbers);
	return 0;
}

struct segment *
segment_open(const char *dir, uint64_t number, int flags)
{
	char path[PATH_MAX];
	struct segment *g;
	struct stat st;

	segment_path(dir, number, path, sizeof(path));
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) != 0) {
		close(fd);
		return NULL;
	}
	g = base_alloc(sizeof(*g));
	g->fd = fd;
	g->number = number;
	g->size = (uint64_t)st.st_size;
	g->ours = (flags & O_EXCL) != 0;
	list_init(&g->link);
	return g;
}

void
segment_close(struct segment *g)
{
	list_remove(&g->link);
	close(g->fd);
	free(g);
}

void
segment_delete(struct segment *g, const char *dir)
{
	char path[PATH_MAX];

	segment_path(dir, g->number, path, sizeof(path));
	unlink(path);
	segment_close(g);
}

static uint32_t
head_crc(const struct segment_record *r)
{
	return (uint32_t)crc32(0, (const unsigned char *)r + 8, sizeof(*r) - 8);
}

static bool
head_valid(const struct segment_record *r, uint64_t room)
{
	must(room >= sizeof(*r));
	return r->magic == RECORD_MAGIC && r->head_crc == head_crc(r)
	    && r->hdr.len <= room - sizeof(*r);
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

uint64_t
segment_find(const struct segment *g, uint64_t off, struct segment_record *r)
{
	static const uint32_t magic = RECORD_MAGIC;
	unsigned char buf[SCAN_CHUNK];

	while (off + sizeof(*r) <= g->size) {
		if (read_at(g->fd, r, sizeof(*r), off)
		    && head_valid(r, g->size - off))
			return off;
		/* Look for the next magic; chunks overlap by three bytes. */
		off++;
		size_t want = g->size - off < sizeof(buf)
		    ? (size_t)(g->size - off)
		    : sizeof(buf);
		if (want < sizeof(*r) || !read_at(g->fd, buf, want, off))
			break;
		unsigned char *m = memmem(buf, want, &magic, sizeof(magic));
		off += m != NULL ? (uint64_t)(m - buf) : want - 3;
	}
	return g->size;
}

bool
segment_body(const struct segment *g, uint64_t off,
    const struct segment_record *r, void *dst)
{
	must(off + segment_record_size(&r->hdr) <= g->size);
	return read_at(g->fd, dst, r->hdr.len, off + sizeof(*r))
	    && (uint32_t)crc32(0, dst, r->hdr.len) == r->body_crc;
}

/* The same check for a body nobody wants yet, in pieces. */
static bool
body_valid(const struct segment *g, uint64_t off,
    const struct segment_record *r)
{
	unsigned char buf[SCAN_CHUNK];
	uint32_t crc = 0;

	for (uint64_t at = 0; at < r->hdr.len; at += sizeof(buf)) {
		size_t n = r->hdr.len - at < sizeof(buf)
		    ? (size_t)(r->hdr.len - at)
		    : sizeof(buf);
		if (!read_at(g->fd, buf, n, off + sizeof(*r) + at))
			return false;
		crc = (uint32_t)crc32(crc, buf, (uInt)n);
	}
	return crc == r->body_crc;
}

struct segment_tally
segment_tally(const struct segment *g, uint64_t from)
{
	struct segment_tally t = {.newest_ms = g->newest_ms};
	struct segment_record r;

	for (uint64_t off = from; off < g->size;) {
		uint64_t at = segment_find(g, off, &r);
		if (at > off) {
			t.damaged++;
			t.damaged_bytes += at - off;
		}
		if (at == g->size)
			break;
		off = at + segment_record_size(&r.hdr);
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

uint64_t
segment_next(const struct segment *g, uint64_t off, struct segment_record *r)
{
	while (off < g->size && (off = segment_find(g, off, r)) < g->size
	    && !body_valid(g, off, r))
		off += segment_record_size(&r->hdr);
	return off;
}

int
segment_cut(struct segment *g, uint64_t off)
{
	must(off <= g->size);
	if (ftruncate(g->fd, (off_t)off) == -1)
		return -1;
	g->size = off;
	return 0;
}

/* Leaves out the first n bytes. */
static void
advance(struct iovec **iov, int *count, size_t n)
{
	while (*count > 0 && n >= (*iov)->iov_len) {
		n -= (*iov)->iov_len;
		++*iov;
		--*count;
	}
	if (*count > 0) {
		(*iov)->iov_base = (char *)(*iov)->iov_base + n;
		(*iov)->iov_len -= n;
	}
}

static bool
write_at(int fd, struct iovec *iov, int count, uint64_t off)
{
	advance(&iov, &count, 0);
	while (count > 0) {
		ssize_t n = pwritev(fd, iov, count, (off_t)off);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		off += (uint64_t)n;
		advance(&iov, &count, (size_t)n);
	}
	return true;
}

int
segment_append(struct segment *g, const struct up_hdr *hdr,
    const struct iovec *parts, int n)
{
	struct segment_record r = {.magic = RECORD_MAGIC, .hdr = *hdr};
	struct iovec iov[1 + SEGMENT_PARTS];
	size_t len = 0;

	/* What stands behind a torn end is not found before a whole scan. */
	must(g->ours && n <= SEGMENT_PARTS);
	iov[0] = (struct iovec) {&r, sizeof(r)};
	for (int i = 0; i < n; i++) {
		iov[1 + i] = parts[i];
		len += parts[i].iov_len;
		r.body_crc = (uint32_t)crc32(r.body_crc, parts[i].iov_base,
		    (unsigned)parts[i].iov_len);
	}
	must(len == hdr->len);
	r.head_crc = head_crc(&r);
	if (!write_at(g->fd, iov, 1 + n, g->size)) {
		int saved = errno;
		/* A file that can't shrink either ends in a damaged place. */
		if (ftruncate(g->fd, (off_t)g->size) != 0)
			g->ours = false;
		errno = saved;
		return -1;
	}
	g->size += segment_record_size(hdr);
	g->events++;
	g->newest_ms = (int64_t)hdr->recv_ms;
	g->dirty = true;
	return 0;
}

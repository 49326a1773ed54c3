/* SPDX-License-Identifier: MIT */
/* Pages of LMDB's data file; see dbcheck.h. */
#include "shared/store/dbcheck.h"

#include <string.h>
#include <unistd.h>

#define DEPTH_MAX 32	   /* LMDB's own bound */
#define NO_PAGE UINT64_MAX /* the root of what is empty */
#define MAGIC 0xbeefc0deu

#define P_BRANCH 1u
#define P_LEAF 2u
#define P_OVERFLOW 4u
#define P_KIND 15u
#define F_BIGDATA 1u

struct page_top {
	uint64_t pgno;
	uint16_t pad, flags;
	uint16_t lower, upper; /* of an overflow page: its pages, 32 bits */
};
_Static_assert(sizeof(struct page_top) == 16, "on disk");

struct node {
	uint16_t lo, hi, flags, ksize;
};
_Static_assert(sizeof(struct node) == 8, "on disk");

struct db {
	uint32_t pad;
	uint16_t flags, depth;
	uint64_t branch, leaf, overflow, entries, root;
};

struct meta {
	uint32_t magic, version;
	uint64_t address, map_size;
	struct db db[2];
	uint64_t last_pgno, txnid;
};
_Static_assert(sizeof(struct meta) == 136, "on disk");

struct check {
	int fd;
	size_t size; /* of a page */
	uint64_t last;
	uint64_t left; /* pages that may still be visited: no circle */
};

static bool
page_read_at(const struct check *c, uint64_t pgno, void *page)
{
	struct page_top top;

	if (pgno < 2 || pgno > c->last
	    || pread(c->fd, page, c->size, (off_t)(pgno * c->size))
		!= (ssize_t)c->size)
		return false;
	memcpy(&top, page, sizeof(top));
	return top.pgno == pgno;
}

/* A value of its own pages: size bytes behind one header. */
static bool
overflow_ok(struct check *c, uint64_t pgno, uint64_t size)
{
	unsigned char page[sizeof(struct page_top)];
	struct page_top top;
	uint32_t pages;

	if (pgno < 2 || pgno > c->last
	    || pread(c->fd, page, sizeof(page), (off_t)(pgno * c->size))
		!= (ssize_t)sizeof(page))
		return false;
	memcpy(&top, page, sizeof(top));
	memcpy(&pages, &top.lower, sizeof(pages));
	return top.pgno == pgno && (top.flags & P_KIND) == P_OVERFLOW
	    && pages > 0 && pages <= c->last + 1 - pgno
	    && size + sizeof(top) <= (uint64_t)pages * c->size;
}

static bool
leaf_ok(struct check *c, const unsigned char *page, size_t at)
{
	struct node n;
	uint64_t size, pgno;

	memcpy(&n, page + at, sizeof(n));
	size = n.lo | (uint64_t)n.hi << 16;
	at += sizeof(n) + n.ksize;
	if ((n.flags & ~F_BIGDATA) != 0)
		return false; /* this file has no duplicates */
	if ((n.flags & F_BIGDATA) == 0)
		return at <= c->size && size <= c->size - at;
	if (at + sizeof(pgno) > c->size)
		return false;
	memcpy(&pgno, page + at, sizeof(pgno));
	return overflow_ok(c, pgno, size);
}

static bool tree_ok(struct check *c, uint64_t pgno, int depth);

static bool
branch_ok(struct check *c, const unsigned char *page, size_t at, int depth)
{
	struct node n;

	memcpy(&n, page + at, sizeof(n));
	return at + sizeof(n) + n.ksize <= c->size
	    && tree_ok(c, n.lo | (uint64_t)n.hi << 16 | (uint64_t)n.flags << 32,
		depth + 1);
}

static bool
nodes_ok(struct check *c, const unsigned char *page, int depth)
{
	struct page_top top;
	uint16_t at;

	memcpy(&top, page, sizeof(top));
	if (((top.flags & P_KIND) != P_BRANCH && (top.flags & P_KIND) != P_LEAF)
	    || top.lower <= sizeof(top) || top.lower % 2 != 0
	    || top.lower > top.upper || top.upper > c->size)
		return false;
	for (size_t i = sizeof(top); i < top.lower; i += sizeof(at)) {
		memcpy(&at, page + i, sizeof(at));
		if (at < top.upper || at + sizeof(struct node) > c->size)
			return false;
		if (!((top.flags & P_KIND) == P_LEAF
			    ? leaf_ok(c, page, at)
			    : branch_ok(c, page, at, depth)))
			return false;
	}
	return true;
}

static bool
tree_ok(struct check *c, uint64_t pgno, int depth)
{
	unsigned char *page;
	bool ok;

	if (depth > DEPTH_MAX || c->left-- == 0)
		return false;
	page = base_alloc(c->size);
	ok = page_read_at(c, pgno, page) && nodes_ok(c, page, depth);
	free(page);
	return ok;
}

static bool
newest_meta(int fd, size_t page_size, struct meta *out)
{
	struct meta m;

	for (int i = 0; i < 2; i++) {
		if (pread(fd, &m, sizeof(m),
			(off_t)((size_t)i * page_size
			    + sizeof(struct page_top)))
			!= (ssize_t)sizeof(m)
		    || m.magic != MAGIC)
			return false;
		if (i == 0 || m.txnid > out->txnid)
			*out = m;
	}
	return true;
}

bool
dbcheck_file(int fd, size_t page_size)
{
	struct check c = {.fd = fd, .size = page_size};
	struct meta m;

	if (!newest_meta(fd, page_size, &m))
		return false;
	c.last = m.last_pgno;
	c.left = m.last_pgno + 1;
	for (int i = 0; i < 2; i++)
		if (m.db[i].root != NO_PAGE && !tree_ok(&c, m.db[i].root, 1))
			return false;
	return true;
}

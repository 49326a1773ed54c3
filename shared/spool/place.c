/* SPDX-License-Identifier: MIT */
#include "shared/spool/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

struct copy {
	_Atomic uint64_t seg, off, check;
};

struct place_file {
	struct copy copy[2];
};
_Static_assert(sizeof(struct place_file) == 48, "place_file is a file format");

static uint64_t
check_of(struct place p)
{
	return (p.seg * 0x9e3779b97f4a7c15u ^ p.off) + 0x1b873593u;
}

struct place
place_load(const struct place_file *f)
{
	struct place best = {0, 0};

	for (int i = 0; i < 2; i++) {
		const struct copy *c = &f->copy[i];
		struct place p = {atomic_load(&c->seg), atomic_load(&c->off)};

		if (atomic_load(&c->check) != check_of(p))
			continue;
		if (p.seg > best.seg || (p.seg == best.seg && p.off > best.off))
			best = p;
	}
	return best;
}

void
place_store(struct place_file *f, struct place p)
{
	struct place newest = place_load(f);
	bool first_is_newest = atomic_load(&f->copy[0].seg) == newest.seg
	    && atomic_load(&f->copy[0].off) == newest.off;
	struct copy *c = &f->copy[first_is_newest ? 1 : 0];

	atomic_store_explicit(&c->check, ~(uint64_t)0, memory_order_release);
	atomic_store_explicit(&c->seg, p.seg, memory_order_release);
	atomic_store_explicit(&c->off, p.off, memory_order_release);
	atomic_store_explicit(&c->check, check_of(p), memory_order_release);
}

struct place_file *
place_open(const char *path, struct err *e)
{
	const size_t size = sizeof(struct place_file);
	void *m = MAP_FAILED;
	int fd, rc;

	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		err_sys(e, EXIT_DEGRADED, "cannot open %s", path);
		return NULL;
	}
	/* Room on disk now, so that a store into the mapping cannot fail. */
	rc = posix_fallocate(fd, 0, (off_t)size);
	if (rc == 0)
		m = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	else
		errno = rc;
	if (m == MAP_FAILED)
		err_sys(e, EXIT_DEGRADED, "cannot prepare %s", path);
	close(fd);
	return m == MAP_FAILED ? NULL : m;
}

void
place_close(struct place_file *f)
{
	if (f != NULL)
		munmap(f, sizeof(*f));
}

/* SPDX-License-Identifier: MIT */
/*
 * Linked into a shardherd of its own: writes down whatever any process of a
 * fleet does to what lies in its state_dir, with the data, in one order for all
 * of them, and notes of what they promised by it.  tests/chaos/powerloss reads
 * it and builds what a power loss may have left.
 *
 * The program's own functions stand before libc's for every library it loads,
 * liblmdb too; the promises are heard by promises.c.  $HERD_RECORD names
 * a directory with the files `root` (state_dir) and `log`; without it nothing
 * is recorded.  A write happens and is written down under one lock, so the order
 * is the true one; a sync is written down when it begins and when it has ended,
 * as other processes write meanwhile.
 */
#include "tests/chaos/power/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define OBJECTS 16384
#define SHADOW ((size_t)4 << 20) /* of the stats page */
#define MAPS 64
#define BLOCK 512
#define LOOK_MS 20

struct record {
	uint32_t kind, len, pid, flags;
	uint64_t object, at;
};

struct object {
	uint64_t dev, ino, number;
};

struct log {
	_Atomic uint64_t end;	/* of the records */
	_Atomic int32_t holder; /* tid, 0: nobody */
	uint64_t size, looked_ms;
	uint64_t objects;
	struct object object[OBJECTS];
	unsigned char shadow[SHADOW];
};

struct mapping {
	unsigned char *at;
	size_t len;
	uint64_t object;
	bool looked_at; /* the stats page */
};

static struct log *rec;
static char root[PATH_MAX];
static struct mapping map[MAPS];

/* ---- the log -------------------------------------------------------- */

bool
recorder_lock(void)
{
	int32_t self = (int32_t)syscall(SYS_gettid), nobody = 0;

	if (atomic_load(&rec->holder) == self)
		return false; /* in a signal handler of the holder's */
	while (!atomic_compare_exchange_weak(&rec->holder, &nobody, self)) {
		if (nobody != 0 && syscall(SYS_tkill, nobody, 0) == -1
		    && errno == ESRCH)
			atomic_compare_exchange_strong(&rec->holder, &nobody,
			    0);
		nobody = 0;
		sched_yield();
	}
	return true;
}

void
recorder_unlock(bool locked)
{
	if (locked)
		atomic_store(&rec->holder, 0);
}

uint64_t
recorder_put(enum kind kind, uint64_t object, uint64_t at, uint32_t flags,
    const void *data, size_t len)
{
	struct record r = {.kind = kind,
	    .len = (uint32_t)len,
	    .pid = (uint32_t)getpid(),
	    .flags = flags,
	    .object = object,
	    .at = at};
	uint64_t end = atomic_load(&rec->end);

	/* Full, which is seen by its size, and fails the run. */
	if (end + sizeof(r) + len + 8 > rec->size)
		return end;
	memcpy((char *)rec + end, &r, sizeof(r));
	if (len > 0)
		memcpy((char *)rec + end + sizeof(r), data, len);
	atomic_store(&rec->end, (end + sizeof(r) + len + 7) & ~(uint64_t)7);
	return end;
}

void
recorder_note(const char *format, ...)
{
	int saved = errno;
	char text[1024];
	va_list ap;
	bool locked;
	int n;

	if (rec == NULL)
		return;
	va_start(ap, format);
	n = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	locked = recorder_lock();
	recorder_put(NOTE, 0, 0, 0, text, (size_t)n);
	recorder_unlock(locked);
	errno = saved;
}

static void __attribute__((constructor)) begin(void)
{
	const char *dir = getenv("HERD_RECORD");
	char path[PATH_MAX];
	struct stat st;
	ssize_t n;
	void *m;
	int fd;

	if (dir == NULL)
		return;
	snprintf(path, sizeof(path), "%s/root", dir);
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	if (fd == -1)
		return;
	n = read(fd, root, sizeof(root) - 1);
	close(fd);
	root[n > 0 ? n : 0] = '\0';
	snprintf(path, sizeof(path), "%s/log", dir);
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
	if (fd == -1 || n <= 0 || fstat(fd, &st) == -1
	    || (size_t)st.st_size <= sizeof(struct log))
		return;
	m = (void *)syscall(SYS_mmap, NULL, (size_t)st.st_size,
	    PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)0);
	close(fd);
	if (m == MAP_FAILED)
		return;
	rec = m;
	if (rec->size == 0) {
		rec->end = sizeof(struct log);
		rec->size = (uint64_t)st.st_size;
	}
}

/* ---- what is ours --------------------------------------------------- */

/* The part of a path below state_dir, "" for itself; NULL: elsewhere. */
const char *
recorder_below(int dir, const char *path, char out[PATH_MAX])
{
	size_t n = strlen(root), len = 0;
	char link[64];
	ssize_t got;

	if (rec == NULL)
		return NULL;
	if (path[0] != '/') {
		snprintf(link, sizeof(link),
		    dir == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d",
		    dir);
		got = readlink(link, out, PATH_MAX - 2);
		if (got <= 0)
			return NULL;
		len = (size_t)got;
		out[len++] = '/';
	}
	if (len + strlen(path) >= PATH_MAX)
		return NULL;
	strcpy(out + len, path);
	if (strncmp(out, root, n) != 0 || (out[n] != '/' && out[n] != '\0'))
		return NULL;
	return out + n + (out[n] == '/');
}

static struct object *
find(const struct stat *st)
{
	for (uint64_t i = rec->objects; i-- > 0;)
		if (rec->object[i].ino == st->st_ino
		    && rec->object[i].dev == st->st_dev)
			return &rec->object[i];
	return NULL;
}

/* A number never used before, for what was just made. */
uint64_t
recorder_fresh(const struct stat *st)
{
	struct object *o = &rec->object[rec->objects];

	if (rec->objects == OBJECTS)
		return 0;
	*o = (struct object) {st->st_dev, st->st_ino, ++rec->objects};
	return o->number;
}

/* The object behind a descriptor, 0: not ours. */
static uint64_t
object_of(int fd)
{
	struct stat st;
	struct object *o;

	if (rec == NULL || fstat(fd, &st) == -1
	    || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
		return 0;
	o = find(&st);
	return o == NULL ? 0 : o->number;
}

/* Locks and the like hold nothing that has to survive. */
bool
recorder_skips(const char *path)
{
	const char *name = strrchr(path, '/');

	name = name == NULL ? path : name + 1;
	return strcmp(name, "lock.mdb") == 0 || strcmp(name, "write.lock") == 0
	    || strcmp(name, "lock") == 0;
}

/* ---- mappings ------------------------------------------------------- */

static uint64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* What changed on the stats page since somebody looked. */
static void
look(void)
{
	struct mapping *m = map;

	while (m < map + MAPS && !m->looked_at)
		m++;
	if (m == map + MAPS || m->len > SHADOW
	    || now_ms() - rec->looked_ms < LOOK_MS)
		return;
	rec->looked_ms = now_ms();
	for (size_t i = 0; i + BLOCK <= m->len; i += BLOCK) {
		if (memcmp(m->at + i, rec->shadow + i, BLOCK) == 0)
			continue;
		memcpy(rec->shadow + i, m->at + i, BLOCK);
		recorder_put(STORE, m->object, i, 0, rec->shadow + i, BLOCK);
	}
}

void
recorder_stored(const void *at, size_t len)
{
	const unsigned char *p = at;
	bool locked;

	for (size_t i = 0; rec != NULL && i < MAPS; i++) {
		if (map[i].at == NULL || p < map[i].at
		    || p + len > map[i].at + map[i].len)
			continue;
		locked = recorder_lock();
		recorder_put(STORE, map[i].object, (uint64_t)(p - map[i].at), 0,
		    p, len);
		recorder_unlock(locked);
		return;
	}
}

void *
mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
	void *m = (void *)syscall(SYS_mmap, addr, len, prot, flags, fd, off);
	char link[64], path[PATH_MAX] = "";
	uint64_t object;

	if (rec == NULL || m == MAP_FAILED || fd == -1 || off != 0
	    || (flags & MAP_SHARED) == 0 || (prot & PROT_WRITE) == 0
	    || (object = object_of(fd)) == 0)
		return m;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	(void)!readlink(link, path, sizeof(path) - 1);
	for (size_t i = 0; i < MAPS; i++)
		if (map[i].at == NULL) {
			map[i] = (struct mapping) {m, len, object,
			    strstr(path, "/stats") != NULL};
			break;
		}
	return m;
}
void *mmap64(void *, size_t, int, int, int, off_t)
    __attribute__((alias("mmap")));

int
munmap(void *at, size_t len)
{
	for (size_t i = 0; i < MAPS; i++)
		if (map[i].at == at)
			map[i] = (struct mapping) {0};
	return (int)syscall(SYS_munmap, at, len);
}

/* ---- files ---------------------------------------------------------- */

static int
open_any(int dir, const char *path, int flags, mode_t mode)
{
	char full[PATH_MAX];
	const char *name;
	struct object *o;
	struct stat st;
	bool there, locked;
	int fd, saved;

	if (rec == NULL || (flags & (O_CREAT | O_TRUNC)) == 0
	    || (flags & O_TMPFILE) == O_TMPFILE
	    || (name = recorder_below(dir, path, full)) == NULL
	    || recorder_skips(name))
		return (int)syscall(SYS_openat, dir, path, flags, mode);
	locked = recorder_lock();
	there = fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
	fd = (int)syscall(SYS_openat, dir, path, flags, mode);
	saved = errno;
	if (fd != -1 && fstat(fd, &st) == 0) {
		o = find(&st);
		if (!there)
			recorder_put(CREATE, recorder_fresh(&st), 0, 0, name,
			    strlen(name));
		else if (o != NULL && (flags & O_TRUNC) != 0)
			recorder_put(TRUNCATE, o->number, 0, 0, NULL, 0);
	}
	look();
	recorder_unlock(locked);
	errno = saved;
	return fd;
}

static mode_t
mode_of(int flags, va_list ap)
{
	return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(ap, mode_t) : 0;
}

int
open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = mode_of(flags, ap);
	va_end(ap);
	return open_any(AT_FDCWD, path, flags, mode);
}
int open64(const char *, int, ...) __attribute__((alias("open")));

int
openat(int dir, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = mode_of(flags, ap);
	va_end(ap);
	return open_any(dir, path, flags, mode);
}
int openat64(int, const char *, int, ...) __attribute__((alias("openat")));

/* Of the bytes that really were written. */
static ssize_t
wrote(int fd, uint64_t object, ssize_t n, const struct iovec *iov, int count,
    off_t at)
{
	bool durable = (fcntl(fd, F_GETFL) & (O_DSYNC | O_SYNC)) != 0;
	size_t left = n > 0 ? (size_t)n : 0;

	for (int i = 0; i < count && left > 0; i++) {
		size_t part = iov[i].iov_len < left ? iov[i].iov_len : left;

		recorder_put(WRITE, object, (uint64_t)at, durable ? DURABLE : 0,
		    iov[i].iov_base, part);
		at += (off_t)part;
		left -= part;
	}
	return n;
}

static ssize_t
write_any(int fd, const struct iovec *iov, int count, off_t at, bool here)
{
	uint64_t object = object_of(fd);
	struct stat st;
	bool locked;
	ssize_t n;
	int saved;

	if (object == 0)
		return here ? syscall(SYS_writev, fd, iov, count)
			    : syscall(SYS_pwritev, fd, iov, count, at, 0);
	locked = recorder_lock();
	if (here) {
		at = lseek(fd, 0, SEEK_CUR);
		if ((fcntl(fd, F_GETFL) & O_APPEND) != 0 && fstat(fd, &st) == 0)
			at = st.st_size;
		n = syscall(SYS_writev, fd, iov, count);
	} else {
		n = syscall(SYS_pwritev, fd, iov, count, at, 0);
	}
	saved = errno;
	wrote(fd, object, n, iov, count, at);
	look();
	recorder_unlock(locked);
	errno = saved;
	return n;
}

ssize_t
write(int fd, const void *data, size_t len)
{
	struct iovec iov = {(void *)(uintptr_t)data, len};

	if (rec == NULL || object_of(fd) == 0)
		return syscall(SYS_write, fd, data, len);
	return write_any(fd, &iov, 1, 0, true);
}

ssize_t
writev(int fd, const struct iovec *iov, int count)
{
	return write_any(fd, iov, count, 0, true);
}

ssize_t
pwrite(int fd, const void *data, size_t len, off_t at)
{
	struct iovec iov = {(void *)(uintptr_t)data, len};

	return write_any(fd, &iov, 1, at, false);
}
ssize_t pwrite64(int, const void *, size_t, off_t)
    __attribute__((alias("pwrite")));

ssize_t
pwritev(int fd, const struct iovec *iov, int count, off_t at)
{
	return write_any(fd, iov, count, at, false);
}
ssize_t pwritev64(int, const struct iovec *, int, off_t)
    __attribute__((alias("pwritev")));

int
ftruncate(int fd, off_t size)
{
	uint64_t object = object_of(fd);
	bool locked;
	int rc;

	if (object == 0)
		return (int)syscall(SYS_ftruncate, fd, size);
	locked = recorder_lock();
	rc = (int)syscall(SYS_ftruncate, fd, size);
	if (rc == 0)
		recorder_put(TRUNCATE, object, (uint64_t)size, 0, NULL, 0);
	recorder_unlock(locked);
	return rc;
}
int ftruncate64(int, off_t) __attribute__((alias("ftruncate")));

int
posix_fallocate(int fd, off_t at, off_t len)
{
	uint64_t object = object_of(fd);
	int rc = syscall(SYS_fallocate, fd, 0, at, len) == 0 ? 0 : errno;
	bool locked;

	if (rc == EOPNOTSUPP)
		rc = syscall(SYS_ftruncate, fd, at + len) == 0 ? 0 : errno;
	if (rc == 0 && object != 0) {
		locked = recorder_lock();
		recorder_put(ALLOCATE, object, (uint64_t)(at + len), 0, NULL,
		    0);
		recorder_unlock(locked);
	}
	return rc;
}
int posix_fallocate64(int, off_t, off_t)
    __attribute__((alias("posix_fallocate")));

static int
sync_any(int fd, long number)
{
	uint64_t object = object_of(fd), begun;
	bool locked;
	int rc, saved;

	if (object == 0)
		return (int)syscall(number, fd);
	locked = recorder_lock();
	begun = recorder_put(SYNC_BEGIN, object, 0, 0, NULL, 0);
	recorder_unlock(locked);
	rc = (int)syscall(number, fd);
	saved = errno;
	locked = recorder_lock();
	if (rc == 0)
		recorder_put(SYNC_END, object, begun, 0, NULL, 0);
	look();
	recorder_unlock(locked);
	errno = saved;
	return rc;
}

int
fsync(int fd)
{
	return sync_any(fd, SYS_fsync);
}

int
fdatasync(int fd)
{
	return sync_any(fd, SYS_fdatasync);
}

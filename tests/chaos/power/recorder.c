/* SPDX-License-Identifier: MIT */
/*
 * Linked into a shardherd of its own: writes down whatever any process of a
 * fleet does to what lies in its state_dir, with the data, in one order for all
 * of them, and notes of what they promised by it.  tests/chaos/powerloss reads
 * it and builds what a power loss may have left.
 *
 * The program's own functions stand before libc's for every library it loads,
 * liblmdb too; the promises are heard by --wrap (Makefile).  $HERD_RECORD names
 * a directory with the files `root` (state_dir) and `log`; without it nothing
 * is recorded.  A write happens and is written down under one lock, so the order
 * is the true one; a sync is written down when it begins and when it has ended,
 * as other processes write meanwhile.
 */
#include "handler/delivery/lane.h"
#include "shard/events/outbox.h"
#include "shard/session/payload.h"
#include "shared/page/page.h"
#include "shared/spool/place.h"
#include "shared/state/stopped.h"
#include "shared/store/kv.h"
#include "shared/store/store.h"

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

/* As crashed.py reads them. */
enum kind {
	CREATE = 1,
	WRITE,
	TRUNCATE,
	ALLOCATE,
	SYNC_BEGIN,
	SYNC_END,
	RENAME,
	UNLINK,
	MKDIR,
	LINK,
	STORE, /* through a mapping */
	NOTE
};
#define DURABLE 1u /* O_DSYNC: on disk when it returned */

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

static bool
lock(void)
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

static void
unlock(bool locked)
{
	if (locked)
		atomic_store(&rec->holder, 0);
}

static uint64_t
put(enum kind kind, uint64_t object, uint64_t at, uint32_t flags,
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

static void __attribute__((format(printf, 1, 2))) note(const char *format, ...)
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
	locked = lock();
	put(NOTE, 0, 0, 0, text, (size_t)n);
	unlock(locked);
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
static const char *
below(int dir, const char *path, char out[PATH_MAX])
{
	size_t n = strlen(root), len = 0;
	char link[64];
	ssize_t got;

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
static uint64_t
fresh(const struct stat *st)
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
static bool
of_no_interest(const char *path)
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
		put(STORE, m->object, i, 0, rec->shadow + i, BLOCK);
	}
}

static void
stored(const void *at, size_t len)
{
	const unsigned char *p = at;
	bool locked;

	for (size_t i = 0; rec != NULL && i < MAPS; i++) {
		if (map[i].at == NULL || p < map[i].at
		    || p + len > map[i].at + map[i].len)
			continue;
		locked = lock();
		put(STORE, map[i].object, (uint64_t)(p - map[i].at), 0, p, len);
		unlock(locked);
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
	    || (name = below(dir, path, full)) == NULL || of_no_interest(name))
		return (int)syscall(SYS_openat, dir, path, flags, mode);
	locked = lock();
	there = fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
	fd = (int)syscall(SYS_openat, dir, path, flags, mode);
	saved = errno;
	if (fd != -1 && fstat(fd, &st) == 0) {
		o = find(&st);
		if (!there)
			put(CREATE, fresh(&st), 0, 0, name, strlen(name));
		else if (o != NULL && (flags & O_TRUNC) != 0)
			put(TRUNCATE, o->number, 0, 0, NULL, 0);
	}
	look();
	unlock(locked);
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

		put(WRITE, object, (uint64_t)at, durable ? DURABLE : 0,
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
	locked = lock();
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
	unlock(locked);
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
	locked = lock();
	rc = (int)syscall(SYS_ftruncate, fd, size);
	if (rc == 0)
		put(TRUNCATE, object, (uint64_t)size, 0, NULL, 0);
	unlock(locked);
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
		locked = lock();
		put(ALLOCATE, object, (uint64_t)(at + len), 0, NULL, 0);
		unlock(locked);
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
	locked = lock();
	begun = put(SYNC_BEGIN, object, 0, 0, NULL, 0);
	unlock(locked);
	rc = (int)syscall(number, fd);
	saved = errno;
	locked = lock();
	if (rc == 0)
		put(SYNC_END, object, begun, 0, NULL, 0);
	look();
	unlock(locked);
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

/* ---- names ---------------------------------------------------------- */

int
mkdirat(int dir, const char *path, mode_t mode)
{
	char full[PATH_MAX];
	const char *name = rec == NULL ? NULL : below(dir, path, full);
	struct stat st;
	bool locked;
	int rc, saved;

	if (name == NULL)
		return (int)syscall(SYS_mkdirat, dir, path, mode);
	locked = lock();
	rc = (int)syscall(SYS_mkdirat, dir, path, mode);
	saved = errno;
	if (rc == 0 && fstatat(dir, path, &st, 0) == 0)
		put(MKDIR, fresh(&st), 0, 0, name, strlen(name));
	unlock(locked);
	errno = saved;
	return rc;
}

int
mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

int
unlinkat(int dir, const char *path, int flags)
{
	char full[PATH_MAX];
	const char *name = rec == NULL ? NULL : below(dir, path, full);
	bool locked;
	int rc, saved;

	if (name == NULL || of_no_interest(name))
		return (int)syscall(SYS_unlinkat, dir, path, flags);
	locked = lock();
	rc = (int)syscall(SYS_unlinkat, dir, path, flags);
	saved = errno;
	if (rc == 0)
		put(UNLINK, 0, 0, 0, name, strlen(name));
	unlock(locked);
	errno = saved;
	return rc;
}

int
unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

/* Both names, each ended by a 0. */
static int
two_names(enum kind kind, long number, const char *a, const char *b)
{
	char full[2][PATH_MAX], both[2 * PATH_MAX];
	const char *from = NULL, *to = NULL;
	size_t len;
	bool locked;
	int rc, saved;

	if (rec != NULL) {
		from = below(AT_FDCWD, a, full[0]);
		to = below(AT_FDCWD, b, full[1]);
	}
	if (from == NULL || to == NULL)
		return (int)syscall(number, AT_FDCWD, a, AT_FDCWD, b, 0);
	len = (size_t)snprintf(both, sizeof(both), "%s%c%s", from, 0, to);
	locked = lock();
	rc = (int)syscall(number, AT_FDCWD, a, AT_FDCWD, b, 0);
	saved = errno;
	if (rc == 0)
		put(kind, 0, 0, 0, both, len);
	unlock(locked);
	errno = saved;
	return rc;
}

int
rename(const char *a, const char *b)
{
	return two_names(RENAME, SYS_renameat2, a, b);
}

int
link(const char *a, const char *b)
{
	return two_names(LINK, SYS_linkat, a, b);
}

/* ---- promises ------------------------------------------------------- */

#define ULL(n) ((unsigned long long)(n))

void __real_page_cursor_set(struct page_slot *, uint64_t, uint64_t);
void __wrap_page_cursor_set(struct page_slot *, uint64_t, uint64_t);
void
__wrap_page_cursor_set(struct page_slot *slot, uint64_t session, uint64_t seq)
{
	__real_page_cursor_set(slot, session, seq);
	stored(slot->cursor, sizeof(slot->cursor));
}

void __real_place_store(struct place_file *, struct place);
void __wrap_place_store(struct place_file *, struct place);
void
__wrap_place_store(struct place_file *f, struct place p)
{
	__real_place_store(f, p);
	stored(f, 48);
}

enum outbox_result __real_outbox_commit(struct outbox *, const struct up_hdr *);
enum outbox_result __wrap_outbox_commit(struct outbox *, const struct up_hdr *);
enum outbox_result
__wrap_outbox_commit(struct outbox *p, const struct up_hdr *h)
{
	note("came %llx %llu", ULL(h->session), ULL(h->seq));
	return __real_outbox_commit(p, h);
}

void __real_lane_finish(struct lane *, struct delivery *);
void __wrap_lane_finish(struct lane *, struct delivery *);
void
__wrap_lane_finish(struct lane *l, struct delivery *d)
{
	note("done %s %llx %llu", l->name, ULL(d->event->session),
	    ULL(d->event->seq));
	__real_lane_finish(l, d);
}

size_t __real_payload_identify(char[PAYLOAD_MAX + 1],
    const struct payload_identify *);
size_t __wrap_payload_identify(char[PAYLOAD_MAX + 1],
    const struct payload_identify *);
size_t
__wrap_payload_identify(char out[PAYLOAD_MAX + 1],
    const struct payload_identify *i)
{
	note("identify %u", (unsigned)i->shard);
	return __real_payload_identify(out, i);
}

int __real_store_session_put(const struct store *, const struct store_session *,
    struct err *);
int __wrap_store_session_put(const struct store *, const struct store_session *,
    struct err *);
int
__wrap_store_session_put(const struct store *s, const struct store_session *r,
    struct err *e)
{
	int rc;

	note("putting %u %llx", r->shard, ULL(store_session_key(r)));
	rc = __real_store_session_put(s, r, e);
	if (rc == 0)
		note("put %u %llx", r->shard, ULL(store_session_key(r)));
	return rc;
}

int __real_store_session_drop(const struct store *, uint32_t, struct err *);
int __wrap_store_session_drop(const struct store *, uint32_t, struct err *);
int
__wrap_store_session_drop(const struct store *s, uint32_t shard, struct err *e)
{
	note("putting %u 0", shard);
	return __real_store_session_drop(s, shard, e);
}

int __real_stopped_put(const char *, struct err *);
int __wrap_stopped_put(const char *, struct err *);
int
__wrap_stopped_put(const char *state_dir, struct err *e)
{
	int rc;

	note("stopping");
	rc = __real_stopped_put(state_dir, e);
	if (rc == 0)
		note("stopped");
	return rc;
}

void __real_stopped_clear(const char *);
void __wrap_stopped_clear(const char *);
void
__wrap_stopped_clear(const char *state_dir)
{
	note("stopping");
	__real_stopped_clear(state_dir);
	note("going");
}

/* What a plugin was told to be kept. */
static struct kv_tx *outer;
static char kept[64][2][128];
static size_t kept_n;

struct kv_tx *__real_kv_begin(struct kv *, struct kv_tx *, bool, struct err *);
struct kv_tx *__wrap_kv_begin(struct kv *, struct kv_tx *, bool, struct err *);
struct kv_tx *
__wrap_kv_begin(struct kv *kv, struct kv_tx *parent, bool write, struct err *e)
{
	struct kv_tx *tx = __real_kv_begin(kv, parent, write, e);

	if (tx != NULL && parent == NULL && write) {
		outer = tx;
		kept_n = 0;
	}
	return tx;
}

int __real_kv_put(struct kv_tx *, const char *, const void *, size_t,
    struct err *);
int __wrap_kv_put(struct kv_tx *, const char *, const void *, size_t,
    struct err *);
int
__wrap_kv_put(struct kv_tx *tx, const char *key, const void *value, size_t len,
    struct err *e)
{
	int rc = __real_kv_put(tx, key, value, len, e);

	if (rc == 0 && kept_n < nitems(kept)) {
		snprintf(kept[kept_n][0], sizeof(kept[0][0]), "%s", key);
		snprintf(kept[kept_n++][1], sizeof(kept[0][1]), "%.*s",
		    (int)len, (const char *)value);
	}
	return rc;
}

int __real_kv_commit(struct kv_tx *, struct err *);
int __wrap_kv_commit(struct kv_tx *, struct err *);
int
__wrap_kv_commit(struct kv_tx *tx, struct err *e)
{
	bool last = tx == outer;
	int rc = __real_kv_commit(tx, e);

	if (!last)
		return rc;
	outer = NULL;
	for (size_t i = 0; rc == 0 && i < kept_n; i++)
		note("kept %s %s", kept[i][0], kept[i][1]);
	kept_n = 0;
	return rc;
}

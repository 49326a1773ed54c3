/* SPDX-License-Identifier: MIT */
#include "shared/page/page.h"

#include "shared/base/clock.h"
#include "shared/process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PAGE_MAGIC 0x7368657264706731u /* "sherdpg1" */
/* A writer that was put off the processor inside is back before long; one that
 * is stopped or dead is not. */
#define PAGE_READ_TRIES 1000
#define PAGE_READ_WAITS 20 /* of 1 ms */

const char *const page_shard_state_name[SHARD_STATES] = {
#define X(n, s) [SHARD_##n] = s,
    PAGE_SHARD_STATES(X)
#undef X
};

const char *const page_crash_name[CRASHES] = {
#define X(n, s) [CRASH_##n] = s,
    PAGE_CRASHES(X)
#undef X
};

const char *const page_gate_state_name[GATE_STATES] = {
#define X(n, s) [GATE_##n] = s,
    PAGE_GATE_STATES(X)
#undef X
};
const struct page_gate_end_row page_gate_end[PAGE_GATE_ENDS_N] = {
#define X(n, key, refused, words) [PAGE_GATE_END_##n] = {key, words, refused},
    PAGE_GATE_ENDS(X)
#undef X
};
const char *const page_handler_state_name[HANDLER_STATES] = {
#define X(n, s) [HANDLER_##n] = s,
    PAGE_HANDLER_STATES(X)
#undef X
};

const char *const page_reconnect_name[RECONNECTS] = {
#define X(n, s) [RECONNECT_##n] = s,
    PAGE_RECONNECTS(X)
#undef X
};

const char *const page_rest_name[PAGE_REST_STATES] = {
#define X(n, s) [PAGE_REST_##n] = s,
    PAGE_RESTS(X)
#undef X
};

const char *const page_rank_name[PAGE_RANKS_N] = {
#define X(n, s) [PAGE_##n] = s,
    PAGE_RANKS(X)
#undef X
};

const char *const page_plugin_state_name[PLUGIN_STATES] = {
#define X(n, s) [PLUGIN_##n] = s,
    PAGE_PLUGIN_STATES(X)
#undef X
};

const char *const page_class_name[CLASSES] = {
#define X(n, s) [CLASS_##n] = s,
    PAGE_CLASSES(X)
#undef X
};

/* Slots begin on a page of memory, so that two writers share no cache line. */
#define HEAD_SIZE ((sizeof(struct page_head) + 4095) / 4096 * 4096)
_Static_assert(sizeof(struct page_slot) % 8 == 0, "slots stay aligned");

void
page_boot_id(char out[40])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, out, 36);

	out[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
}

static size_t
size_for(uint32_t slots)
{
	return HEAD_SIZE + (size_t)slots * sizeof(struct page_slot);
}

static bool
head_is_ours(const struct page_head *h, size_t size)
{
	return h->magic == PAGE_MAGIC && h->version == PAGE_VERSION
	    && h->slot_size == sizeof(struct page_slot)
	    && size_for(h->slots) <= size;
}

/* Maps fd, whose size is known to be at least a head. */
static int
map(struct page *p, int fd, size_t size, bool writable, struct err *e)
{
	int prot = PROT_READ | (writable ? PROT_WRITE : 0);
	void *m = mmap(NULL, size, prot, MAP_SHARED, fd, 0);

	if (m == MAP_FAILED)
		return err_sys(e, EXIT_DEGRADED, "cannot map the stats page");
	p->head = m;
	p->slot = (struct page_slot *)((char *)m + HEAD_SIZE);
	p->size = size;
	p->fd = fd;
	p->writable = writable;
	return 0;
}

void
page_close(struct page *p)
{
	if (p->head == NULL)
		return;
	munmap(p->head, p->size);
	close(p->fd);
	memset(p, 0, sizeof(*p));
	p->fd = -1;
}

/* Cursors and lifetime counters stay; pids and stamps of another boot go. */
static void
forget_boot(struct page *p, uint32_t slots)
{
	memset(&p->head->handler, 0, sizeof(p->head->handler));
	memset(&p->head->plugins, 0, sizeof(p->head->plugins));
	memset(&p->head->handler_watch, 0, sizeof(p->head->handler_watch));
	memset(&p->head->gate, 0, sizeof(p->head->gate));
	memset(&p->head->gate_watch, 0, sizeof(p->head->gate_watch));
	memset(&p->head->clients_rest, 0, sizeof(p->head->clients_rest));
	for (int i = 0; i < PAGE_CLIENTS; i++) {
		p->head->client[i].pid = 0;
		memset(&p->head->client[i].watch, 0,
		    sizeof(p->head->client[i].watch));
	}
	memset(&p->head->supervisor_watch, 0,
	    sizeof(p->head->supervisor_watch));
	page_beat(&p->head->pulse.supervisor_ms, 0);
	page_beat(&p->head->pulse.handler_ms, 0);
	page_beat(&p->head->pulse.gate_ms, 0);
	page_beat(&p->head->pulse.web_ms, 0);
	memset(&p->head->web_watch, 0, sizeof(p->head->web_watch));
	for (uint32_t i = 0; i < slots; i++) {
		struct page_shard *s = &p->slot[i].shard;
		struct page_watch *w = &p->slot[i].watch;

		/* It ran when the machine went: this may be an older copy. */
		if (s->pid != 0)
			page_heard_set(&p->slot[i], 0, 0);
		for (int c = 0; c < CLASSES; c++)
			s->class[c].last_ms = 0;
		s->state = SHARD_DOWN;
		s->pid = 0;
		s->state_since_ms = s->heartbeat_ms = s->ack_ms = 0;
		s->frame_ms = s->dispatch_ms = 0;
		w->pid = 0;
		w->pid_start = w->started_ms = w->restart_ms = 0;
		w->sampled_ms = 0;
		w->version[0] = '\0';
	}
}

/* A writer that lives is not to be disturbed in its middle. */
static bool
writer_lives(const struct page_watch *w)
{
	return process_lives(w->pid, w->pid_start);
}

static pid_t
any_holder(int fd)
{
	struct flock any = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(fd, F_GETLK, &any) == -1 || any.l_type == F_UNLCK)
		return 0;
	return any.l_pid > 0 ? any.l_pid : -1;
}

/*
 * The boot id is a hint only: containers mount their own over the kernel's,
 * and not every process of a fleet need see the same.  A process of the page
 * that lives is of this boot, whatever the id says.
 */
static bool
of_other_boot(const struct page *p, const char *boot)
{
	return strcmp(boot, p->head->boot_id) != 0 && any_holder(p->fd) == 0
	    && !writer_lives(&p->head->handler_watch)
	    && !writer_lives(&p->head->gate_watch);
}

static void
adopt(struct page *p, uint32_t slots)
{
	char boot[40];

	page_boot_id(boot);
	if (of_other_boot(p, boot))
		forget_boot(p, slots);
	str_copy(p->head->boot_id, boot, sizeof(p->head->boot_id));
	p->head->slots = slots;
	page_repair(&p->head->cluster.lock);
	if (!writer_lives(&p->head->gate_watch)) {
		page_repair(&p->head->gate.lock);
		for (int i = 0; i < PAGE_CLIENTS; i++)
			page_repair(&p->head->gate_past[i].lock);
	}
	for (int i = 0; i < PAGE_CLIENTS; i++) {
		page_repair(&p->head->client[i].lock);
		page_repair(&p->head->client[i].watch.lock);
		page_repair(&p->head->client[i].past.lock);
	}
	page_repair(&p->head->gate_watch.lock);
	page_repair(&p->head->web_watch.lock);
	if (!writer_lives(&p->head->handler_watch)) {
		page_repair(&p->head->handler.lock);
		page_repair(&p->head->plugins.lock);
		page_repair(&p->head->clients_rest.lock);
		for (size_t i = 0; i < PAGE_PLUGINS; i++)
			page_repair(&p->head->plugin_past[i].lock);
	}
	page_repair(&p->head->handler_watch.lock);
	page_repair(&p->head->supervisor_watch.lock);
	page_repair(&p->head->past.lock);
	for (uint32_t i = 0; i < slots; i++) {
		if (page_slot_holder(p, i) == 0) {
			page_repair(&p->slot[i].shard.lock);
			page_repair(&p->slot[i].past.lock);
		}
		page_repair(&p->slot[i].watch.lock);
	}
}

static int
grow(int fd, size_t size, const char *path, struct err *e)
{
	int rc = posix_fallocate(fd, 0, (off_t)size);

	if (rc == 0)
		return 0;
	errno = rc;
	if (rc == ENOSPC || rc == EDQUOT)
		return err_set(e, EXIT_DEGRADED,
		    "no space left for %s: the disk is full, free %zu KiB and "
		    "start again",
		    path, size / 1024 + 1);
	return err_sys(e, EXIT_DEGRADED, "cannot reserve %zu bytes for %s",
	    size, path);
}

int
page_create(struct page *p, const char *dir, uint32_t slots, struct err *e)
{
	char path[PATH_MAX];
	struct page_head old;
	struct stat st;
	size_t size = size_for(slots);
	bool fresh;

	memset(p, 0, sizeof(*p));
	p->fd = -1;
	if (!str_format(path, sizeof(path), "%s/stats", dir))
		return err_set(e, EXIT_CONFIG, "%s: path too long", dir);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 && errno == ENOSPC)
		return err_set(e, EXIT_DEGRADED,
		    "no space left for %s: the disk is full", path);
	if (fd < 0)
		return err_sys(e, EXIT_CONFIG, "cannot open %s", path);
	if (fstat(fd, &st) != 0)
		goto err0;
	fresh = pread(fd, &old, sizeof(old), 0) != (ssize_t)sizeof(old)
	    || !head_is_ours(&old, (size_t)st.st_size);
	if (fresh && ftruncate(fd, 0) != 0)
		goto err0;
	if ((size_t)st.st_size > size && !fresh)
		size = (size_t)st.st_size;
	if (grow(fd, size, path, e) != 0)
		goto err1;
	if (map(p, fd, size, true, e) != 0)
		goto err1;
	if (fresh) {
		p->head->version = PAGE_VERSION;
		p->head->slot_size = sizeof(struct page_slot);
		p->head->slots = slots;
		p->head->magic = PAGE_MAGIC;
	}
	adopt(p, slots);
	return 0;
err0:
	err_sys(e, EXIT_DEGRADED, "cannot read %s", path);
err1:
	close(fd);
	return -1;
}

/* Only who has the slot's place in the file is locked, nothing is read. */
static struct flock
slot_lock(uint32_t slot)
{
	return (struct flock) {.l_type = F_WRLCK,
	    .l_whence = SEEK_SET,
	    .l_start = (off_t)slot,
	    .l_len = 1};
}

bool
page_slot_take(const struct page *p, uint32_t slot)
{
	struct flock l = slot_lock(slot);

	return fcntl(p->fd, F_SETLK, &l) == 0;
}

void
page_slot_drop(const struct page *p, uint32_t slot)
{
	struct flock l = slot_lock(slot);

	l.l_type = F_UNLCK;
	(void)fcntl(p->fd, F_SETLK, &l);
}

pid_t
page_slot_holder(const struct page *p, uint32_t slot)
{
	struct flock l = slot_lock(slot);

	if (fcntl(p->fd, F_GETLK, &l) == -1 || l.l_type == F_UNLCK)
		return 0;
	return l.l_pid > 0 ? l.l_pid : -1;
}

pid_t
page_stranger(const char *dir)
{
	char path[PATH_MAX];
	struct page_head h;
	pid_t pid = 0;

	if (!str_format(path, sizeof(path), "%s/stats", dir))
		return 0;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return 0;
	/* Of the head only what every version begins with. */
	if (pread(fd, &h, offsetof(struct page_head, slots), 0)
		== (ssize_t)offsetof(struct page_head, slots)
	    && h.magic == PAGE_MAGIC
	    && (h.version != PAGE_VERSION
		|| h.slot_size != sizeof(struct page_slot)))
		pid = any_holder(fd);
	close(fd);
	return pid > 0 ? pid : 0;
}

/* Maps what fd holds after checking that it is a page of this version. */
static int
attach(struct page *p, int fd, bool writable, const char *path, struct err *e)
{
	struct page_head head;
	struct stat st;

	memset(p, 0, sizeof(*p));
	p->fd = -1;
	if (fstat(fd, &st) != 0
	    || pread(fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head))
		return err_set(e, EXIT_UNKNOWN, "%s is not a stats page", path);
	if (head.magic == PAGE_MAGIC && head.version != PAGE_VERSION)
		return err_set(e, EXIT_UNKNOWN,
		    "%s has layout version %u, this program reads version %d",
		    path, head.version, PAGE_VERSION);
	if (!head_is_ours(&head, (size_t)st.st_size))
		return err_set(e, EXIT_UNKNOWN,
		    "%s is not a stats page of this program", path);
	return map(p, fd, (size_t)st.st_size, writable, e);
}

static int
open_existing(struct page *p, const char *dir, bool writable, struct err *e)
{
	char path[PATH_MAX];

	memset(p, 0, sizeof(*p));
	p->fd = -1;
	if (!str_format(path, sizeof(path), "%s/stats", dir))
		return err_set(e, EXIT_CONFIG, "%s: path too long", dir);
	int fd = open(path,
	    (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return err_set(e, EXIT_DOWN,
		    "The fleet was never started: there is no %s.", path);
	if (fd < 0)
		return err_sys(e, EXIT_UNKNOWN, "cannot open %s", path);
	if (attach(p, fd, writable, path, e) == 0)
		return 0;
	close(fd);
	return -1;
}

int
page_open(struct page *p, const char *dir, struct err *e)
{
	return open_existing(p, dir, false, e);
}

int32_t
page_supervisor(const char *dir)
{
	struct page_cluster c;
	struct page p;

	if (page_open(&p, dir, NULL) == -1)
		return 0;
	page_read(&p.head->cluster, &c, sizeof(c));
	page_close(&p);
	return c.pid_start != 0 && process_lives(c.pid, c.pid_start) ? c.pid
								     : 0;
}

void
page_mark_stopped(const char *dir)
{
	struct page_cluster *c;
	struct page p;

	if (open_existing(&p, dir, true, NULL) == -1)
		return;
	c = &p.head->cluster;
	page_repair(&c->lock);
	page_begin(&c->lock);
	c->pid = 0;
	c->pid_start = 0;
	c->stopping = 0;
	c->permits_waiting = 0;
	page_end(&c->lock);
	page_close(&p);
}

int
page_attach(struct page *p, int fd, struct err *e)
{
	return attach(p, fd, true, "the inherited stats page", e);
}

bool
page_read(const void *part, void *out, size_t size)
{
	const page_lock *lock = part;
	struct timespec ms = {.tv_nsec = 1000000};

	for (int i = 0; i < PAGE_READ_TRIES + PAGE_READ_WAITS; i++) {
		uint32_t before = atomic_load_explicit(lock,
		    memory_order_acquire);
		memcpy(out, part, size);
		atomic_thread_fence(memory_order_acquire);
		uint32_t after = atomic_load_explicit(lock,
		    memory_order_relaxed);
		if (before == after && (before & 1) == 0)
			return true;
		if (i >= PAGE_READ_TRIES)
			nanosleep(&ms, NULL);
	}
	return false;
}

void
page_put(void *part, const void *from, size_t size)
{
	page_begin(part);
	memcpy((char *)part + sizeof(page_lock),
	    (const char *)from + sizeof(page_lock), size - sizeof(page_lock));
	page_end(part);
}

void
page_repair(page_lock *l)
{
	if ((atomic_load(l) & 1) != 0)
		atomic_fetch_add(l, 1);
}

static uint64_t
cursor_check(uint64_t session, uint64_t seq)
{
	return (session ^ (seq * 0x9e3779b97f4a7c15u)) + 0x5bd1e995u;
}

static bool
cursor_valid(const struct page_cursor *c, uint64_t session, uint64_t *seq)
{
	*seq = atomic_load_explicit(&c->seq, memory_order_acquire);
	return session != 0 && atomic_load(&c->session) == session
	    && atomic_load(&c->check) == cursor_check(session, *seq);
}

void
page_cursor_set(struct page_slot *slot, uint64_t session, uint64_t seq)
{
	uint64_t a, b;
	bool va = cursor_valid(&slot->cursor[0], session, &a);
	bool vb = cursor_valid(&slot->cursor[1], session, &b);
	/* Overwrite the copy that matters less; never the newest. */
	int i = va && (!vb || a >= b);
	struct page_cursor *c = &slot->cursor[i];

	atomic_store_explicit(&c->check, 0, memory_order_release);
	atomic_store_explicit(&c->session, session, memory_order_release);
	atomic_store_explicit(&c->seq, seq, memory_order_release);
	atomic_store_explicit(&c->check, cursor_check(session, seq),
	    memory_order_release);
}

uint64_t
page_cursor_get(const struct page_slot *slot, uint64_t session)
{
	uint64_t best = 0;

	for (int i = 0; i < 2; i++) {
		uint64_t seq;
		if (cursor_valid(&slot->cursor[i], session, &seq) && seq > best)
			best = seq;
	}
	return best;
}

void
page_heard_set(struct page_slot *slot, uint64_t session, uint64_t seq)
{
	struct page_cursor *c = &slot->heard;

	/* Half written it is not known, which is what a reader must assume. */
	atomic_store_explicit(&c->check, 0, memory_order_release);
	atomic_store_explicit(&c->session, session, memory_order_release);
	atomic_store_explicit(&c->seq, seq, memory_order_release);
	atomic_store_explicit(&c->check, cursor_check(session, seq),
	    memory_order_release);
}

bool
page_heard_get(const struct page_slot *slot, uint64_t session, uint64_t *seq)
{
	return cursor_valid(&slot->heard, session, seq);
}

void
page_count_close(struct page_shard *s, uint32_t code)
{
	for (int i = 0; i < PAGE_CLOSES; i++) {
		struct page_close_count *c = &s->closes[i];
		/* The last place takes every code beyond the table. */
		if (c->count == 0 || c->code == code || i == PAGE_CLOSES - 1) {
			c->code = c->count == 0 ? code : c->code;
			c->count++;
			return;
		}
	}
}

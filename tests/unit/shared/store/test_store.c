/* SPDX-License-Identifier: MIT */
/* The store: records, concurrent writers, killed writers, foreign makers. */
#include "shared/store/store_env.h"

#include "shared/base/clock.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define WRITERS 4
#define ROUNDS 25
#define COMMANDS 20

static struct {
	char dir[64];
	struct store store;
	struct err err;
} t;

static int
set_up(void **state)
{
	memset(&t, 0, sizeof(t));
	str_copy(t.dir, "/tmp/shardherd-store-XXXXXX", sizeof(t.dir));
	if (mkdtemp(t.dir) == NULL)
		return -1;
	return store_init(&t.store, t.dir, &t.err);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	return remove(path);
}

static int
tear_down(void **state)
{
	return nftw(t.dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct store_session
session(uint32_t shard, const char *id, uint64_t seq)
{
	struct store_session s = {.shard = shard, .shard_count = 16,
	    .identity = 7, .intents = 513, .seq = seq, .ready_ms = 1000};

	str_copy(s.id, id, sizeof(s.id));
	str_copy(s.url, "wss://resume.example", sizeof(s.url));
	return s;
}

static void
test_session(void **state)
{
	struct store_session in = session(3, "abc", 17), out;

	assert_int_equal(store_session_get(&t.store, 3, &out, &t.err), 0);
	assert_int_equal(store_session_put(&t.store, &in, &t.err), 0);
	assert_int_equal(store_session_get(&t.store, 3, &out, &t.err), 1);
	assert_memory_equal(&in, &out, sizeof(in));
	assert_int_equal(store_session_get(&t.store, 4, &out, &t.err), 0);
	assert_int_equal(store_session_drop(&t.store, 3, &t.err), 0);
	assert_int_equal(store_session_drop(&t.store, 3, &t.err), 0);
	assert_int_equal(store_session_get(&t.store, 3, &out, &t.err), 0);
}

static void
test_cursors(void **state)
{
	struct store_session a = session(0, "aaa", 10), b = session(1, "bbb",
	    20), out;
	struct store_cursor c[] = {
		{0, hash64("aaa", 3), 15},	/* forward */
		{1, hash64("old", 3), 99},	/* of a session that is gone */
		{2, hash64("ccc", 3), 5},	/* no record */
	};

	assert_int_equal(store_session_put(&t.store, &a, &t.err), 0);
	assert_int_equal(store_session_put(&t.store, &b, &t.err), 0);
	assert_int_equal(store_cursors_put(&t.store, c, nitems(c), &t.err), 0);
	assert_int_equal(store_session_get(&t.store, 0, &out, &t.err), 1);
	assert_int_equal(out.seq, 15);
	assert_true(out.seen_ms > 0);
	assert_int_equal(store_session_get(&t.store, 1, &out, &t.err), 1);
	assert_int_equal(out.seq, 20);
	c[0].seq = 12;	/* never back */
	assert_int_equal(store_cursors_put(&t.store, c, 1, &t.err), 0);
	assert_int_equal(store_session_get(&t.store, 0, &out, &t.err), 1);
	assert_int_equal(out.seq, 15);
}

/* A cursor of the session that had this id before moves nothing. */
static void
f_b1_cursors_belong_to_one_epoch(void **state)
{
	struct store_session old = session(0, "abc", 500), now = old, out;
	struct store_cursor c;

	old.epoch = 11;
	now.epoch = 12;
	now.seq = 1;
	c = (struct store_cursor){0, store_session_key(&old), 900};
	assert_int_equal(store_session_put(&t.store, &now, &t.err), 0);
	assert_int_equal(store_cursors_put(&t.store, &c, 1, &t.err), 0);
	assert_int_equal(store_session_get(&t.store, 0, &out, &t.err), 1);
	assert_int_equal(out.seq, 1);
	assert_int_equal(out.epoch, 12);
	c.session = store_session_key(&now);
	c.seq = 5;
	assert_int_equal(store_cursors_put(&t.store, &c, 1, &t.err), 0);
	assert_int_equal(store_session_get(&t.store, 0, &out, &t.err), 1);
	assert_int_equal(out.seq, 5);
	assert_int_equal(store_session_key(&out), store_session_key(&now));
}

/* The record as builds without epochs wrote it. */
struct record_842d226 {
	uint32_t shard, shard_count;
	uint64_t identity, intents, seq;
	int64_t ready_ms, seen_ms;
	uint32_t strikes, host_fails;
	char id[CONTRACT_SESSION_MAX], url[STORE_URL_MAX];
};

static void
put_old(const char *url)
{
	struct record_842d226 r = {.shard = 3, .shard_count = 16, .seq = 40,
	    .id = "abc"};
	struct store_key k;

	str_copy(r.url, url, sizeof(r.url));
	store_env_key(&k, "session/00003");
	assert_int_equal(store_env_put_one(&t.store, &k, &r, sizeof(r),
	    &t.err), 0);
}

static void
f_b1_records_of_older_builds_keep_their_key(void **state)
{
	struct store_cursor c = {3, hash64("abc", 3), 50};
	char url[STORE_URL_MAX];
	struct store_session out;

	put_old("wss://resume.example");
	assert_int_equal(store_session_get(&t.store, 3, &out, &t.err), 1);
	assert_int_equal(store_session_key(&out), hash64("abc", 3));
	assert_string_equal(out.url, "wss://resume.example");
	assert_int_equal(store_cursors_put(&t.store, &c, 1, &t.err), 0);
	assert_int_equal(store_session_get(&t.store, 3, &out, &t.err), 1);
	assert_int_equal(out.seq, 50);
	/* One whose url reached to where the epoch is. */
	memset(url, 'u', sizeof(url) - 1);
	url[sizeof(url) - 1] = '\0';
	put_old(url);
	assert_int_equal(store_session_get(&t.store, 3, &out, &t.err), 1);
	assert_string_equal(out.url, "");
	assert_int_equal(store_session_key(&out), hash64("abc", 3));
	assert_int_equal(out.seq, 40);
}

struct seen {
	unsigned n;
	uint64_t last;
	struct store_identify e;
};

static int
see(const struct store_identify *e, void *arg)
{
	struct seen *s = arg;
	struct store_gateway g;

	assert_true(e->id > s->last);
	/* the store may be used from here */
	assert_int_equal(store_gateway_get(&t.store, &g, &t.err), 0);
	s->last = e->id;
	s->e = *e;
	s->n++;
	return 0;
}

static void
test_ledger(void **state)
{
	int64_t day = 24 * 3600 * 1000, now = clock_wall_ms();
	struct store_identify e = {.shard = 1, .cause = CAUSE_NO_SESSION};
	struct seen s = {0};

	for (int i = 0; i < 10; i++) {
		e.asked_ms = e.sent_ms = now - (9 - i) * day;
		assert_int_equal(store_identify_add(&t.store, &e, 1, &t.err), 0);
		assert_int_equal(e.id, i + 1);
	}
	assert_int_equal(store_identify_each(&t.store, now - day, see, &s,
	    &t.err), 0);
	assert_int_equal(s.n, 2);
	memset(&s, 0, sizeof(s));
	assert_int_equal(store_identify_each(&t.store, 0, see, &s, &t.err), 0);
	assert_int_equal(s.n, 9);	/* the one of nine days ago went */
	assert_int_equal(store_identify_settle(&t.store, 10, OUTCOME_CLOSED,
	    4000, &t.err), 0);
	memset(&s, 0, sizeof(s));
	assert_int_equal(store_identify_each(&t.store, now, see, &s, &t.err),
	    0);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.e.outcome, OUTCOME_CLOSED);
	assert_int_equal(s.e.close_code, 4000);
	assert_true(s.e.settled_ms >= now);
	assert_int_equal(store_identify_settle(&t.store, 77, OUTCOME_READY, 0,
	    &t.err), -1);
}

/* Other keys around the ledger's must not be taken for entries. */
static void
test_ledger_among_others(void **state)
{
	struct store_session s = session(0, "x", 1);
	struct store_gateway g = {.shards = 4, .total = 1000}, got;
	struct store_identify e = {.asked_ms = 1, .sent_ms = 1};
	size_t len;
	char text[4];

	assert_int_equal(store_session_put(&t.store, &s, &t.err), 0);
	assert_int_equal(store_gateway_put(&t.store, &g, &t.err), 0);
	assert_int_equal(store_blob_put(&t.store, "k", "value", 5, &t.err), 0);
	assert_int_equal(store_identify_add(&t.store, &e, 1, &t.err), 0);
	assert_int_equal(e.id, 1);
	assert_int_equal(store_identify_add(&t.store, &e, 1, &t.err), 0);
	assert_int_equal(e.id, 2);
	assert_int_equal(store_gateway_get(&t.store, &got, &t.err), 1);
	assert_int_equal(got.shards, 4);
	assert_int_equal(store_blob_get(&t.store, "k", text, sizeof(text),
	    &len, &t.err), 1);
	assert_int_equal(len, 5);
	assert_memory_equal(text, "valu", 4);
	assert_int_equal(store_blob_get(&t.store, "no", text, 4, &len, &t.err),
	    0);
	assert_int_equal(store_blob_put(&t.store, "", "", 0, &t.err), -1);
}

static pid_t
spawn(void (*body)(int), int arg)
{
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid != 0)
		return pid;
	alarm(600);
	body(arg);
	_exit(0);
}

static void
writer(int n)
{
	struct store_identify e = {.shard = (uint32_t)n, .sent_ms = 1};

	e.asked_ms = 1;
	for (uint64_t i = 1; i <= ROUNDS; i++) {
		struct store_session s = session((uint32_t)n, "s", i);

		if (store_session_put(&t.store, &s, &t.err) == -1 ||
		    store_identify_add(&t.store, &e, 1, &t.err) == -1 ||
		    store_session_get(&t.store, (uint32_t)n, &s, &t.err) != 1 ||
		    s.seq != i) {
			fprintf(stderr, "writer %d: %s\n", n, t.err.text);
			_exit(1);
		}
	}
}

static int
count(const struct store_identify *e, void *arg)
{
	++*(int *)arg;
	return 0;
}

static void
test_concurrent_writers(void **state)
{
	struct store_session s;
	pid_t pid[WRITERS];
	int status, n = 0;

	for (int i = 0; i < WRITERS; i++)
		pid[i] = spawn(writer, i);
	for (int i = 0; i < WRITERS; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
		assert_int_equal(store_session_get(&t.store, (uint32_t)i, &s,
		    &t.err), 1);
		assert_int_equal(s.seq, ROUNDS);
	}
	assert_int_equal(store_identify_each(&t.store, 0, count, &n, &t.err),
	    0);
	assert_int_equal(n, WRITERS * ROUNDS);
}

static void
die_inside(int fd)
{
	MDB_val k = {15, (void *)(uintptr_t)"session/00000xx"}, v = {1,
	    (void *)(uintptr_t)"x"};
	struct store_tx tx;

	if (store_env_begin(&tx, &t.store, true, &t.err) == -1 ||
	    mdb_put(tx.txn, tx.dbi, &k, &v, 0) != 0 ||
	    write(fd, "!", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

/* SIGKILL in the middle of a write: the next writer goes on at once. */
static void
test_killed_in_transaction(void **state)
{
	struct store_session s = session(0, "x", 1);
	int fds[2], status;
	char c;
	pid_t pid;

	assert_int_equal(store_session_put(&t.store, &s, &t.err), 0);
	assert_int_equal(pipe(fds), 0);
	pid = spawn(die_inside, fds[1]);
	assert_int_equal(read(fds[0], &c, 1), 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(fds[0]);
	close(fds[1]);
	s.seq = 2;
	assert_int_equal(store_session_put(&t.store, &s, &t.err), 0);
	assert_int_equal(store_session_get(&t.store, 0, &s, &t.err), 1);
	assert_int_equal(s.seq, 2);
	assert_int_equal(store_init(&t.store, t.dir, &t.err), 0);
}

/* ---- one environment for a process (E2) ----------------------------------- */

/* Descriptors of this process whose target ends in name. */
static int
fds_of(const char *name, bool *cloexec)
{
	char link[64], path[512];
	int n = 0;
	ssize_t len;

	*cloexec = true;
	for (int fd = 0; fd < 256; fd++) {
		str_format(link, sizeof(link), "/proc/self/fd/%d", fd);
		if ((len = readlink(link, path, sizeof(path) - 1)) <= 0)
			continue;
		path[len] = '\0';
		if (strstr(path, t.dir) == NULL || strstr(path, name) == NULL)
			continue;
		n++;
		*cloexec &= (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
	}
	return n;
}

static void
f_e2_a_process_opens_it_once(void **state)
{
	struct store_session s = session(1, "x", 1);
	bool cloexec;
	int lock = fds_of("lock.mdb", &cloexec);

	assert_int_equal(lock, 1);
	assert_true(cloexec);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(store_session_put(&t.store, &s, &t.err), 0);
		assert_int_equal(store_session_get(&t.store, 1, &s, &t.err), 1);
	}
	assert_int_equal(store_open(&t.store, t.dir, &t.err), 0);
	assert_int_equal(fds_of("lock.mdb", &cloexec), 1);
	assert_int_equal(fds_of("data.mdb", &cloexec), 2);
	assert_true(cloexec);
	assert_int_equal(fds_of("write.lock", &cloexec), 0);
}

/* What byte `at` of lock.mdb is locked by, as another process sees it. */
static pid_t
lock_holder(off_t at)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET,
	    .l_start = at, .l_len = 1};
	char path[sizeof(t.store.path) + 16];
	int fds[2], status, fd;
	pid_t pid;

	str_format(path, sizeof(path), "%s/lock.mdb", t.store.path);
	assert_int_equal(pipe(fds), 0);
	if ((pid = fork()) == 0) {
		if ((fd = open(path, O_RDWR)) == -1 ||
		    fcntl(fd, F_GETLK, &l) == -1)
			_exit(1);
		if (l.l_type == F_UNLCK)
			l.l_pid = 0;
		_exit(write(fds[1], &l.l_pid, sizeof(l.l_pid)) !=
		    (ssize_t)sizeof(l.l_pid));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(read(fds[0], &pid, sizeof(pid)), sizeof(pid));
	close(fds[0]);
	close(fds[1]);
	return pid;
}

/* As a shard does: closes what it inherited, then uses the store. */
static void
child_uses_it(int n)
{
	struct store_session s = session((uint32_t)n, "child", 5);

	fd_close_from(STDERR_FILENO + 1, NULL, 0);
	if (store_session_put(&t.store, &s, &t.err) == -1 ||
	    store_session_get(&t.store, (uint32_t)n, &s, &t.err) != 1 ||
	    lock_holder(getpid()) != getpid())
		_exit(1);
}

static void
f_e2_a_forked_child_takes_nothing_from_its_parent(void **state)
{
	struct store_session s = session(0, "parent", 1);
	pid_t child;
	int status;

	assert_int_equal(store_session_put(&t.store, &s, &t.err), 0);
	assert_int_equal(store_session_get(&t.store, 0, &s, &t.err), 1);
	assert_int_equal(lock_holder(0), getpid());
	assert_int_equal(lock_holder(getpid()), getpid());
	child = spawn(child_uses_it, 3);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	/* The child and its locks are gone, ours are there. */
	assert_int_equal(lock_holder(0), getpid());
	assert_int_equal(lock_holder(getpid()), getpid());
	assert_int_equal(lock_holder(child), 0);
	assert_int_equal(store_session_get(&t.store, 3, &s, &t.err), 1);
	assert_string_equal(s.id, "child");
	assert_int_equal(store_session_put(&t.store, &s, &t.err), 0);
}

/* A CLI command: comes when nobody is there, and ends. */
static void
command(int n)
{
	struct store_session s = session((uint32_t)n, "c", 1);
	struct store db;

	fd_close_from(STDERR_FILENO + 1, NULL, 0);
	dbenv_forget();
	for (int i = 0; i < COMMANDS; i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0 && store_open(&db, t.dir, &t.err) == 0 &&
		    store_session_put(&db, &s, &t.err) == 0 &&
		    store_session_get(&db, s.shard, &s, &t.err) == 1)
			_exit(0);
		if (pid == 0)
			fprintf(stderr, "command %d.%d: %s\n", n, i,
			    t.err.text);
		if (pid == 0 || waitpid(pid, &status, 0) != pid || status != 0)
			_exit(1);
	}
}

/* Fails where LMDB is 0.9.27 to 0.9.31 and somebody closes an environment. */
static void
f_e2_many_short_processes_at_once(void **state)
{
	pid_t pid[WRITERS];
	int status;

	dbenv_forget();
	for (int i = 0; i < WRITERS; i++)
		pid[i] = spawn(command, i);
	for (int i = 0; i < WRITERS; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
}

static void
copy_file(const char *from_dir, const char *to_dir, const char *name)
{
	char cmd[1024];

	str_format(cmd, sizeof(cmd), "cp %s/%s %s/%s", from_dir, name, to_dir,
	    name);
	assert_int_equal(system(cmd), 0);
}

static void
f_e2_a_store_put_back_is_used(void **state)
{
	struct store_session s = session(1, "kept", 1);
	char kept[600], away[600];

	str_format(kept, sizeof(kept), "%s/kept", t.dir);
	str_format(away, sizeof(away), "%s/away", t.dir);
	assert_int_equal(store_session_put(&t.store, &s, &t.err), 0);
	assert_int_equal(mkdir(kept, 0700), 0);
	copy_file(t.store.path, kept, "data.mdb");
	copy_file(t.store.path, kept, "meta");
	s = session(1, "later", 2);
	assert_int_equal(store_session_put(&t.store, &s, &t.err), 0);

	assert_int_equal(rename(t.store.path, away), 0);
	assert_int_equal(store_session_get(&t.store, 1, &s, &t.err), -1);
	assert_non_null(strstr(t.err.text, "deleted or moved away"));
	assert_int_equal(store_session_put(&t.store, &s, &t.err), -1);
	assert_int_equal(access(t.store.path, F_OK), -1);

	assert_int_equal(rename(kept, t.store.path), 0);
	assert_int_equal(store_session_get(&t.store, 1, &s, &t.err), 1);
	assert_string_equal(s.id, "kept");
	s = session(1, "new", 3);
	assert_int_equal(store_session_put(&t.store, &s, &t.err), 0);
	dbenv_forget();
	assert_int_equal(store_session_get(&t.store, 1, &s, &t.err), 1);
	assert_string_equal(s.id, "new");
}

/* ---- waiting (A5) --------------------------------------------------------- */

static void
f_a5_a_held_lock_is_told_not_waited_for(void **state)
{
	struct store_session s = session(1, "x", 1), got;
	char path[sizeof(t.store.path) + 16];
	unsigned was = dbenv_patience(0);
	int fd;

	str_format(path, sizeof(path), "%s/write.lock", t.store.path);
	assert_true((fd = open(path, O_RDWR | O_CREAT, 0600)) != -1);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(store_session_put(&t.store, &s, &t.err), -1);
	assert_int_equal(t.err.code, EXIT_TRY_LATER);
	assert_int_equal(store_session_get(&t.store, 1, &got, &t.err), 0);
	close(fd);
	assert_int_equal(store_session_put(&t.store, &s, &t.err), 0);
	assert_int_equal(was, DBENV_WAIT_MS);
	dbenv_patience(was);
}

static void
put_raw(const char *key, const void *data, size_t len)
{
	MDB_val k = {strlen(key), (void *)(uintptr_t)key}, v = {len,
	    (void *)(uintptr_t)data};
	struct store_tx tx;

	assert_int_equal(store_env_begin(&tx, &t.store, true, &t.err), 0);
	assert_int_equal(mdb_put(tx.txn, tx.dbi, &k, &v, 0), 0);
	assert_int_equal(store_env_commit(&tx, &t.err), 0);
}

static void
test_future_and_broken_records(void **state)
{
	static const unsigned char future[16] = {2, 0, 0, 0, 8},
	    next_schema[12] = {1, 0, 0, 0, 4, 0, 0, 0, 2};
	struct store_session s;
	struct store again;

	put_raw("session/00001", future, sizeof(future));
	assert_int_equal(store_session_get(&t.store, 1, &s, &t.err), -1);
	assert_non_null(strstr(t.err.text, "newer shardherd (version 2"));
	assert_int_equal(t.err.code, EXIT_CONFIG);
	put_raw("session/00002", "short", 5);
	assert_int_equal(store_session_get(&t.store, 2, &s, &t.err), -1);
	assert_non_null(strstr(t.err.text, "damaged"));
	put_raw(STORE_KEY_SCHEMA, next_schema, sizeof(next_schema));
	assert_int_equal(store_init(&again, t.dir, &t.err), -1);
	assert_non_null(strstr(t.err.text, "schema 2"));
	assert_int_equal(store_open(&again, t.dir, &t.err), -1);
}

static void
overwrite(const char *name, const char *text, off_t size)
{
	char path[sizeof(t.store.path) + 32];
	int fd;

	str_format(path, sizeof(path), "%s/%s", t.store.path, name);
	assert_true((fd = open(path, O_WRONLY)) != -1);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	assert_int_equal(ftruncate(fd, size), 0);
	close(fd);
}

static void
test_other_libc(void **state)
{
	const char *text = "shardherd store\nlibc otherlibc\n";
	struct store s;

	overwrite("meta", text, (off_t)strlen(text));
	assert_int_equal(store_init(&s, t.dir, &t.err), -1);
	assert_int_equal(t.err.code, EXIT_CONFIG);
	assert_non_null(strstr(t.err.text, "(otherlibc; this one has"));
	overwrite("meta", "hello\n", 6);
	assert_int_equal(store_open(&s, t.dir, &t.err), -1);
	assert_non_null(strstr(t.err.text, "is damaged"));
}

static void
f_d9_a_damaged_meta_is_called_damaged(void **state)
{
	static const char *const text[] = {"", "shardherd store\nlibc glibc",
	    "shardherd store\nlibc glibc\n\n", "shardherd store\nlibc \n",
	    "shardherd store\nlibc gl\nbc\n", "shardherd store\n", "\n",
	    "shardherd store\nlibc \xff\xff\xff\n"};
	struct store s;

	for (size_t i = 0; i < nitems(text); i++) {
		overwrite("meta", text[i], (off_t)strlen(text[i]));
		assert_int_equal(store_init(&s, t.dir, &t.err), -1);
		assert_int_equal(t.err.code, EXIT_CONFIG);
		assert_non_null(strstr(t.err.text, "meta is damaged"));
		assert_null(strstr(t.err.text, "another C library"));
	}
}

/* In a process of its own: it may be killed by what it reads. */
static void
read_all(int arg)
{
	struct store_session s;
	struct store db;
	struct seen seen = {0};

	dbenv_forget();
	if (store_open(&db, t.dir, &t.err) == -1)
		_exit(strstr(t.err.text, "damaged") != NULL ? 0 : 3);
	for (uint32_t i = 0; i < 200; i++)
		(void)store_session_get(&db, i, &s, &t.err);
	(void)store_identify_each(&db, 0, see, &seen, &t.err);
}

/*
 * D9: any page of the file overwritten with anything: an error or old data, but
 * no signal.
 */
static void
f_d9_overwritten_pages_kill_nobody(void **state)
{
	static const unsigned char fill[] = {0x00, 0xff, 0x41, 0x01, 0x02};
	unsigned char page[4096], was[4096];
	char *big = base_alloc(20000), path[600];
	struct stat st;
	int fd, status;
	pid_t pid;

	for (uint32_t i = 0; i < 200; i++) {
		struct store_session s = session(i, "x", 1);

		assert_int_equal(store_session_put(&t.store, &s, &t.err), 0);
	}
	assert_int_equal(store_blob_put(&t.store, "big", big, 20000, &t.err),
	    0);
	free(big);
	dbenv_forget();
	str_format(path, sizeof(path), "%s/data.mdb", t.store.path);
	assert_true((fd = open(path, O_RDWR | O_CLOEXEC)) != -1);
	assert_int_equal(fstat(fd, &st), 0);
	for (off_t at = 0; at < st.st_size; at += (off_t)sizeof(page))
		for (size_t i = 0; i <= nitems(fill); i++) {
			assert_int_equal(pread(fd, was, sizeof(was), at),
			    sizeof(was));
			if (i < nitems(fill))
				memset(page, fill[i], sizeof(page));
			else
				for (size_t k = 0; k < sizeof(page); k++)
					page[k] = (unsigned char)(k * 2654435761u
					    >> 13) ^ was[k];
			assert_int_equal(pwrite(fd, page, sizeof(page), at),
			    sizeof(page));
			pid = spawn(read_all, 0);
			assert_int_equal(waitpid(pid, &status, 0), pid);
			assert_int_equal(status, 0);
			assert_int_equal(pwrite(fd, was, sizeof(was), at),
			    sizeof(was));
		}
	close(fd);
	assert_int_equal(store_open(&t.store, t.dir, &t.err), 0);
}

static void
f_d11_a_store_that_lost_everything_says_so(void **state)
{
	struct store s;
	char path[600];

	assert_int_equal(store_init(&s, t.dir, &t.err), 0);
	assert_false(s.lost);
	dbenv_forget();
	overwrite("data.mdb", "", 0);
	assert_int_equal(store_init(&s, t.dir, &t.err), 0);
	assert_true(s.lost);
	assert_int_equal(store_init(&s, t.dir, &t.err), 0);
	assert_false(s.lost);
	dbenv_forget();
	str_format(path, sizeof(path), "%s/data.mdb", t.store.path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(store_init(&s, t.dir, &t.err), 0);
	assert_true(s.lost);
}

/* A file cut short must be an error, not a SIGBUS, however long it is open. */
static void
test_damaged_file(void **state)
{
	struct store_session s = session(1, "x", 1);

	for (uint32_t i = 0; i < 32; i++) {
		s.shard = i;
		assert_int_equal(store_session_put(&t.store, &s, &t.err), 0);
	}
	overwrite("data.mdb", "", 2 * 4096);
	assert_int_equal(store_session_get(&t.store, 1, &s, &t.err), -1);
	assert_int_equal(t.err.code, EXIT_DEGRADED);
	assert_non_null(strstr(t.err.text, "is damaged"));
	overwrite("data.mdb", "garbage garbage garbage garbage", 31);
	assert_int_equal(store_init(&t.store, t.dir, &t.err), -1);
}

static void
test_full_map(void **state)
{
	char *big = base_alloc(1 << 20);

	t.store.map_size = 1 << 20;
	assert_int_equal(store_blob_put(&t.store, "big", big, 1 << 20, &t.err),
	    -1);
	assert_non_null(strstr(t.err.text, "size limit"));
	assert_int_equal(store_blob_put(&t.store, "ok", big, 1, &t.err), 0);
	free(big);
}

static void
test_open_creates_nothing(void **state)
{
	char path[128];
	struct store s;

	str_format(path, sizeof(path), "%s/other", t.dir);
	assert_int_equal(store_open(&s, path, &t.err), -1);
	assert_int_equal(t.err.code, EXIT_DOWN);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(store_open(&s, t.dir, &t.err), 0);
}

static void
test_stat(void **state)
{
	struct store_stat st;
	struct store_session s = session(1, "x", 1);

	assert_int_equal(store_session_put(&t.store, &s, &t.err), 0);
	assert_int_equal(store_stat(&t.store, &st, &t.err), 0);
	assert_int_equal(st.entries, 2);
	assert_int_equal(st.schema, STORE_SCHEMA);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		T(test_session),
		T(f_b1_cursors_belong_to_one_epoch),
		T(f_b1_records_of_older_builds_keep_their_key),
		T(test_cursors),
		T(test_ledger),
		T(test_ledger_among_others),
		T(test_concurrent_writers),
		T(test_killed_in_transaction),
		T(f_e2_a_process_opens_it_once),
		T(f_e2_a_forked_child_takes_nothing_from_its_parent),
		T(f_e2_many_short_processes_at_once),
		T(f_e2_a_store_put_back_is_used),
		T(f_a5_a_held_lock_is_told_not_waited_for),
		T(test_future_and_broken_records),
		T(test_other_libc),
		T(f_d9_a_damaged_meta_is_called_damaged),
		T(f_d9_overwritten_pages_kill_nobody),
		T(f_d11_a_store_that_lost_everything_says_so),
		T(test_damaged_file),
		T(test_full_map),
		T(test_open_creates_nothing),
		T(test_stat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

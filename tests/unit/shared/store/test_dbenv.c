/* SPDX-License-Identifier: MIT */
/* One environment for a process, many processes at it, and their ends. */
#include "tests/unit/shared/store/store_rig.h"

#include <fcntl.h>
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

static struct store_rig t;

static int
set_up(void **state)
{
	return store_rig_open(&t);
}

static int
tear_down(void **state)
{
	return store_rig_close(&t);
}

#define WRITERS 4
#define ROUNDS 25
#define COMMANDS 20

static void
writer(int n)
{
	struct store_identify e = {.shard = (uint32_t)n, .sent_ms = 1};

	e.asked_ms = 1;
	for (uint64_t i = 1; i <= ROUNDS; i++) {
		struct store_session s = store_rig_session((uint32_t)n, "s", i);

		if (store_session_put(&t.store, &s, &t.err) == -1
		    || store_identify_add(&t.store, &e, 1, &t.err) == -1
		    || store_session_get(&t.store, (uint32_t)n, &s, &t.err) != 1
		    || s.seq != i) {
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
		pid[i] = store_rig_spawn(writer, i);
	for (int i = 0; i < WRITERS; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
		assert_int_equal(store_session_get(&t.store, (uint32_t)i, &s,
				     &t.err),
		    1);
		assert_int_equal(s.seq, ROUNDS);
	}
	assert_int_equal(store_identify_each(&t.store, 0, count, &n, &t.err),
	    0);
	assert_int_equal(n, WRITERS * ROUNDS);
}

static void
die_inside(int fd)
{
	MDB_val k = {15, (void *)(uintptr_t) "session/00000xx"},
		v = {1, (void *)(uintptr_t) "x"};
	struct store_tx tx;

	if (store_env_begin(&tx, &t.store, true, &t.err) == -1
	    || mdb_put(tx.txn, tx.dbi, &k, &v, 0) != 0
	    || write(fd, "!", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

/* SIGKILL in the middle of a write: the next writer goes on at once. */
static void
test_killed_in_transaction(void **state)
{
	struct store_session s = store_rig_session(0, "x", 1);
	int fds[2], status;
	char c;
	pid_t pid;

	assert_int_equal(store_session_put(&t.store, &s, &t.err), 0);
	assert_int_equal(pipe(fds), 0);
	pid = store_rig_spawn(die_inside, fds[1]);
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

/* ---- one environment for a process (E2) ----------------------------- */

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
	struct store_session s = store_rig_session(1, "x", 1);
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
	struct flock l = {.l_type = F_WRLCK,
	    .l_whence = SEEK_SET,
	    .l_start = at,
	    .l_len = 1};
	char path[sizeof(t.store.path) + 16];
	int fds[2], status, fd;
	pid_t pid;

	str_format(path, sizeof(path), "%s/lock.mdb", t.store.path);
	assert_int_equal(pipe(fds), 0);
	if ((pid = fork()) == 0) {
		if ((fd = open(path, O_RDWR)) == -1
		    || fcntl(fd, F_GETLK, &l) == -1)
			_exit(1);
		if (l.l_type == F_UNLCK)
			l.l_pid = 0;
		_exit(write(fds[1], &l.l_pid, sizeof(l.l_pid))
		    != (ssize_t)sizeof(l.l_pid));
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
	struct store_session s = store_rig_session((uint32_t)n, "child", 5);

	fd_close_from(STDERR_FILENO + 1, NULL, 0);
	if (store_session_put(&t.store, &s, &t.err) == -1
	    || store_session_get(&t.store, (uint32_t)n, &s, &t.err) != 1
	    || lock_holder(getpid()) != getpid())
		_exit(1);
}

static void
f_e2_a_forked_child_takes_nothing_from_its_parent(void **state)
{
	struct store_session s = store_rig_session(0, "parent", 1);
	pid_t child;
	int status;

	assert_int_equal(store_session_put(&t.store, &s, &t.err), 0);
	assert_int_equal(store_session_get(&t.store, 0, &s, &t.err), 1);
	assert_int_equal(lock_holder(0), getpid());
	assert_int_equal(lock_holder(getpid()), getpid());
	child = store_rig_spawn(child_uses_it, 3);
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

/* Maps of the store that this process has. */
static int
maps_of_it(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[1024];
	int n = 0;

	while (fgets(line, sizeof(line), f) != NULL)
		n += strstr(line, t.store.path) != NULL;
	fclose(f);
	return n;
}

static void
child_has_no_maps(int n)
{
	if (maps_of_it() != 0)
		_exit(1);
}

static void
expect_no_maps_in_a_child(void)
{
	pid_t child;
	int status;

	assert_int_equal(maps_of_it(), 2); /* data and lock */
	child = store_rig_spawn(child_has_no_maps, 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(maps_of_it(), 2);
}

/* Each would be looked at for each page that is synced, by the thousand. */
static void
test_a_forked_child_has_no_maps_of_it(void **state)
{
	struct store_session s = store_rig_session(0, "parent", 1);

	assert_int_equal(store_session_put(&t.store, &s, &t.err), 0);
	expect_no_maps_in_a_child();
	/* Mapped anew, it is kept from children again. */
	t.store.map_size *= 2;
	assert_int_equal(store_session_put(&t.store, &s, &t.err), 0);
	expect_no_maps_in_a_child();
}

/* A CLI command: comes when nobody is there, and ends. */
static void
command(int n)
{
	struct store_session s = store_rig_session((uint32_t)n, "c", 1);
	struct store db;

	fd_close_from(STDERR_FILENO + 1, NULL, 0);
	dbenv_forget();
	for (int i = 0; i < COMMANDS; i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0 && store_open(&db, t.dir, &t.err) == 0
		    && store_session_put(&db, &s, &t.err) == 0
		    && store_session_get(&db, s.shard, &s, &t.err) == 1)
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
		pid[i] = store_rig_spawn(command, i);
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
	struct store_session s = store_rig_session(1, "kept", 1);
	char kept[600], away[600];

	str_format(kept, sizeof(kept), "%s/kept", t.dir);
	str_format(away, sizeof(away), "%s/away", t.dir);
	assert_int_equal(store_session_put(&t.store, &s, &t.err), 0);
	assert_int_equal(mkdir(kept, 0700), 0);
	copy_file(t.store.path, kept, "data.mdb");
	copy_file(t.store.path, kept, "meta");
	s = store_rig_session(1, "later", 2);
	assert_int_equal(store_session_put(&t.store, &s, &t.err), 0);

	assert_int_equal(rename(t.store.path, away), 0);
	assert_int_equal(store_session_get(&t.store, 1, &s, &t.err), -1);
	assert_non_null(strstr(t.err.text, "deleted or moved away"));
	assert_int_equal(store_session_put(&t.store, &s, &t.err), -1);
	assert_int_equal(access(t.store.path, F_OK), -1);

	assert_int_equal(rename(kept, t.store.path), 0);
	assert_int_equal(store_session_get(&t.store, 1, &s, &t.err), 1);
	assert_string_equal(s.id, "kept");
	s = store_rig_session(1, "new", 3);
	assert_int_equal(store_session_put(&t.store, &s, &t.err), 0);
	dbenv_forget();
	assert_int_equal(store_session_get(&t.store, 1, &s, &t.err), 1);
	assert_string_equal(s.id, "new");
}

/* ---- power loss ----------------------------------------------------- */

/* What the first start had written of it when the power went, by blocks. */
static void
leave_stillborn(const char *path, const char *whole, size_t size, unsigned kept)
{
	char part[8192] = {0};
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	for (size_t i = 0; i < sizeof(part) / 4096; i++)
		if ((kept >> i & 1) != 0)
			memcpy(part + i * 4096, whole + i * 4096, 4096);
	assert_true(fd != -1);
	assert_int_equal(write(fd, part, size), size);
	close(fd);
}

static void
test_stillborn(void **state)
{
	char path[sizeof(t.store.path) + 16], whole[8192];
	static const size_t sizes[] = {0, 512, 4096, 8192};
	struct store_session s;
	struct store other;
	struct stat st;
	int fd;

	str_format(path, sizeof(path), "%s/data.mdb", t.store.path);
	assert_true((fd = open(path, O_RDONLY)) != -1);
	assert_int_equal(read(fd, whole, sizeof(whole)), sizeof(whole));
	close(fd);
	for (size_t i = 0; i < nitems(sizes); i++)
		for (unsigned kept = 0; kept < 3; kept++) {
			dbenv_forget();
			assert_int_equal(unlink(path), 0);
			leave_stillborn(path, whole, sizes[i], kept);
			/* Who only looks makes nothing. */
			if (sizes[i] > 0)
				assert_int_equal(store_open(&other, t.dir,
						     &t.err),
				    -1);
			assert_int_equal(stat(path, &st), 0);
			dbenv_forget();
			assert_int_equal(store_init(&t.store, t.dir, &t.err),
			    0);
			s = store_rig_session(1, "x", 1);
			assert_int_equal(store_session_put(&t.store, &s,
					     &t.err),
			    0);
		}
}

/* ---- waiting (A5) --------------------------------------------------- */

static void
f_a5_a_held_lock_is_told_not_waited_for(void **state)
{
	struct store_session s = store_rig_session(1, "x", 1), got;
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

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
	    T(test_concurrent_writers),
	    T(test_killed_in_transaction),
	    T(f_e2_a_process_opens_it_once),
	    T(f_e2_a_forked_child_takes_nothing_from_its_parent),
	    T(test_a_forked_child_has_no_maps_of_it),
	    T(f_e2_many_short_processes_at_once),
	    T(f_e2_a_store_put_back_is_used),
	    T(test_stillborn),
	    T(f_a5_a_held_lock_is_told_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* A store that is damaged, foreign, or from the future: said, and no signal. */
#include "tests/unit/shared/store/store_rig.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
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

static void
put_raw(const char *key, const void *data, size_t len)
{
	MDB_val k = {strlen(key), (void *)(uintptr_t)key},
		v = {len, (void *)(uintptr_t)data};
	struct store_tx tx;

	assert_int_equal(store_env_begin(&tx, &t.store, true, &t.err), 0);
	assert_int_equal(mdb_put(tx.txn, tx.dbi, &k, &v, 0), 0);
	assert_int_equal(store_env_commit(&tx, &t.err), 0);
}

static void
test_future_and_broken_records(void **state)
{
	static const unsigned char future[16] = {2, 0, 0, 0, 8},
				   next_schema[12] = {1, 0, 0, 0, 4, 0, 0, 0,
				       2};
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

static int
skim(const struct store_identify *e, void *arg)
{
	return 0;
}

/* In a process of its own: it may be killed by what it reads. */
static void
read_all(int arg)
{
	struct store_session s;
	struct store db;
	struct store_gateway g;

	dbenv_forget();
	if (store_open(&db, t.dir, &t.err) == -1)
		_exit(strstr(t.err.text, "damaged") != NULL ? 0 : 3);
	for (uint32_t i = 0; i < 200; i++)
		(void)store_session_get(&db, i, &s, &t.err);
	(void)store_gateway_get(&db, &g, &t.err);
	(void)store_identify_each(&db, 0, skim, NULL, &t.err);
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
		struct store_session s = store_rig_session(i, "x", 1);

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
					page[k] = (unsigned char)(k
							  * 2654435761u
						      >> 13)
					    ^ was[k];
			assert_int_equal(pwrite(fd, page, sizeof(page), at),
			    sizeof(page));
			pid = store_rig_spawn(read_all, 0);
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
	struct store_session s = store_rig_session(1, "x", 1);

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

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
	    T(test_future_and_broken_records),
	    T(test_other_libc),
	    T(f_d9_a_damaged_meta_is_called_damaged),
	    T(f_d9_overwritten_pages_kill_nobody),
	    T(f_d11_a_store_that_lost_everything_says_so),
	    T(test_damaged_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

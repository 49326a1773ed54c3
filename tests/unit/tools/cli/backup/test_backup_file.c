/* SPDX-License-Identifier: MIT */
/*
 * The file of a backup: what was written is read, and of a file that was cut
 * anywhere, has any bit turned, or is any bytes at all, nothing but a sentence.
 */
#include "tools/cli/backup/backup_file.h"

#include "tests/unit/rig/scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char dir[SCRATCH_MAX], path[SCRATCH_MAX + 32];
static struct err e;

static const struct {
	enum backup_file_kind kind;
	const char *key;
	size_t key_len;
	const char *value;
	size_t value_len;
} records[] = {
    {BACKUP_FILE_ABOUT, "by", 2, "1.0", 3},
    {BACKUP_FILE_STORE, "identify/\0\0\0\0\0\0\0\1", 17, "\0\1\2", 3},
    {BACKUP_FILE_KV, "kv/x", 4, "", 0},
};

static int
setup(void **state)
{
	if (scratch_make(dir, sizeof(dir)) == -1)
		return -1;
	str_format(path, sizeof(path), "%s/x.backup", dir);
	return 0;
}

static int
teardown(void **state)
{
	scratch_remove(dir);
	return 0;
}

static void
write_all(void)
{
	struct backup_file_out o;

	assert_int_equal(backup_file_create(&o, path, &e), 0);
	for (size_t i = 0; i < nitems(records); i++)
		assert_int_equal(backup_file_put(&o, records[i].kind,
				     records[i].key, records[i].key_len,
				     records[i].value, records[i].value_len,
				     &e),
		    0);
	assert_int_equal(backup_file_finish(&o, &e), 0);
}

/* How many records there were before the end, -1 after a fault. */
static int
read_all(const char *from)
{
	struct backup_file_record r;
	struct backup_file_in in;
	int n = 0, rc;

	e = (struct err) {0};
	if (backup_file_open(&in, from, &e) == -1) {
		assert_true(e.text[0] != '\0');
		return -1;
	}
	while ((rc = backup_file_next(&in, &r, &e)) == 1) {
		assert_true(r.key_len > 0 && r.key[r.key_len] == '\0');
		n++;
	}
	backup_file_close(&in);
	assert_int_equal(rc == -1, e.text[0] != '\0');
	return rc == 0 ? n : -1;
}

static void
test_round_trip(void **state)
{
	struct backup_file_record r;
	struct backup_file_in in;
	struct stat st;

	write_all();
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(backup_file_open(&in, path, &e), 0);
	for (size_t i = 0; i < nitems(records); i++) {
		assert_int_equal(backup_file_next(&in, &r, &e), 1);
		assert_int_equal(r.kind, records[i].kind);
		assert_int_equal(r.key_len, records[i].key_len);
		assert_memory_equal(r.key, records[i].key, r.key_len);
		assert_int_equal(r.value_len, records[i].value_len);
		if (r.value_len > 0)
			assert_memory_equal(r.value, records[i].value,
			    r.value_len);
	}
	assert_int_equal(backup_file_next(&in, &r, &e), 0);
	backup_file_close(&in);
	write_all(); /* over one that is there */
	assert_int_equal(read_all(path), nitems(records));
}

static size_t
load(char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, out, size);

	close(fd);
	assert_true(n > 0);
	return (size_t)n;
}

static void
save(const char *data, size_t n)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	assert_int_equal(fd_write_all(fd, data, n), 0);
	close(fd);
}

static void
test_cut_and_turned(void **state)
{
	char whole[1024], bad[1024 + 1];
	size_t n;

	write_all();
	n = load(whole, sizeof(whole));
	for (size_t i = 0; i < n; i++) {
		save(whole, i);
		assert_int_equal(read_all(path), -1);
		for (int bit = 0; bit < 8; bit++) {
			memcpy(bad, whole, n);
			bad[i] ^= (char)(1 << bit);
			save(bad, n);
			assert_int_equal(read_all(path), -1);
		}
	}
	memcpy(bad, whole, n);
	bad[n] = 'x';
	save(bad, n + 1);
	assert_int_equal(read_all(path), -1);
	save(whole, n);
	assert_int_equal(read_all(path), nitems(records));
}

/* Behind a good first line: lengths that are lies, kinds that are none. */
static void
test_any_bytes(void **state)
{
	static const char first[] = "shardherd backup 1\n";
	char bad[400];
	unsigned seed = 1;

	write_all();
	for (int round = 0; round < 20000; round++) {
		size_t n = (size_t)rand_r(&seed) % sizeof(bad);

		for (size_t i = 0; i < n; i++)
			bad[i] = rand_r(&seed) % 3 == 0
			    ? (char)(rand_r(&seed) >> 4)
			    : "aske\0\0\0\1"[rand_r(&seed) % 8];
		memcpy(bad, first, n < strlen(first) ? n : strlen(first));
		save(bad, n);
		assert_int_equal(read_all(path), -1);
	}
}

static void
test_refuses(void **state)
{
	struct backup_file_out o;
	char other[SCRATCH_MAX + 32];

	str_format(other, sizeof(other), "%s/missing/x", dir);
	assert_int_equal(backup_file_create(&o, other, &e), -1);
	assert_int_equal(backup_file_create(&o, dir, &e), -1);
	str_format(other, sizeof(other), "%s/link", dir);
	assert_int_equal(symlink("/etc/passwd", other), 0);
	assert_int_equal(backup_file_create(&o, other, &e), -1);
	assert_int_equal(read_all(dir), -1);
	assert_int_equal(read_all("/dev/zero"), -1);
	assert_int_equal(backup_file_create(&o, path, &e), 0);
	backup_file_abandon(&o);
	assert_int_equal(access(path, F_OK), -1);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_round_trip),
	    TEST(test_cut_and_turned),
	    TEST(test_any_bytes),
	    TEST(test_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/*
 * What comes of a backup and the state that is there: the ledger is never less
 * than what either knows, sessions are those that are there, or young ones, and
 * what was only of the backup's moment stays out.
 */
#include "tools/cli/backup/restore_build.h"

#include "shared/base/clock.h"
#include "shared/store/kv.h"
#include "tests/unit/shared/store/store_rig.h"
#include "tools/cli/backup/backup_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define NOW ((int64_t)1700000000000)

static struct store_rig old, there;
static char path[SCRATCH_MAX + 32], fresh[SCRATCH_MAX + 32];
static struct restore_rules rules;
static struct err e;

static int
setup(void **state)
{
	rules = (struct restore_rules) {.now_ms = NOW};
	if (store_rig_open(&old) == -1 || store_rig_open(&there) == -1)
		return -1;
	str_format(path, sizeof(path), "%s/x.backup", old.dir);
	str_format(fresh, sizeof(fresh), "%s/new", old.dir);
	return 0;
}

static int
teardown(void **state)
{
	restore_rules_free(&rules);
	return store_rig_close(&old) | store_rig_close(&there);
}

static void
blob(struct store_rig *s, const char *key, const char *text)
{
	assert_int_equal(store_blob_put(&s->store, key, text, strlen(text), &e),
	    0);
}

static void
identify(struct store_rig *s, int64_t sent_ms, uint32_t shard)
{
	struct store_identify id = {.sent_ms = sent_ms,
	    .asked_ms = sent_ms,
	    .shard = shard,
	    .shard_count = 4};

	assert_int_equal(store_identify_add(&s->store, &id, 1, &e), 0);
}

static void
session(struct store_rig *s, uint32_t shard, const char *id, int64_t seen_ms)
{
	struct store_session rec = store_rig_session(shard, id, 5);

	rec.seen_ms = seen_ms;
	assert_int_equal(store_session_put(&s->store, &rec, &e), 0);
}

static int
put_item(const struct store_item *it, void *arg)
{
	return backup_file_put(arg, BACKUP_FILE_STORE, it->key, it->key_len,
	    it->value, it->value_len, &e);
}

static void
restore(bool with_there)
{
	struct backup_file_out o;
	struct backup_file_in in;

	assert_int_equal(backup_file_create(&o, path, &e), 0);
	assert_int_equal(store_each(&old.store, put_item, &o, &e), 0);
	assert_int_equal(backup_file_put(&o, BACKUP_FILE_KV, "k", 1, "v", 1,
			     &e),
	    0);
	assert_int_equal(backup_file_finish(&o, &e), 0);
	assert_int_equal(backup_file_open(&in, path, &e), 0);
	assert_int_equal(restore_build(fresh, &in,
			     with_there ? &there.store : NULL, &rules, &e),
	    0);
	backup_file_close(&in);
}

static bool
has(const char *key, const char *text)
{
	char got[64] = "";
	struct store s;
	size_t n;

	assert_int_equal(store_open(&s, fresh, &e), 0);
	return store_blob_get(&s, key, got, sizeof(got) - 1, &n, &e) == 1
	    && strcmp(got, text) == 0;
}

static int
add(const struct store_identify *id, void *arg)
{
	*(int64_t *)arg += id->sent_ms * 10 + id->shard;
	return 0;
}

static int64_t
ledger_of(const char *dir)
{
	int64_t sum = 0;
	struct store s;

	assert_int_equal(store_open(&s, dir, &e), 0);
	assert_int_equal(store_identify_each(&s, 0, add, &sum, &e), 0);
	return sum;
}

static void
test_over_the_same_fleet(void **state)
{
	struct store_session rec;
	struct store s;

	identify(&old, 100, 1);
	identify(&there, 100, 1); /* the same one */
	identify(&there, 200, 2);
	session(&old, 1, "then", NOW - 1000);
	session(&old, 2, "gone since", NOW - 1000);
	session(&there, 1, "now", NOW - 1000);
	blob(&old, "dead/0000000000000001", "handled since");
	blob(&there, "dead-meta", "count");
	blob(&old, "client-token/a", "older");
	blob(&there, "client-token/a", "newer");
	blob(&old, "client-token/b", "only there");
	blob(&old, "rollout", "1");
	restore(true);
	assert_int_equal(ledger_of(fresh), ledger_of(there.dir));
	assert_int_equal(rules.strays, 0);
	assert_int_equal(store_open(&s, fresh, &e), 0);
	assert_int_equal(store_session_get(&s, 1, &rec, &e), 1);
	assert_string_equal(rec.id, "now");
	assert_int_equal(store_session_get(&s, 2, &rec, &e), 0);
	assert_false(has("dead/0000000000000001", "handled since"));
	assert_true(has("client-token/a", "newer"));
	assert_true(has("client-token/b", "only there"));
	assert_false(has("rollout", "1"));
}

/* A fleet was started anew before the backup was put back: its numbers begin
 * at 1 again, and stand for other IDENTIFYs. */
static void
test_over_another_ledger(void **state)
{
	for (uint32_t i = 0; i < 5; i++)
		identify(&old, 100 + i, i);
	for (uint32_t i = 0; i < 3; i++)
		identify(&there, 900 + i, i);
	restore(true);
	assert_int_equal(rules.strays, 3);
	assert_int_equal(ledger_of(fresh),
	    ledger_of(old.dir) + ledger_of(there.dir));
}

static void
test_into_nothing(void **state)
{
	const void *value;
	struct kv_tx *tx;
	struct kv *kv;
	size_t n;

	identify(&old, 100, 1);
	session(&old, 1, "young", NOW - RESTORE_RULES_SESSION_MS);
	session(&old, 2, "old", NOW - RESTORE_RULES_SESSION_MS - 1);
	session(&old, 3, "of tomorrow", NOW + 1000);
	blob(&old, "budget", "counter");
	blob(&old, "dead/0000000000000001", "letter");
	blob(&old, "dead-meta", "count");
	restore(false);
	assert_int_equal(ledger_of(fresh), ledger_of(old.dir));
	assert_int_equal(rules.sessions, 1);
	assert_int_equal(rules.old_sessions, 2);
	assert_false(has("budget", "counter"));
	assert_true(has("dead/0000000000000001", "letter"));
	assert_non_null(kv = kv_open(fresh, false, &e));
	assert_non_null(tx = kv_begin(kv, NULL, false, &e));
	assert_int_equal(kv_get(tx, "k", &value, &n, &e), 1);
	kv_abort(tx);
	kv_close(kv);
}

/* A file that somebody made: what its keys must not be is said, and no reason
 * for an end in the middle. */
static void
f_c16_a_key_that_is_none_is_refused(void **state)
{
	char big[KV_KEY_MAX + 2];
	struct {
		const char *key;
		size_t len;
	} keys[] = {{"a\0b", 3}, {big, KV_KEY_MAX + 1}};
	struct backup_file_out o;
	struct backup_file_in in;

	memset(big, 'k', sizeof(big));
	for (size_t i = 0; i < nitems(keys); i++) {
		assert_int_equal(backup_file_create(&o, path, &e), 0);
		assert_int_equal(backup_file_put(&o, BACKUP_FILE_KV,
				     keys[i].key, keys[i].len, "v", 1, &e),
		    0);
		assert_int_equal(backup_file_finish(&o, &e), 0);
		assert_int_equal(backup_file_open(&in, path, &e), 0);
		assert_int_equal(restore_build(fresh, &in, NULL, &rules, &e),
		    -1);
		assert_non_null(strstr(e.text, "key"));
		backup_file_close(&in);
		restore_rules_free(&rules);
		assert_int_equal(scratch_remove(fresh), 0);
	}
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_over_the_same_fleet),
	    TEST(test_over_another_ledger),
	    TEST(test_into_nothing),
	    TEST(f_c16_a_key_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The store's records: sessions, cursors, the ledger of IDENTIFYs, blobs. */
#include "tests/unit/shared/store/store_rig.h"

#include "shared/base/clock.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
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
test_session(void **state)
{
	struct store_session in = store_rig_session(3, "abc", 17), out;

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
	struct store_session a = store_rig_session(0, "aaa", 10);
	struct store_session b = store_rig_session(1, "bbb", 20), out;
	struct store_cursor c[] = {
	    {0, base_hash64("aaa", 3), 15}, /* forward */
	    {1, base_hash64("old", 3), 99}, /* of a session that is gone */
	    {2, base_hash64("ccc", 3), 5},  /* no record */
	};

	assert_int_equal(store_session_put(&t.store, &a, &t.err), 0);
	assert_int_equal(store_session_put(&t.store, &b, &t.err), 0);
	assert_int_equal(store_cursors_put(&t.store, c, nitems(c), &t.err), 0);
	assert_int_equal(store_session_get(&t.store, 0, &out, &t.err), 1);
	assert_int_equal(out.seq, 15);
	assert_true(out.seen_ms > 0);
	assert_int_equal(store_session_get(&t.store, 1, &out, &t.err), 1);
	assert_int_equal(out.seq, 20);
	c[0].seq = 12; /* never back */
	assert_int_equal(store_cursors_put(&t.store, c, 1, &t.err), 0);
	assert_int_equal(store_session_get(&t.store, 0, &out, &t.err), 1);
	assert_int_equal(out.seq, 15);
}

/* A cursor of the session that had this id before moves nothing. */
static void
f_b1_cursors_belong_to_one_epoch(void **state)
{
	struct store_session old = store_rig_session(0, "abc", 500);
	struct store_session now = old, out;
	struct store_cursor c;

	old.epoch = 11;
	now.epoch = 12;
	now.seq = 1;
	c = (struct store_cursor) {0, store_session_key(&old), 900};
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
	struct record_842d226 r = {.shard = 3,
	    .shard_count = 16,
	    .seq = 40,
	    .id = "abc"};
	struct store_key k;

	str_copy(r.url, url, sizeof(r.url));
	store_env_key(&k, "session/00003");
	assert_int_equal(store_env_put_one(&t.store, &k, &r, sizeof(r), &t.err),
	    0);
}

static void
f_b1_records_of_older_builds_keep_their_key(void **state)
{
	struct store_cursor c = {3, base_hash64("abc", 3), 50};
	char url[STORE_URL_MAX];
	struct store_session out;

	put_old("wss://resume.example");
	assert_int_equal(store_session_get(&t.store, 3, &out, &t.err), 1);
	assert_int_equal(store_session_key(&out), base_hash64("abc", 3));
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
	assert_int_equal(store_session_key(&out), base_hash64("abc", 3));
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
	struct store_op settle = {.kind = STORE_OP_SETTLE,
	    .id = 10,
	    .outcome = OUTCOME_CLOSED,
	    .close_code = 4000,
	    .at_ms = now};
	struct seen s = {0};

	for (int i = 0; i < 10; i++) {
		e.asked_ms = e.sent_ms = now - (9 - i) * day;
		assert_int_equal(store_identify_add(&t.store, &e, 1, &t.err),
		    0);
		assert_int_equal(e.id, i + 1);
	}
	assert_int_equal(store_identify_each(&t.store, now - day, see, &s,
			     &t.err),
	    0);
	assert_int_equal(s.n, 2);
	memset(&s, 0, sizeof(s));
	assert_int_equal(store_identify_each(&t.store, 0, see, &s, &t.err), 0);
	assert_int_equal(s.n, 9); /* the one of nine days ago went */
	assert_int_equal(store_write(&t.store, &settle, 1, &t.err), 0);
	memset(&s, 0, sizeof(s));
	assert_int_equal(store_identify_each(&t.store, now, see, &s, &t.err),
	    0);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.e.outcome, OUTCOME_CLOSED);
	assert_int_equal(s.e.close_code, 4000);
	assert_int_equal(s.e.settled_ms, now);
	settle.id = 77; /* one that is forgotten by now */
	assert_int_equal(store_write(&t.store, &settle, 1, &t.err), 0);
}

/* Other keys around the ledger's must not be taken for entries. */
static void
test_ledger_among_others(void **state)
{
	struct store_session s = store_rig_session(0, "x", 1);
	struct store_gateway g = {.shards = 4, .total = 1000}, got;
	struct store_op op = {.kind = STORE_OP_GATEWAY, .data = &g};
	struct store_identify e = {.asked_ms = 1, .sent_ms = 1};
	size_t len;
	char text[4];

	assert_int_equal(store_session_put(&t.store, &s, &t.err), 0);
	assert_int_equal(store_write(&t.store, &op, 1, &t.err), 0);
	assert_int_equal(store_blob_put(&t.store, "k", "value", 5, &t.err), 0);
	assert_int_equal(store_identify_add(&t.store, &e, 1, &t.err), 0);
	assert_int_equal(e.id, 1);
	assert_int_equal(store_identify_add(&t.store, &e, 1, &t.err), 0);
	assert_int_equal(e.id, 2);
	assert_int_equal(store_gateway_get(&t.store, &got, &t.err), 1);
	assert_int_equal(got.shards, 4);
	assert_int_equal(store_blob_get(&t.store, "k", text, sizeof(text), &len,
			     &t.err),
	    1);
	assert_int_equal(len, 5);
	assert_memory_equal(text, "valu", 4);
	assert_int_equal(store_blob_get(&t.store, "no", text, 4, &len, &t.err),
	    0);
	assert_int_equal(store_blob_put(&t.store, "", "", 0, &t.err), -1);
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
	struct store_session s = store_rig_session(1, "x", 1);

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
	    T(test_full_map),
	    T(test_open_creates_nothing),
	    T(test_stat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

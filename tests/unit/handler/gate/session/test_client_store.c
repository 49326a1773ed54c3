/* SPDX-License-Identifier: MIT */
/* client_store.c: sessions and cursors, and what is no session. */
#include "handler/gate/session/client_store.h"

#include "tests/unit/shared/store/store_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
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

static struct client_session
make(const char *id, const char *client, uint32_t shard, uint32_t count,
    uint64_t acked)
{
	struct client_session c = {.size = sizeof(c),
	    .number = 1,
	    .life = 5,
	    .shard = shard,
	    .shard_count = count,
	    .first_s = 1,
	    .acked_s = 1,
	    .acked = acked};

	str_copy(c.id, id, sizeof(c.id));
	str_copy(c.client, client, sizeof(c.client));
	return c;
}

static void
save(const struct client_session *c)
{
	assert_int_equal(client_store_save(&t.store, &c, 1, &t.err), 0);
}

static int
note(const struct client_session *c, void *arg)
{
	strcat(arg, c->id);
	return 0;
}

static void
expect_all(const char *want, unsigned bad)
{
	char all[256] = "";
	unsigned n;

	assert_int_equal(client_store_each(&t.store, note, all, &n, &t.err), 0);
	assert_string_equal(all, want);
	assert_int_equal(n, bad);
}

static int64_t
cursor(const char *client, uint32_t shard, uint32_t count, uint64_t life)
{
	uint64_t position;
	int r = client_store_cursor(&t.store, client, shard, count, life,
	    &position, &t.err);

	assert_int_not_equal(r, -1);
	return r == 1 ? (int64_t)position : -1;
}

static void
test_sessions(void **state)
{
	struct client_session a = make("a", "bot", 0, 2, 10);
	struct client_session b = make("b", "bot", 1, 2, 30);
	const struct client_session *both[] = {&a, &b};

	expect_all("", 0);
	assert_int_equal(client_store_save(&t.store, both, 2, &t.err), 0);
	expect_all("ab", 0);
	a.acked = 20;
	save(&a);
	expect_all("ab", 0);
	assert_int_equal(client_store_end(&t.store, &a, false, &t.err), 0);
	assert_int_equal(client_store_end(&t.store, &a, false, &t.err), 0);
	expect_all("b", 0);
	/* The cursor stays. */
	assert_int_equal(cursor("bot", 0, 2, 5), 20);
	b.acked = 35;
	assert_int_equal(client_store_end(&t.store, &b, true, &t.err), 0);
	expect_all("", 0);
	/* ... and is of the end. */
	assert_int_equal(cursor("bot", 1, 2, 5), 35);
}

static void
test_cursors(void **state)
{
	struct client_session a = make("a", "bot", 0, 2, 40);
	struct client_session b = make("b", "bot", 1, 2, 30);
	struct client_session c = make("c", "bots", 0, 1, 7);

	save(&a);
	save(&b);
	save(&c);
	assert_int_equal(cursor("bot", 0, 2, 5), 40);
	assert_int_equal(cursor("bot", 1, 2, 5), 30);
	/* With another count: from where no shard of it has less. */
	assert_int_equal(cursor("bot", 0, 1, 5), 30);
	assert_int_equal(cursor("bots", 0, 1, 5), 7);
	assert_int_equal(cursor("bo", 0, 1, 5), -1);
	/* Positions of another log say nothing. */
	assert_int_equal(cursor("bot", 0, 2, 6), -1);
}

static void
test_no_sessions(void **state)
{
	struct client_session a = make("a", "bot", 0, 1, 1);

	save(&a);
	assert_int_equal(store_blob_put(&t.store, "gate-session/x", &a,
			     sizeof(a), &t.err),
	    0); /* of another id */
	assert_int_equal(store_blob_put(&t.store, "gate-session/y", "?", 1,
			     &t.err),
	    0);
	assert_int_equal(store_blob_put(&t.store, "gate-cursor/bot/0/1", "?", 1,
			     &t.err),
	    0);
	expect_all("a", 2);
	assert_int_equal(cursor("bot", 0, 1, 5), -1);
}

static void
test_forget(void **state)
{
	struct client_session b = make("keep", "other", 0, 1, 1);
	char id[8];

	save(&b);
	/* More than go in one transaction. */
	for (uint32_t i = 0; i < 150; i++) {
		str_format(id, sizeof(id), "%u", i);
		struct client_session a = make(id, "bot", i, 200, 1);
		save(&a);
	}
	assert_int_equal(client_store_forget(&t.store, "bot", &t.err), 0);
	expect_all("keep", 0);
	assert_int_equal(cursor("bot", 0, 200, 5), -1);
	assert_int_equal(cursor("other", 0, 1, 5), 1);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {TEST(test_sessions),
	    TEST(test_cursors), TEST(test_no_sessions), TEST(test_forget)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

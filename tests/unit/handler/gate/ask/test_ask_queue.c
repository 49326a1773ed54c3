/* SPDX-License-Identifier: MIT */
/* ask_queue.c: a question waits for the cache to have what it is about, not
 * for what is not, and not for ever. */
#include "handler/gate/ask/ask_queue.h"

#include "tests/unit/rig/fake_time.h"
#include "tests/unit/rig/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define MAP ((size_t)64 << 20)

static struct {
	char dir[SCRATCH_MAX];
	struct ask_queue asks;
	struct guild_cache *cache;
	struct timers *timers;
	uint64_t position, id;
	bool cold, full;
	unsigned n, status;
	char text[256];
} t;

static struct guild_cache *
on_cache(struct ask_queue *a, uint64_t *position)
{
	*position = t.position;
	return t.cold ? NULL : t.cache;
}

static uint64_t
on_self(struct ask_queue *a)
{
	return 40;
}

static bool
on_room(struct ask_queue *a, uint64_t lane)
{
	return !t.full;
}

static void
on_answer(struct ask_queue *a, uint64_t lane, uint64_t id,
    const struct ask_answer *out)
{
	t.n++;
	t.id = id;
	t.status = out->head.status;
	assert_true(str_format(t.text, sizeof(t.text), "%.*s",
	    (int)buf_len(&out->text), buf_data(&out->text)));
	assert_int_equal(lane, 3);
}

static void
apply(enum dispatch what, const char *d)
{
	struct guild_cache_event e = {.what = what,
	    .shard_count = 1,
	    .d = d,
	    .len = strlen(d)};
	struct err err;

	assert_int_equal(guild_cache_apply(t.cache, &e, 1, 9, 1, &err), 0);
}

static int
set_up(void **state)
{
	struct guild_cache_settings s = {.dir = t.dir,
	    .map_size = MAP,
	    .map_max = MAP};
	struct guild_cache_found found;
	struct err err;

	memset(&t, 0, sizeof(t));
	fake_time_reset();
	if (scratch_make(t.dir, sizeof(t.dir)) == -1)
		return -1;
	t.cache = guild_cache_open(&s, &found, &err);
	assert_non_null(t.cache);
	apply(DISPATCH_READY,
	    "{\"user\":{\"id\":\"40\"},\"guilds\":[{\"id\":\"7\"}]}");
	apply(DISPATCH_GUILD_CREATE,
	    "{\"id\":\"7\",\"channels\":[{\"id\":\"80\"}]}");
	t.timers = timer_base_new(NULL);
	t.position = 100;
	t.asks = (struct ask_queue) {.cache = on_cache,
	    .self = on_self,
	    .room = on_room,
	    .answer = on_answer};
	ask_queue_init(&t.asks, t.timers, 90);
	return 0;
}

static int
tear_down(void **state)
{
	ask_queue_free(&t.asks);
	timer_base_free(t.timers);
	guild_cache_close(t.cache);
	return scratch_remove(t.dir);
}

static void
ask(uint64_t id, uint64_t channel)
{
	struct gate_ask q = {.what = GATE_ASK_CHANNEL, .channel = channel};

	ask_queue_take(&t.asks, 3, id, (const char *)&q, sizeof(q));
}

static void
what_is_there_at_once(void **state)
{
	ask(1, 80);
	assert_int_equal(t.n, 1);
	assert_string_equal(t.text, "{\"id\":\"80\",\"guild_id\":\"7\"}");
	/* What another guild waits for is nothing to it. */
	ask_queue_changed(&t.asks, 8, 150);
	ask(2, 80);
	assert_int_equal(t.n, 2);
}

static void
waits_for_what_it_is_about(void **state)
{
	ask_queue_changed(&t.asks, 7, 150);
	ask(1, 80);
	ask(2, 81); /* not known: it may be on its way */
	fake_time_advance(100);
	assert_int_equal(t.n, 0);
	apply(DISPATCH_CHANNEL_CREATE, "{\"id\":\"81\",\"guild_id\":\"7\"}");
	t.position = 150;
	fake_time_advance(20);
	assert_int_equal(t.n, 2);
	assert_string_equal(t.text, "{\"id\":\"81\",\"guild_id\":\"7\"}");
	assert_int_equal(t.asks.late, 0);
	assert_int_equal(fake_time_next(), UINT64_MAX);
}

static void
not_for_ever(void **state)
{
	ask_queue_changed(&t.asks, 7, 150);
	ask(1, 80);
	fake_time_advance(ASK_QUEUE_WAIT_MS - 20);
	assert_int_equal(t.n, 0);
	fake_time_advance(20);
	assert_int_equal(t.n, 1);
	assert_int_equal(t.status, GATE_ANSWER_OK);
	assert_int_equal(t.asks.late, 1);
}

static void
cold_is_said_at_once(void **state)
{
	t.cold = true;
	ask(1, 80);
	assert_int_equal(t.n, 1);
	assert_int_equal(t.status, GATE_ANSWER_COLD);
	assert_string_equal(t.text, ask_cold);
}

static void
one_that_gets_cold_is_said(void **state)
{
	ask_queue_changed(&t.asks, 7, 150);
	ask(1, 80);
	t.cold = true;
	fake_time_advance(20);
	assert_int_equal(t.n, 1);
	assert_int_equal(t.status, GATE_ANSWER_COLD);
}

static void
waits_for_room(void **state)
{
	t.full = true;
	ask(1, 80);
	fake_time_advance(2 * ASK_QUEUE_WAIT_MS);
	assert_int_equal(t.n, 0);
	t.full = false;
	fake_time_advance(20);
	assert_int_equal(t.n, 1);
}

static void
bounded(void **state)
{
	ask_queue_changed(&t.asks, 7, 150);
	for (unsigned i = 0; i < ASK_QUEUE_MAX; i++)
		ask(i, 80);
	assert_int_equal(t.n, 0);
	ask(999, 80);
	assert_int_equal(t.n, 1);
	assert_int_equal(t.id, 999);
	assert_int_equal(t.status, GATE_ANSWER_COLD);
	ask_queue_take(&t.asks, 3, 5, "x", 1);
	assert_string_equal(t.text, "that is no question");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	    TEST(what_is_there_at_once),
	    TEST(waits_for_what_it_is_about),
	    TEST(not_for_ever),
	    TEST(cold_is_said_at_once),
	    TEST(one_that_gets_cold_is_said),
	    TEST(waits_for_room),
	    TEST(bounded),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Limits of what we send (discord-protocol.md 3.1, 3.2), on a fake clock. */
#include "shard/session/send_queue.h"
#include "tests/unit/rig/fake_time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define MEMBERS "{\"op\":8,\"d\":{}}"
#define LIST(guild)                                                            \
	"{\"op\":8,\"d\":{\"guild_id\":\"" guild "\",\"query\":"               \
	"\"\",\"limit\":0}}"
#define SEARCH                                                                 \
	"{\"op\":8,\"d\":{\"guild_id\":\"41\",\"query\":\"a\",\"limit\":9}}"
#define PRESENCE "{\"op\":3,\"d\":{}}"
#define LOG_MAX 4000

static uint64_t sent_at[LOG_MAX];
static unsigned sent, results[8], last_id;
static bool refuse;
static struct timers *timers;

static bool
do_write(void *arg, const char *text, size_t len)
{
	if (refuse)
		return false;
	must(sent < LOG_MAX);
	sent_at[sent++] = clock_boot_ms();
	return true;
}

static void
do_result(void *arg, uint64_t id, enum send_status status)
{
	results[status]++;
	last_id = (unsigned)id;
}

static const struct send_queue_ops ops = {do_write, do_result};

static struct send_queue *
fresh(void)
{
	struct send_queue *s;

	fake_time_reset();
	sent = 0;
	refuse = false;
	memset(results, 0, sizeof(results));
	if (timers == NULL)
		timers = timer_base_new(NULL);
	s = send_queue_new(timers, &ops, NULL);
	send_queue_open(s);
	return s;
}

static void
ask(struct send_queue *s, const char *text)
{
	send_queue_request(s, 7, text, strlen(text));
}

/* The most sends in any window of that length. */
static unsigned
densest(uint64_t span)
{
	unsigned most = 0;

	for (unsigned i = 0, from = 0; i < sent; i++) {
		while (sent_at[i] - sent_at[from] >= span)
			from++;
		if (i - from + 1 > most)
			most = i - from + 1;
	}
	return most;
}

static void
test_window(void **state)
{
	struct send_queue *s = fresh();

	for (int i = 0; i < 1000; i++) {
		ask(s, MEMBERS);
		fake_time_advance(300);
	}
	fake_time_advance(120000);
	assert_int_equal(send_queue_waiting(s), 0);
	assert_int_equal(densest(SEND_QUEUE_WINDOW_MS), SEND_QUEUE_APP_MAX);
	assert_true(sent > 500);
	assert_true(results[SEND_QUEUE_FULL] > 0);
	assert_int_equal(results[SEND_OK], sent);
	send_queue_free(s);
}

static void
test_own_count(void **state)
{
	struct send_queue *s = fresh();

	for (unsigned i = 0; i < SEND_QUEUE_APP_MAX; i++)
		ask(s, MEMBERS);
	assert_int_equal(sent, SEND_QUEUE_APP_MAX);
	/* Heartbeats go on beside a full window, up to Discord's limit. */
	for (unsigned i = SEND_QUEUE_APP_MAX; i < SEND_QUEUE_ALL_MAX; i++)
		assert_true(send_queue_count_own(s));
	assert_false(send_queue_count_own(s));
	ask(s, MEMBERS);
	assert_int_equal(send_queue_waiting(s), 1);
	fake_time_advance(SEND_QUEUE_WINDOW_MS);
	assert_int_equal(send_queue_waiting(s), 0);
	send_queue_free(s);
}

static void
test_presence(void **state)
{
	struct send_queue *s = fresh();

	for (int i = 0; i < 7; i++)
		ask(s, PRESENCE);
	assert_int_equal(sent, SEND_QUEUE_PRESENCE_MAX);
	/* Others pass a presence that waits. */
	ask(s, MEMBERS);
	assert_int_equal(sent, SEND_QUEUE_PRESENCE_MAX + 1);
	fake_time_advance(SEND_QUEUE_PRESENCE_MS);
	assert_int_equal(sent, 8);
	send_queue_free(s);
}

static void
test_refused(void **state)
{
	static const char *const bad[] = {"", "nonsense", "[]", "{}",
	    "{\"op\":2,\"d\":{}}", "{\"op\":6,\"d\":{}}",
	    "{\"op\":1,\"d\":null}", "{\"op\":\"8\",\"d\":{}}",
	    "{\"op\":8,\"d\":{}", "{\"op\":8,\"d\":{}} x"};
	static const char *const good[] = {MEMBERS, PRESENCE,
	    "{\"d\":{\"op\":2},\"op\":4}", "{\"op\":31,\"d\":{}}",
	    " {\"op\": 43, \"d\": {}} "};
	struct send_queue *s = fresh();
	static char big[SEND_QUEUE_BYTES_MAX + 2];

	for (size_t i = 0; i < nitems(bad); i++)
		ask(s, bad[i]);
	assert_int_equal(results[SEND_BAD], nitems(bad));
	assert_int_equal(sent, 0);
	for (size_t i = 0; i < nitems(good); i++)
		ask(s, good[i]);
	assert_int_equal(sent, nitems(good));
	memset(big, ' ', sizeof(big) - 1);
	memcpy(big, MEMBERS, strlen(MEMBERS));
	ask(s, big);
	assert_int_equal(results[SEND_TOO_LONG], 1);
	big[SEND_QUEUE_BYTES_MAX] = '\0';
	ask(s, big);
	assert_int_equal(sent, nitems(good) + 1);
	send_queue_free(s);
}

static void
test_disconnect(void **state)
{
	struct send_queue *s = fresh();

	for (unsigned i = 0; i < SEND_QUEUE_APP_MAX + 10; i++)
		ask(s, MEMBERS);
	assert_int_equal(send_queue_waiting(s), 10);
	send_queue_close(s);
	assert_int_equal(results[SEND_NOT_CONNECTED], 10);
	ask(s, MEMBERS);
	assert_int_equal(results[SEND_NOT_CONNECTED], 11);
	/* A new connection counts from 0. */
	send_queue_restart(s);
	send_queue_open(s);
	ask(s, MEMBERS);
	assert_int_equal(sent, SEND_QUEUE_APP_MAX + 1);
	refuse = true;
	ask(s, MEMBERS);
	assert_int_equal(results[SEND_NOT_CONNECTED], 12);
	fake_time_advance(1);
	send_queue_free(s);
}

/* 3.2: a member list once per guild per 30 s; others do not wait for it. */
static void
test_member_lists(void **state)
{
	struct send_queue *s = fresh();

	ask(s, LIST("41"));
	ask(s, LIST("41"));
	ask(s, LIST("42"));
	ask(s, SEARCH);
	assert_int_equal(sent, 3);
	assert_int_equal(send_queue_waiting(s), 1);
	/* Another connection does not change it. */
	send_queue_restart(s);
	fake_time_advance(SEND_QUEUE_LIST_MS - 1);
	assert_int_equal(sent, 3);
	fake_time_advance(1);
	assert_int_equal(sent, 4);
	assert_int_equal(results[SEND_OK], 4);
	send_queue_free(s);
}

/* RATE_LIMITED: Discord's own word counts (8.28). */
static void
test_member_list_refused(void **state)
{
	struct send_queue *s = fresh();

	send_queue_limited(s, 41, 45.25);
	send_queue_limited(s, 0, 45.25);
	ask(s, LIST("41"));
	ask(s, LIST("42"));
	assert_int_equal(sent, 1);
	fake_time_advance(45250);
	assert_int_equal(sent, 1);
	fake_time_advance(1);
	assert_int_equal(sent, 2);
	/* Nonsense must not silence a guild for ever. */
	send_queue_limited(s, 43, 1e300);
	ask(s, LIST("43"));
	fake_time_advance(SEND_QUEUE_LIST_MAX_MS + 1);
	assert_int_equal(sent, 3);
	/* A thousand guilds need no more room than the newest of them. */
	for (uint64_t g = 100; g < 1100; g++)
		send_queue_limited(s, g, 0.5);
	ask(s, LIST("1099"));
	assert_int_equal(sent, 3);
	fake_time_advance(501);
	assert_int_equal(sent, 4);
	send_queue_free(s);
}

/* Whoever asked is gone: it is sent, and nobody hears of it. */
static void
test_disowned(void **state)
{
	struct send_queue *s = fresh();

	ask(s, LIST("41"));
	ask(s, LIST("41"));
	send_queue_disown(s);
	fake_time_advance(SEND_QUEUE_LIST_MS);
	assert_int_equal(sent, 2);
	assert_int_equal(results[SEND_OK], 1);
	send_queue_free(s);
}

static int
tear_down(void **state)
{
	timer_base_free(timers);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_window),
	    cmocka_unit_test(test_own_count),
	    cmocka_unit_test(test_presence),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_disconnect),
	    cmocka_unit_test(test_member_lists),
	    cmocka_unit_test(test_member_list_refused),
	    cmocka_unit_test(test_disowned),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}

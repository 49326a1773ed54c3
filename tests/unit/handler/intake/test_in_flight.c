/* SPDX-License-Identifier: MIT */
/*
 * in_flight.c against a shadow model: random events, completions, repeats, new
 * uplinks and dead shard processes.  Nothing may be acknowledged before it is
 * done, nothing worked on twice, nothing forgotten (design, I2).
 */
#include "handler/intake/in_flight.h"

#include "shared/base/tricks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define EVENTS 4000 /* of the session */
#define OPS 60000

enum fate { UNSEEN, WORKING, DONE };

/* What a shard and Discord know, and what a plugin did. */
static struct {
	struct in_flight work;
	struct in_flight_shard shard;
	struct event *at[EVENTS + 1];
	enum fate fate[EVENTS + 1];
	unsigned admitted[EVENTS + 1];
	uint64_t seq_of[OPS * 2 + 1]; /* ord to seq, of this process */
	uint64_t ord;		      /* last given out */
	uint64_t base;		      /* first ord on this uplink, less 1 */
	uint64_t sent, cursor;	      /* seqs: sent up to, acknowledged */
	uint64_t process;
	uint32_t rng;
} m;

static uint32_t
pick(uint32_t n)
{
	m.rng = m.rng * 1664525u + 1013904223u;
	return (m.rng >> 8) % n;
}

static void
give(uint64_t ord, uint64_t seq)
{
	struct up_hdr h = {.type = UP_EVENT,
	    .len = 4,
	    .ord = ord,
	    .seq = seq,
	    .session = 77,
	    .recv_ms = seq};
	enum in_flight_verdict v = in_flight_judge(&m.work, &m.shard, &h);

	m.seq_of[ord] = seq;
	assert_int_equal(v,
	    m.fate[seq] == UNSEEN	 ? IN_FLIGHT_NEW
		: m.fate[seq] == WORKING ? IN_FLIGHT_REBOUND
					 : IN_FLIGHT_DONE);
	if (v != IN_FLIGHT_NEW)
		return;
	m.admitted[seq]++;
	m.fate[seq] = DONE;
	if (pick(3) == 0)
		return; /* nobody wants it */
	m.fate[seq] = WORKING;
	m.at[seq] = in_flight_add(&m.work, &m.shard, &h, "data", 1 + pick(2));
}

static void
finish(uint64_t seq)
{
	if (seq > EVENTS || m.fate[seq] != WORKING)
		return;
	if (in_flight_finish(&m.work, m.at[seq]))
		m.fate[seq] = DONE;
}

static void
acknowledge(void)
{
	uint64_t ack = in_flight_ack(&m.shard);

	assert_true(ack <= m.ord);
	for (uint64_t o = m.base + 1; o <= ack; o++) {
		assert_int_equal(m.fate[m.seq_of[o]], DONE);
		if (m.seq_of[o] > m.cursor)
			m.cursor = m.seq_of[o];
	}
	/* And not later than need be: the next one is really not done. */
	if (ack < m.ord && ack > m.base)
		assert_int_equal(m.fate[m.seq_of[ack + 1]], WORKING);
}

/* The same process on a new uplink sends what is not acknowledged again. */
static void
new_uplink(void)
{
	uint64_t from = m.ord + 1;

	while (from > 1 && m.seq_of[from - 1] > m.cursor)
		from--;
	in_flight_bind(&m.shard, m.process);
	m.base = from - 1;
	for (uint64_t o = from; o <= m.ord; o++)
		give(o, m.seq_of[o]);
}

/* A new process resumes from the cursor and counts anew. */
static void
new_process(void)
{
	in_flight_bind(&m.shard, ++m.process);
	m.ord = m.base = 0;
	for (uint64_t s = m.cursor + 1; s <= m.sent; s++)
		give(++m.ord, s);
}

static void
test_shadow(void **state)
{
	for (uint32_t seed = 1; seed <= 20; seed++) {
		memset(&m, 0, sizeof(m));
		m.rng = seed;
		m.process = 1;
		in_flight_init(&m.work, 128, 1 << 20);
		in_flight_shard_init(&m.shard, 5);
		in_flight_session(&m.shard, 77, "s");
		in_flight_bind(&m.shard, 1);
		while (m.cursor < EVENTS) {
			uint32_t op = pick(1000);

			if (op < 500 && m.sent < EVENTS)
				give(++m.ord, ++m.sent);
			else if (op < 990)
				finish(m.cursor + 1
				    + pick((uint32_t)(m.sent - m.cursor + 1)));
			else if (op < 996)
				new_uplink();
			else
				new_process();
			acknowledge();
		}
		for (uint64_t s = 1; s <= EVENTS; s++)
			assert_int_equal(m.admitted[s], 1);
		assert_int_equal(m.work.events, 0);
		assert_int_equal(m.work.bytes, 0);
		in_flight_free(&m.work);
	}
}

static struct in_flight w;
static struct in_flight_shard shard;

static int
setup(void **state)
{
	in_flight_init(&w, 16, 1000);
	in_flight_shard_init(&shard, 1);
	in_flight_bind(&shard, 9);
	return 0;
}

static int
teardown(void **state)
{
	in_flight_shard_drop(&w, &shard);
	in_flight_free(&w);
	return 0;
}

static enum in_flight_verdict
judge(uint64_t ord, uint64_t session, uint64_t seq)
{
	return in_flight_judge(&w, &shard,
	    &(struct up_hdr) {.type = UP_EVENT,
		.ord = ord,
		.session = session,
		.seq = seq});
}

static struct event *
add(uint64_t ord, uint64_t session, uint64_t seq, uint32_t len)
{
	static char payload[IN_FLIGHT_SIZES * IN_FLIGHT_STEP];

	return in_flight_add(&w, &shard,
	    &(struct up_hdr) {.type = UP_EVENT,
		.ord = ord,
		.session = session,
		.seq = seq,
		.len = len},
	    payload, 1);
}

/* A number far ahead must not make its successors look like old ones. */
static void
test_odd_numbers(void **state)
{
	assert_int_equal(judge(1, 7, 10), IN_FLIGHT_NEW);
	assert_int_equal(judge(2, 7, 5000000000u), IN_FLIGHT_NEW);
	assert_int_equal(judge(3, 7, 11), IN_FLIGHT_NEW);
	assert_int_equal(judge(4, 7, 12), IN_FLIGHT_NEW);
	assert_int_equal(judge(5, 7, UINT64_MAX), IN_FLIGHT_NEW);
	assert_int_equal(judge(6, 7, 5000000000u), IN_FLIGHT_DONE);
	assert_int_equal(judge(7, 7, 11), IN_FLIGHT_DONE);
	assert_int_equal(judge(8, 7, UINT64_MAX), IN_FLIGHT_DONE);
	assert_int_equal(judge(9, 7, 13), IN_FLIGHT_NEW);
}

/* More gaps than are remembered: at worst an event comes twice. */
static void
test_gaps(void **state)
{
	uint64_t ord = 0;

	for (uint64_t s = 2; s <= 200; s += 2)
		assert_int_equal(judge(++ord, 7, s), IN_FLIGHT_NEW);
	for (uint64_t s = 1; s <= 199; s += 2)
		assert_int_equal(judge(++ord, 7, s), IN_FLIGHT_NEW);
	assert_int_equal(judge(++ord, 7, 199), IN_FLIGHT_DONE);
}

static void
test_without_number(void **state)
{
	struct event *e;

	assert_int_equal(judge(1, 7, 0), IN_FLIGHT_NEW);
	e = add(1, 7, 0, 1);
	assert_int_equal(judge(2, 0, 0), IN_FLIGHT_NEW);
	in_flight_bind(&shard, 9); /* the same process again */
	assert_int_equal(judge(1, 7, 0), IN_FLIGHT_REBOUND);
	assert_int_equal(judge(2, 0, 0), IN_FLIGHT_DONE);
	assert_int_equal(in_flight_ack(&shard), 0);
	assert_true(in_flight_finish(&w, e));
	assert_int_equal(in_flight_ack(&shard), 2);
	in_flight_bind(&shard, 10); /* another: its ord 1 is another event */
	assert_int_equal(judge(1, 7, 0), IN_FLIGHT_NEW);
}

static void
test_sessions(void **state)
{
	char id[8];

	for (uint64_t i = 1; i <= IN_FLIGHT_SESSIONS + 1; i++) {
		str_format(id, sizeof(id), "s%u", (unsigned)i);
		in_flight_session(&shard, i, id);
	}
	assert_string_equal(in_flight_session_id(&shard, 1), "");
	assert_string_equal(in_flight_session_id(&shard, 2), "s2");
	assert_string_equal(in_flight_session_id(&shard,
				IN_FLIGHT_SESSIONS + 1),
	    "s5");
}

/* A copy ahead of its place is worked on, and its ordinary frame once. */
static void
test_express(void **state)
{
	struct up_hdr h = {.type = UP_EVENT,
	    .flags = UP_FLAG_EXPRESS,
	    .session = 7,
	    .seq = 5};
	struct event *e;

	assert_int_equal(judge(1, 7, 1), IN_FLIGHT_NEW);
	assert_int_equal(in_flight_judge(&w, &shard, &h), IN_FLIGHT_NEW);
	e = in_flight_add(&w, &shard, &h, "", 1);
	assert_int_equal(in_flight_judge(&w, &shard, &h), IN_FLIGHT_DONE);
	assert_int_equal(in_flight_ack(&shard), 1); /* holds nothing up */
	for (uint64_t s = 2; s < 5; s++)
		assert_int_equal(judge(s, 7, s), IN_FLIGHT_NEW);
	assert_int_equal(judge(5, 7, 5), IN_FLIGHT_REBOUND);
	assert_int_equal(in_flight_ack(&shard), 4); /* and now it does */
	assert_true(in_flight_finish(&w, e));
	assert_int_equal(in_flight_ack(&shard), 5);
	h.seq = 9;
	assert_int_equal(in_flight_judge(&w, &shard, &h), IN_FLIGHT_NEW);
	assert_true(in_flight_finish(&w, in_flight_add(&w, &shard, &h, "", 1)));
	assert_int_equal(judge(6, 7, 9), IN_FLIGHT_DONE);
	assert_int_equal(judge(7, 7, 9), IN_FLIGHT_DONE);
	h.seq = 0; /* could not be recognised: it comes in its place */
	assert_int_equal(in_flight_judge(&w, &shard, &h), IN_FLIGHT_DONE);
}

/* An event of a dead session must not hold up what comes after. */
static void
test_loose(void **state)
{
	assert_int_equal(judge(1, 7, 1), IN_FLIGHT_NEW);
	add(1, 7, 1, 1);
	in_flight_bind(&shard, 10);
	assert_int_equal(in_flight_ack(&shard), 0);
	assert_int_equal(judge(1, 8, 1), IN_FLIGHT_NEW);
	assert_int_equal(in_flight_ack(&shard), 1);
	assert_int_equal(w.events, 1);
}

static void
test_bounds(void **state)
{
	uint64_t i;
	struct event *e[16];

	for (i = 1; i <= 16; i++) {
		assert_false(in_flight_full(&w));
		judge(i, 7, i);
		e[i - 1] = add(i, 7, i, 1);
	}
	assert_true(in_flight_full(&w));
	for (i = 0; i < 8; i++) {
		assert_false(in_flight_low(&w));
		in_flight_finish(&w, e[i]);
	}
	assert_true(in_flight_low(&w));
	judge(17, 7, 17);
	add(17, 7, 17, 1500);
	assert_true(in_flight_full(&w));
}

/* What finished events leave is the next ones', up to a bound, until it is
 * given back; one of a size that is not kept is none of it. */
static void
test_memory_is_kept(void **state)
{
	struct event *e[16];

	for (uint64_t round = 0; round < 3; round++) {
		for (uint64_t i = 1; i <= 16; i++) {
			uint64_t n = round * 16 + i;

			judge(n, 7, n);
			e[i - 1] = add(n, 7, n, (uint32_t)(n * 40));
			memset(e[i - 1]->raw, 'x', e[i - 1]->len + 1);
			assert_int_equal(e[i - 1]->seq, n);
			assert_int_equal(e[i - 1]->pending, 1);
			assert_false(e[i - 1]->checked);
		}
		for (size_t i = 0; i < 16; i++) {
			e[i]->checked = true;
			in_flight_finish(&w, e[i]);
		}
		assert_int_equal(w.kept_bytes > 0, HERD_TRICK_EVENTS_KEPT);
		assert_true(w.kept_bytes <= IN_FLIGHT_KEPT_MAX);
	}
	in_flight_rest(&w);
	assert_int_equal(w.kept_bytes, 0);
	judge(100, 7, 100);
	in_flight_finish(&w,
	    add(100, 7, 100, IN_FLIGHT_SIZES * IN_FLIGHT_STEP));
	assert_int_equal(w.kept_bytes, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_shadow),
	    cmocka_unit_test_setup_teardown(test_odd_numbers, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_gaps, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_without_number, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(test_sessions, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_express, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_loose, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_memory_is_kept, setup,
		teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/*
 * Random walks through permits, ledger and budget at once: shards that ask, are
 * refused, die, end well or badly, answers of Discord's that come late or not, a
 * disk that is full or busy, supervisors that start anew.  Held against a naive
 * Discord: it counts what reaches it, and closes on what comes too soon.
 */
#include "supervisor/identify/budget.h"
#include "shared/base/clock.h"
#include "tests/unit/supervisor/identify/permit_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WALKS 3000
#define STEPS 250
#define SHARDS_MAX 12
#define GRANTS_MAX 1024
#define SPACING_MS 5000
#define DAY_MS 86400000
#define LIVENESS_MS ((uint64_t)6 * 3600 * 1000)

struct entry {
	uint32_t shard;
	uint64_t at_ms;
	uint32_t outcome; /* OUTCOME_NONE: not settled */
};

static struct {
	struct permit p;
	struct timers *timers;
	struct budget budget;
	uint32_t count, keys;
	/* the ledger, by id - 1 */
	struct entry entry[GRANTS_MAX];
	uint64_t entries;
	/* the shards: what they wait for, or hold */
	bool asks[SHARDS_MAX], ready[SHARDS_MAX];
	uint64_t held[SHARDS_MAX]; /* ledger id of the grant not answered */
	uint32_t serial[SHARDS_MAX];
	/* Discord */
	int64_t total, remaining;
	uint64_t reset_ms, key_ms[SHARDS_MAX];
	bool key_used[SHARDS_MAX];
	uint64_t sent, foreign, blamed;
	/* troubles */
	bool disk_full, busy, held_all, silent;
	uint64_t rng;
	bool asked; /* a refresh is due */
} m;

static uint64_t seed;
static uint64_t all_sent, all_restarts, all_refused;

static uint64_t
pick(uint64_t n)
{
	m.rng = m.rng * 6364136223846793005u + 1442695040888963407u;
	return (m.rng >> 33) % n;
}

/* ---- Discord -------------------------------------------------------- */

static void
reset_if_due(void)
{
	if (clock_boot_ms() < m.reset_ms)
		return;
	m.remaining = m.total;
	m.reset_ms += DAY_MS;
}

/* An IDENTIFY of this shard reaches it. */
static void
identify(uint32_t shard)
{
	uint32_t key = shard % m.keys;

	reset_if_due();
	assert_true(m.remaining > 0); /* else the token would be reset */
	if (m.key_used[key])
		assert_true(clock_boot_ms() - m.key_ms[key] >= SPACING_MS);
	m.key_used[key] = true;
	m.key_ms[key] = clock_boot_ms();
	m.remaining--;
	m.sent++;
}

static void
answer(void)
{
	struct permit_answer a;
	int64_t left;

	reset_if_due();
	left = (int64_t)(m.reset_ms - clock_boot_ms());
	a = (struct permit_answer) {m.keys, m.total, m.remaining, m.reset_ms,
	    clock_boot_ms(), budget_unsure(&m.budget)};
	m.asked = false;
	m.blamed += budget_answer(&m.budget, m.total, m.remaining, left,
	    clock_wall_ms());
	/* Nobody is blamed for what was ours. */
	assert_true(m.blamed <= m.foreign);
	permit_budget(&m.p, &a);
}

/* ---- the supervisor's hands ----------------------------------------- */

static uint32_t
act_record(void *arg, struct permit_request *q, size_t n)
{
	assert_in_range(n, 1, PERMIT_PASS_MAX);
	if (m.disk_full)
		return PERMIT_RERECORD_MS;
	if (m.busy)
		return PERMIT_BUSY_MS;
	for (size_t i = 0; i < n; i++) {
		must(m.entries < GRANTS_MAX);
		m.entry[m.entries] = (struct entry) {q[i].shard,
		    clock_boot_ms(), OUTCOME_PENDING};
		q[i].id = ++m.entries;
		budget_granted(&m.budget, q[i].id, clock_wall_ms(), q[i].again);
	}
	return 0;
}

static bool
act_grant(void *arg, uint32_t shard, uint32_t serial, uint64_t id)
{
	assert_false(m.held_all);
	assert_true(m.asks[shard]);
	assert_int_equal(m.held[shard], 0); /* one at a time */
	assert_int_equal(serial, m.serial[shard]);
	/* It is written down, as this shard's. */
	assert_in_range(id, 1, m.entries);
	assert_int_equal(m.entry[id - 1].shard, shard);
	m.asks[shard] = false;
	m.held[shard] = id;
	identify(shard);
	return true;
}

static void
act_settle(void *arg, uint64_t id, uint32_t outcome, uint32_t code)
{
	assert_in_range(id, 1, m.entries);
	assert_int_equal(m.entry[id - 1].outcome, OUTCOME_PENDING);
	m.entry[id - 1].outcome = outcome;
	if (outcome == OUTCOME_UNUSED)
		budget_unused(&m.budget, id);
}

static void
act_refresh(void *arg)
{
	m.asked = true;
	budget_asking(&m.budget, permit_pending(&m.p));
}

static void
act_say(void *arg, const char *s)
{
	assert_true(strlen(s) < PERMIT_WORDS);
}

static const struct permit_actions actions = {act_record, act_grant, act_settle,
    act_refresh, act_say};

/* As ledger_init does: what was granted before it is known, what was not
 * settled is lost. */
static void
supervisor_starts(void)
{
	m.timers = timer_base_new(NULL);
	permit_init(&m.p, m.timers, m.count, SPACING_MS / 1000.0, 0, &actions,
	    NULL);
	for (uint64_t i = 0; i < m.entries; i++) {
		struct entry *e = &m.entry[i];

		if (e->outcome == OUTCOME_PENDING)
			e->outcome = OUTCOME_LOST;
		permit_remember(&m.p, e->shard, clock_boot_ms() - e->at_ms,
		    e->outcome, false);
	}
	m.held_all = false;
	m.asked = false;
}

static void
supervisor_dies(void)
{
	permit_free(&m.p);
	timer_base_free(m.timers);
	all_restarts++;
	fake_time_advance(pick(3000));
	/* With the machine: the shards too, and all they waited for. */
	for (uint32_t i = 0; i < m.count; i++) {
		m.held[i] = 0;
		m.asks[i] = false;
		m.ready[i] = m.ready[i] && pick(2) == 0;
	}
	supervisor_starts();
}

/* ---- steps ---------------------------------------------------------- */

static void
ask(uint32_t i)
{
	if (m.ready[i] || m.held[i] != 0)
		return;
	m.asks[i] = true;
	permit_ask(&m.p, i, ++m.serial[i], CAUSE_NO_SESSION, 0);
}

static void
ends(uint32_t i)
{
	static const uint32_t outcome[] = {OUTCOME_READY, OUTCOME_READY,
	    OUTCOME_READY, OUTCOME_INVALID, OUTCOME_CLOSED};
	uint64_t id = m.held[i];
	uint32_t o = outcome[pick(nitems(outcome))];

	if (id == 0)
		return;
	m.held[i] = 0;
	m.ready[i] = o == OUTCOME_READY;
	permit_done(&m.p, i, id, o, o == OUTCOME_CLOSED ? 4000 : 0);
	all_refused += o != OUTCOME_READY;
}

static void
dies(uint32_t i)
{
	m.asks[i] = m.ready[i] = false;
	m.held[i] = 0;
	permit_lost(&m.p, i);
}

static void
takes_back(uint32_t i)
{
	if (!m.asks[i])
		return;
	m.asks[i] = false;
	permit_done(&m.p, i, 0, OUTCOME_UNUSED, 0);
}

static void
trouble(void)
{
	switch (pick(8)) {
	case 0:
		m.disk_full = !m.disk_full;
		break;
	case 1:
		m.busy = !m.busy;
		break;
	case 2:
		m.held_all = true;
		permit_hold(&m.p, "A test says so.");
		break;
	case 3:
		m.held_all = false;
		permit_release(&m.p);
		break;
	case 4:
		m.silent = !m.silent;
		break;
	case 5:
		if (m.remaining > m.total / 2) {
			m.remaining--; /* somebody else's */
			m.foreign++;
		}
		break;
	case 6:
		permit_force(&m.p, (uint32_t)pick(m.count));
		break;
	default:
		supervisor_dies();
	}
}

static void
step(void)
{
	uint32_t i = (uint32_t)pick(m.count);
	uint64_t r = pick(100);

	if (r < 25)
		ask(i);
	else if (r < 50)
		ends(i);
	else if (r < 55)
		dies(i);
	else if (r < 58)
		takes_back(i);
	else if (r < 62)
		permit_expect(&m.p, i);
	else if (r < 66)
		trouble();
	else if (r < 90)
		fake_time_advance(pick(pick(4) == 0 ? 8000 : 300));
	else if (r < 91)
		fake_time_advance(pick(3600000));
	else if (m.asked && !m.silent)
		answer();
	assert_true(permit_pending(&m.p) <= m.count);
}

/* When the troubles are over everybody gets what he asks for. */
static void
settles(void)
{
	uint64_t until = clock_boot_ms() + LIVENESS_MS;
	bool waits = true;

	m.disk_full = m.busy = m.silent = m.held_all = false;
	permit_release(&m.p);
	for (uint32_t i = 0; i < m.count; i++)
		ask(i);
	while (waits) {
		assert_true(clock_boot_ms() < until + 2 * DAY_MS);
		fake_time_advance(1000);
		if (m.asked)
			answer();
		waits = false;
		for (uint32_t i = 0; i < m.count; i++) {
			if (m.held[i] != 0) {
				permit_done(&m.p, i, m.held[i], OUTCOME_READY,
				    0);
				m.held[i] = 0;
				m.ready[i] = true;
			}
			waits |= !m.ready[i];
		}
		if (waits && clock_boot_ms() > until)
			fake_time_advance(DAY_MS / 4);
	}
}

static void
walk(void)
{
	memset(&m, 0, sizeof(m));
	fake_time_reset();
	m.rng = seed * 0x9e3779b97f4a7c15u + 1;
	m.count = 1 + (uint32_t)pick(SHARDS_MAX);
	m.keys = 1 + (uint32_t)pick(4);
	m.total = pick(3) == 0 ? 40 : 1000;
	m.remaining = m.total - (int64_t)pick((uint64_t)m.total / 4);
	m.reset_ms = clock_boot_ms() + 1 + pick(DAY_MS);
	budget_init(&m.budget, 1);
	supervisor_starts();
	m.asked = true;
	budget_asking(&m.budget, 0);
	answer();
	for (int i = 0; i < STEPS; i++)
		step();
	settles();
	/* One entry for each that was sent, and none was sent without. */
	assert_int_equal(m.sent, m.entries);
	all_sent += m.sent;
	permit_free(&m.p);
	timer_base_free(m.timers);
}

static void
test_any_interleaving(void **state)
{
	const char *one = getenv("HERD_SEED");

	for (uint64_t n = 1; n <= WALKS; n++) {
		seed = one != NULL ? (uint64_t)atoll(one) : n;
		walk();
		if (one != NULL)
			break;
	}
	assert_true(one != NULL
	    || (all_sent > WALKS * 5 && all_restarts > WALKS / 2
		&& all_refused > WALKS));
	seed = 0;
}

static int
teardown(void **state)
{
	if (seed != 0)
		print_error("in the walk of seed %llu\n",
		    (unsigned long long)seed);
	fake_time_reset();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_any_interleaving, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

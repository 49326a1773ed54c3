/* SPDX-License-Identifier: MIT */
/* Counts per shard of a layout, and the words of what was wrong or odd. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The simulator is no library: its modules are compiled in. */
#include "tools/sim/book/stats.c"

static struct sim *
sim_new(void)
{
	struct sim *sim = base_alloc(sizeof(*sim));

	sim->stats = base_alloc(sizeof(*sim->stats));
	return sim;
}

static void
sim_free(struct sim *sim)
{
	stats_free(sim->stats);
	free(sim);
}

static void
layouts_are_counted_apart(void **state)
{
	struct sim *sim = sim_new();
	struct stats total;
	uint64_t sent;

	for (unsigned count = 1; count <= 64; count++) {
		for (unsigned shard = 0; shard < count; shard++)
			stats_of(sim, stats_key(shard, count))->sent += count;
	}
	for (unsigned count = 1; count <= 64; count++) {
		for (unsigned shard = 0; shard < count; shard++) {
			int key = stats_key(shard, count);

			assert_int_equal(stats_find(sim, key)->sent, count);
			assert_int_equal(stats_key_shard(key), shard);
			assert_int_equal(stats_key_count(key), count);
		}
	}
	assert_null(stats_find(sim, stats_key(0, 65)));
	stats_total(sim, &total);
	assert_true(stats_get(&total, "sent", 4, &sent));
	assert_int_equal(sent, 64 * 65 * 129 / 6);
	sim_free(sim);
}

static void
one_shard_too_many_is_unknown(void **state)
{
	struct sim *sim = sim_new();
	int key = STATS_NONE;

	for (unsigned i = 0; i <= STATS_SLOTS_MAX; i++) {
		key = stats_key(i % SIM_SHARDS_MAX,
		    SIM_SHARDS_MAX - i / SIM_SHARDS_MAX);
		stats_of(sim, key)->connects++;
	}
	assert_null(stats_find(sim, key));
	assert_int_equal(sim->stats->unknown.connects, 1);
	assert_ptr_equal(stats_of(sim, STATS_NONE), &sim->stats->unknown);
	sim_free(sim);
}

static void
words_alike_take_one_place(void **state)
{
	struct sim *sim = sim_new();
	int key = stats_key(1, 2);

	for (int i = 0; i < 1000; i++) {
		stats_violation(sim, STATS_NONE, "noise");
		stats_odd(sim, key, "%s is absent", "afk");
	}
	stats_violation(sim, key, "too soon");
	stats_violation(sim, key, "too soon");
	assert_int_equal(sim->stats->violations, 4);
	assert_int_equal(sim->stats->violation[0].times, 1000);
	assert_true(sim->stats->violation[1].odd);
	assert_string_equal(sim->stats->violation[1].what, "afk is absent");
	assert_int_equal(stats_of(sim, key)->odd, 1000);
	assert_int_equal(stats_of(sim, key)->violations, 2);
	assert_int_equal(sim->stats->unknown.violations, 1000);
	sim_free(sim);
}

static void
shards_are_named(void **state)
{
	static const char *const bad[] = {"", "x", "3/", "3/x", "3/3", "4/3",
	    "4096", "0/4097", "/3", "3/8/8", "-1", "00000003"};
	unsigned count = 7;
	int shard;

	assert_true(stats_read_shard("3", &shard, &count));
	assert_int_equal(shard, 3);
	assert_int_equal(count, 0);
	assert_true(stats_read_shard("3/8", &shard, &count));
	assert_int_equal(shard, 3);
	assert_int_equal(count, 8);
	assert_true(stats_read_shard("4095/4096", &shard, &count));
	for (size_t i = 0; i < nitems(bad); i++)
		assert_false(stats_read_shard(bad[i], &shard, &count));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(layouts_are_counted_apart),
	    cmocka_unit_test(one_shard_too_many_is_unknown),
	    cmocka_unit_test(words_alike_take_one_place),
	    cmocka_unit_test(shards_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

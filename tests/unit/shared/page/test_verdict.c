/* SPDX-License-Identifier: MIT */
/* Ready, deaf or down: what becomes of a shard's own word. */
#include "shard/events/traffic.h"
#include "shared/page/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define NOW 100000u

static void
test_rows(void **state)
{
	static const struct {
		uint32_t state;
		uint64_t since, ack, frame, interval;
		bool alive;
		const char *word;
	} row[] = {
	    {SHARD_READY, 10, NOW - 100, NOW - 50, 1000, true, "ready"},
	    {SHARD_READY, 10, NOW - 2000, NOW - 2000, 1000, true, "ready"},
	    {SHARD_READY, 10, NOW - 2001, NOW - 50, 1000, true, "deaf"},
	    {SHARD_READY, 10, NOW - 50, NOW - 2001, 1000, true, "deaf"},
	    /* of the connection before */
	    {SHARD_READY, NOW - 1500, 10, 10, 1000, true, "ready"},
	    {SHARD_READY, NOW - 2001, 0, 0, 1000, true, "deaf"},
	    /* written after we looked at the clock */
	    {SHARD_READY, 10, NOW + 5, NOW + 5, 1000, true, "ready"},
	    {SHARD_READY, 10, 10, 10, 0, true, "ready"},
	    {SHARD_READY, 10, NOW, NOW, 1000, false, "down"},
	    {SHARD_RESUMING, 10, 10, 10, 1000, true, "resuming"},
	    {SHARD_HELD, 10, 10, 10, 1000, false, "held"},
	    {SHARD_STATES, 10, NOW, NOW, 1000, true, "down"},
	};

	for (size_t i = 0; i < nitems(row); i++) {
		struct page_shard s = {.state = row[i].state,
		    .state_since_ms = row[i].since,
		    .ack_ms = row[i].ack,
		    .frame_ms = row[i].frame,
		    .interval_ms = row[i].interval};
		struct verdict v = verdict_shard(&s, row[i].alive, NOW);

		assert_string_equal(v.word, row[i].word);
		assert_int_equal(v.ready, strcmp(v.word, "ready") == 0);
		assert_int_equal(v.deaf, strcmp(v.word, "deaf") == 0);
		assert_string_equal(page_shard_state_name[v.state],
		    v.deaf ? "ready" : v.word);
	}
}

/* One measure, for each its own patience. */
static void
test_patience(void **state)
{
	struct page_shard s = {.state = SHARD_READY,
	    .state_since_ms = 100,
	    .ack_ms = 200,
	    .frame_ms = 300,
	    .interval_ms = 1000};

	assert_int_equal(verdict_quiet_ms(&s, 1200), 1000);
	assert_false(verdict_deaf(&s, 3, 500, 3700));
	assert_true(verdict_deaf(&s, 3, 500, 3701));
	s.state = SHARD_RESUMING; /* a long replay is alive */
	assert_int_equal(verdict_quiet_ms(&s, 1200), 900);
	assert_false(verdict_deaf(&s, 1, 0, NOW));
	assert_int_equal(verdict_quiet_ms(&s, 10), 0);
	assert_int_equal(verdict_hangs_s(100, 50, 5000, 5100), 0);
	assert_int_equal(verdict_hangs_s(100, 50, 5000, 6100), 6);
	assert_int_equal(verdict_hangs_s(100, 6000, 5000, 6100), 0);
	assert_int_equal(verdict_hangs_s(0, 0, 5000, NOW), 0);
}

/* ---- partly deaf ---------------------------------------------------- */

#define FLOOR 600000u

static struct page_shard shard;
static uint64_t now;

static int
set_up(void **state)
{
	now = NOW;
	shard = (struct page_shard) {.state = SHARD_READY,
	    .state_since_ms = now,
	    .silence_ms = FLOOR};
	traffic_session(&shard, false);
	return 0;
}

static void
hear(const char *name, unsigned times, uint64_t every_ms)
{
	for (unsigned i = 0; i < times; i++) {
		now += every_ms;
		shard.frame_ms = now;
		traffic_dispatch(&shard, name, strlen(name));
	}
}

/* n interactions, each after so many messages. */
static void
usual(unsigned n, unsigned messages, uint64_t every_ms)
{
	for (unsigned i = 0; i < n; i++) {
		hear("MESSAGE_CREATE", messages, every_ms);
		hear("INTERACTION_CREATE", 1, every_ms);
	}
}

static struct verdict
look(void)
{
	shard.ack_ms = now;
	return verdict_shard(&shard, true, now);
}

static void
f_b9_interactions_stop_while_messages_flow(void **state)
{
	char words[VERDICT_WORDS];
	struct verdict v;

	usual(100, 9, 100);
	assert_int_equal(look().silent, 0);
	/* Enough of the others, but not yet for long enough. */
	hear("MESSAGE_CREATE", 5000, 100);
	assert_int_equal(look().silent, 0);
	hear("MESSAGE_UPDATE", 1100, 100);
	v = look();
	assert_int_equal(v.silent, 1u << CLASS_INTERACTIONS);
	assert_string_equal(v.word, "partly deaf");
	assert_true(v.ready);
	assert_false(v.deaf);
	verdict_words(&shard, &v, now, words);
	assert_string_equal(words,
	    "no interactions for 10 min while 6100 other events came, usually "
	    "one in 10");
	/* It is over with the first one. */
	hear("INTERACTION_CREATE", 1, 100);
	assert_string_equal(look().word, "ready");
}

/* All the other classes, and what is none: the kind, not the case. */
static void
f_b9_each_class_is_heard_of(void **state)
{
	static const struct {
		const char *name, *rest;
		enum page_class_id class;
	} row[] = {
	    {"MESSAGE_CREATE", "PRESENCE_UPDATE", CLASS_MESSAGES},
	    {"MESSAGE_REACTION_ADD", "INTERACTION_CREATE", CLASS_MESSAGES},
	    {"INTERACTION_CREATE", "TYPING_START", CLASS_INTERACTIONS},
	    {"GUILD_CREATE", "MESSAGE_CREATE", CLASS_GUILDS},
	    {"GUILD_DELETE", "GUILD_MEMBER_UPDATE", CLASS_GUILDS},
	    {"VOICE_STATE_UPDATE", "MESSAGE_CREATE", CLASS_VOICE},
	    {"VOICE_SERVER_UPDATE", "MESSAGE_CREATE", CLASS_VOICE},
	};

	for (size_t i = 0; i < nitems(row); i++) {
		set_up(NULL);
		for (unsigned n = 0; n < 40; n++) {
			hear(row[i].rest, 4, 1000);
			hear(row[i].name, 1, 1000);
		}
		hear(row[i].rest, 1000, 1000);
		assert_int_equal(look().silent & 1u << row[i].class,
		    1u << row[i].class);
		hear(row[i].name, 1, 1000);
		assert_int_equal(look().silent & 1u << row[i].class, 0);
	}
}

/* Everything slows down by as much: nothing is silent. */
static void
f_b9_a_quiet_night_is_not_silence(void **state)
{
	usual(500, 9, 100);
	for (unsigned i = 0; i < 12; i++) {
		hear("MESSAGE_CREATE", 10, 360000);
		assert_int_equal(look().silent, 0);
		hear("INTERACTION_CREATE", 1, 360000);
	}
	/* Not a sound for ten hours, and then one message. */
	now += 36000000;
	hear("MESSAGE_CREATE", 1, 0);
	assert_int_equal(look().silent, 0);
}

/* Floods say nothing: of a start, of an outage, of an answer to op 8. */
static void
f_b9_a_flood_is_not_traffic(void **state)
{
	usual(100, 1, 1000);
	shard.guilds_pending = 5000;
	hear("GUILD_CREATE", 5000, 1000);
	shard.guilds_pending = 0;
	hear("GUILD_DELETE", 5000, 1000);
	hear("GUILD_MEMBERS_CHUNK", 5000, 1000);
	hear("RESUMED", 5000, 1000);
	assert_int_equal(look().silent, 0);
}

/* Bursts with long breaks are how some bots are used. */
static void
f_b9_breaks_that_are_usual_are_learned(void **state)
{
	for (unsigned i = 0; i < 5; i++) {
		usual(200, 1, 1000);
		hear("MESSAGE_CREATE", 2000, 1000);
		if (i > 0)
			assert_int_equal(look().silent, 0);
	}
}

static void
f_b9_a_new_session_begins_with_patience(void **state)
{
	usual(100, 9, 1000);
	hear("MESSAGE_CREATE", 1000, 1000);
	assert_int_not_equal(look().silent, 0);
	/* A RESUME does not help. */
	shard.state_since_ms = now;
	assert_int_not_equal(look().silent, 0);
	traffic_session(&shard, false);
	assert_int_equal(look().silent, 0);
	hear("MESSAGE_CREATE", 200, 1000);
	assert_int_equal(look().silent, 0);
	hear("MESSAGE_CREATE", 800, 1000);
	assert_int_not_equal(look().silent, 0);
	/* With other intents it may be for good. */
	traffic_session(&shard, true);
	hear("MESSAGE_CREATE", 1000, 1000);
	assert_int_equal(look().silent, 0);
}

/* Deaf from its start, in a fleet that knows better. */
static void
f_b9_a_shard_that_never_heard_one_is_held_against_the_fleet(void **state)
{
	struct page_cluster fleet = {.silence_ms = FLOOR};

	hear("MESSAGE_CREATE", 9000, 1000);
	assert_null(traffic_tick(&shard, &fleet, 10, now));
	assert_int_equal(look().silent, 0);
	fleet.class_seen[CLASS_INTERACTIONS] = 1000;
	fleet.class_over[CLASS_INTERACTIONS] = 10000;
	assert_null(traffic_tick(&shard, &fleet, 10, now));
	assert_int_equal(look().silent, 0);
	hear("MESSAGE_CREATE", 1001, 1000);
	assert_int_equal(look().silent, 1u << CLASS_INTERACTIONS);
}

/* Heartbeats are acknowledged, the other shards hear events, this one none. */
static void
f_b9_no_events_at_all_are_held_against_the_other_shards(void **state)
{
	struct page_cluster fleet = {.silence_ms = FLOOR};
	char words[VERDICT_WORDS];
	struct verdict v;

	for (unsigned i = 0; i < 200; i++) {
		shard.fleet = fleet.traffic += 4;
		hear("MESSAGE_CREATE", 1, 100);
	}
	/* A quiet night of all. */
	now += 36000000;
	(void)traffic_tick(&shard, &fleet, 10, now);
	assert_int_equal(look().silent, 0);
	hear("MESSAGE_CREATE", 1, 100);
	now += FLOOR;
	fleet.traffic += 9999;
	(void)traffic_tick(&shard, &fleet, 10, now);
	assert_int_equal(look().silent, 0);
	fleet.traffic += 2;
	(void)traffic_tick(&shard, &fleet, 10, now);
	v = look();
	assert_int_equal(v.silent, 1u << CLASS_EVENTS);
	verdict_words(&shard, &v, now, words);
	assert_string_equal(words,
	    "no events for 10 min while 10001 came to other shards, usually "
	    "one in 4");
	hear("TYPING_START", 1, 0);
	assert_int_equal(look().silent, 0);
	/* Another layout: the fleet's count begins anew. */
	shard.fleet = 3;
	hear("TYPING_START", 1, 0);
	assert_int_equal(look().silent, 0);
}

static void
f_b9_what_stays_away_for_a_day_is_how_it_is(void **state)
{
	struct page_cluster fleet = {.silence_ms = FLOOR};

	usual(100, 9, 1000);
	hear("MESSAGE_CREATE", 80000, 1000);
	assert_null(traffic_tick(&shard, &fleet, 10, now));
	assert_int_not_equal(look().silent, 0);
	hear("MESSAGE_CREATE", 6400, 1000);
	assert_string_equal(traffic_tick(&shard, &fleet, 10, now),
	    "interactions");
	assert_int_equal(look().silent, 0);
	/* 0 in the configuration: never. */
	fleet.silence_ms = 0;
	usual(100, 9, 1000);
	hear("MESSAGE_CREATE", 90000, 1000);
	(void)traffic_tick(&shard, &fleet, 10, now);
	assert_int_equal(look().silent, 0);
}

#define T(f) cmocka_unit_test_setup(f, set_up)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_patience),
	    T(f_b9_interactions_stop_while_messages_flow),
	    T(f_b9_each_class_is_heard_of),
	    T(f_b9_a_quiet_night_is_not_silence),
	    T(f_b9_a_flood_is_not_traffic),
	    T(f_b9_breaks_that_are_usual_are_learned),
	    T(f_b9_a_new_session_begins_with_patience),
	    T(f_b9_a_shard_that_never_heard_one_is_held_against_the_fleet),
	    T(f_b9_no_events_at_all_are_held_against_the_other_shards),
	    T(f_b9_what_stays_away_for_a_day_is_how_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

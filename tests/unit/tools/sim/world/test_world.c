/* SPDX-License-Identifier: MIT */
/* The simulator's world: ids, lookups, messages, and what is rendered. */
#include "tools/sim/world/world.c"
#include "tools/sim/world/world_msg.c"

#include "tools/sim/base/sbuf.h"
#include "tools/sim/world/user.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct world *
make_world(uint64_t seed, unsigned guilds)
{
	return world_new(&(struct world_shape) {.seed = seed,
	    .guilds = guilds,
	    .members = WORLD_MEMBERS});
}

static void
test_guilds_cover_shards(void **state)
{
	static const unsigned counts[] = {1, 2, 3, 7, 16, 64, 97};
	struct world *w = make_world(5, 64 * 97);

	for (size_t i = 0; i < nitems(counts); i++) {
		unsigned n = counts[i], seen[97] = {0}, least, most;

		for (unsigned g = 0; g < world_guilds(w); g++)
			seen[(world_guild_id(w, g) >> 22) % n]++;
		least = most = seen[0];
		for (unsigned s = 0; s < n; s++) {
			least = seen[s] < least ? seen[s] : least;
			most = seen[s] > most ? seen[s] : most;
		}
		assert_true(least > 0);
		assert_true(most - least <= 1);
	}
	world_free(w);
}

static void
test_ids_are_found_again(void **state)
{
	struct world *w = make_world(9, 300);
	struct world_channel c, d;

	for (unsigned g = 0; g < 300; g++) {
		uint64_t id = world_guild_id(w, g);

		assert_int_equal(world_guild_find(w, id), g);
		assert_int_equal(world_guild_find(w, id ^ 1), -1);
		for (unsigned n = 0; n < WORLD_CHANNELS; n++) {
			world_channel_seed(w, g, n, &c);
			assert_true(world_channel_find(w, c.id, &d));
			assert_int_equal(d.guild, g);
			assert_string_equal(d.name, c.name);
			assert_false(world_channel_find(w, c.id ^ 1, &d));
		}
	}
	for (unsigned u = 0; u < WORLD_PEOPLE; u++)
		assert_int_equal(user_find(w, user_id(w, u)), u);
	assert_int_equal(user_find(w, user_id(w, WORLD_BOT)), WORLD_BOT);
	assert_int_equal(user_find(w, 0), -1);
	assert_int_equal(world_guild_find(w, UINT64_MAX), -1);
	world_free(w);
}

static void
test_same_seed_same_world(void **state)
{
	struct world *a = make_world(3, 10), *b = make_world(3, 10);
	struct world *c = make_world(4, 10);

	assert_true(world_guild_id(a, 5) == world_guild_id(b, 5));
	assert_true(world_guild_id(a, 5) != world_guild_id(c, 5));
	assert_string_equal(user_text(a, 7), user_text(b, 7));
	assert_null(make_world(1, 0));
	assert_null(make_world(1, WORLD_GUILDS_MAX + 1));
	world_free(a);
	world_free(b);
	world_free(c);
}

static void
test_dm_opens(void **state)
{
	struct world *w = make_world(1, 1);
	struct world_channel c, d;

	dm_channel(w, 3, &c);
	assert_false(world_channel_find(w, c.id, &d));
	world_dm_open(w, 0, 3, &c);
	assert_true(world_channel_find(w, c.id, &d));
	assert_int_equal(d.guild, WORLD_NOWHERE);
	assert_int_equal(d.number, 3);
	world_free(w);
}

static void
test_snowflakes_ascend(void **state)
{
	struct world *w = make_world(1, 1);
	uint64_t last = 0;

	for (int i = 0; i < 100000; i++) {
		uint64_t id = world_snowflake(w);

		assert_true(id > last);
		last = id;
	}
	world_free(w);
}

static void
test_every_kind_is_json(void **state)
{
	struct world *w = make_world(1, 8);
	struct sbuf out = {0};
	uint64_t rng = 1;

	for (uint64_t n = 0; n < 400; n++)
		for (unsigned k = 0; world_render_kind(k) != NULL; k++) {
			unsigned g = (unsigned)(n % 8);
			const char *d = world_render_event(w, &rng,
			    world_render_kind(k), g, n, false, &out);
			json_object *o = json_tokener_parse(d);

			assert_non_null(o);
			assert_int_equal(out.len, strlen(d));
			assert_in_range(out.len, 60, 1200);
			assert_true(
			    strtoull(json_object_get_string(
					 json_object_object_get(o, "guild_id")),
				NULL, 10)
			    == world_guild_id(w, g));
			json_object_put(o);
		}
	assert_null(world_render_event(w, &rng, "NO_SUCH", 0, 1, false, &out));
	sbuf_free(&out);
	world_free(w);
}

static void
test_ping_is_kept_and_answered(void **state)
{
	struct world *w = make_world(1, 4);
	struct sbuf out = {0};
	uint64_t rng = 1, first, second;
	struct world_msg *m;
	json_object *o;

	world_render_event(w, &rng, "MESSAGE_CREATE", 2, 1, true, &out);
	assert_non_null(strstr(out.p, "\"content\":\"!ping\""));
	first = world_render_last(w);
	m = world_msg_find(w, first);
	assert_non_null(m);
	assert_true(m->ping);
	o = world_render_msg(w, m);
	assert_string_equal(json_object_get_string(
				json_object_object_get(o, "content")),
	    "!ping");
	json_object_put(o);
	do {
		world_render_event(w, &rng, "MESSAGE_CREATE", 2, 2, true, &out);
		second = world_render_last(w);
	} while (world_msg_find(w, second)->channel
	    != world_msg_find(w, first)->channel);
	/* Without a name the oldest open one; then the next; then again. */
	assert_true(world_ping_answer_in(w, m->channel) == first);
	assert_int_equal(world_msg_find(w, first)->answers, 1);
	assert_true(world_ping_answer_in(w, m->channel) == second);
	assert_true(world_ping_answer_in(w, m->channel) != 0);
	assert_true(world_ping_answer(w, first));
	assert_false(world_ping_answer(w, 12345));
	assert_true(world_ping_answer_in(w, 1) == 0);
	sbuf_free(&out);
	world_free(w);
}

static void
test_ring_forgets_the_oldest(void **state)
{
	struct world *w = make_world(1, 1);
	uint32_t size = ring_size[WORLD_CHAT];

	for (uint64_t id = 1; id <= size + 10; id++) {
		struct world_msg m = {.id = id, .channel = id % 3};

		world_msg_add(w, WORLD_CHAT, &m);
	}
	for (uint64_t id = 1; id <= 10; id++)
		assert_null(world_msg_find(w, id));
	for (uint64_t id = 11; id <= size + 10; id++) {
		assert_non_null(world_msg_find(w, id));
		assert_true(world_msg_find(w, id)->id == id);
	}
	world_free(w);
}

static void
test_list_newest_first_over_rings(void **state)
{
	struct world *w = make_world(1, 1);
	struct world_msg *out[100];
	size_t n;

	for (uint64_t id = 1; id <= 60; id++) {
		struct world_msg m = {.id = id, .channel = id % 2};

		world_msg_add(w, (enum world_ring)(id % WORLD_RINGS), &m);
	}
	world_msg_drop(world_msg_find(w, 51));
	n = world_msg_list(w, 1, 0, 0, out, 100);
	assert_int_equal(n, 29);
	assert_int_equal(out[0]->id, 59);
	for (size_t i = 1; i < n; i++)
		assert_true(out[i]->id < out[i - 1]->id);
	n = world_msg_list(w, 1, 55, 47, out, 100);
	assert_int_equal(n, 2);
	assert_int_equal(out[0]->id, 53);
	assert_int_equal(out[1]->id, 49);
	assert_int_equal(world_msg_list(w, 1, 0, 0, out, 5), 5);
	/* After an id: the next ones, not the newest. */
	assert_int_equal(world_msg_list(w, 1, 0, 11, out, 3), 3);
	assert_int_equal(out[0]->id, 17);
	assert_int_equal(out[2]->id, 13);
	world_free(w);
}

static void
test_nonce(void **state)
{
	struct world *w = make_world(1, 1);
	struct world_msg m = {.id = 5, .channel = 1, .nonce = "abc"};

	assert_null(world_msg_by_nonce(w, "abc"));
	world_msg_add(w, WORLD_OWN, &m);
	assert_non_null(world_msg_by_nonce(w, "abc"));
	assert_null(world_msg_by_nonce(w, "ab"));
	world_free(w);
}

/* Words mention each bot that is in them, not only the first. */
static void
test_bots_are_mentioned(void **state)
{
	struct world *w = world_new(
	    &(struct world_shape) {.seed = 7, .guilds = 1, .bots = 3});
	struct world_channel c;
	struct sbuf words = {0}, out = {0};
	json_object *d, *at;

	assert_true(world_talk_channel(w, 0, 0, &c));
	sbuf_fmt(&words, "<@%" PRIu64 "> and <@!%" PRIu64 ">",
	    user_id(w, user_bot(w, 2)), user_id(w, user_bot(w, 1)));
	assert_non_null(world_render_said(w, &c, words.p, &out));
	d = json_tokener_parse(out.p);
	at = jso_get(d, "mentions");
	assert_int_equal(json_object_array_length(at), 2);
	for (unsigned n = 1; n < 3; n++)
		assert_int_equal(
		    json_object_get_uint64(
			jso_get(json_object_array_get_idx(at, n - 1), "id")),
		    user_id(w, user_bot(w, n)));
	json_object_put(d);
	assert_non_null(world_render_said(w, &c, "<@1>", &out));
	assert_non_null(strstr(out.p, "\"mentions\":[]"));
	sbuf_free(&words);
	sbuf_free(&out);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_guilds_cover_shards),
	    cmocka_unit_test(test_ids_are_found_again),
	    cmocka_unit_test(test_same_seed_same_world),
	    cmocka_unit_test(test_dm_opens),
	    cmocka_unit_test(test_snowflakes_ascend),
	    cmocka_unit_test(test_every_kind_is_json),
	    cmocka_unit_test(test_ping_is_kept_and_answered),
	    cmocka_unit_test(test_ring_forgets_the_oldest),
	    cmocka_unit_test(test_list_newest_first_over_rings),
	    cmocka_unit_test(test_nonce),
	    cmocka_unit_test(test_bots_are_mentioned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

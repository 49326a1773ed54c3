/* SPDX-License-Identifier: MIT */
/* What is put on messages: who reacted and voted, how often, how many fit. */
#include "tools/sim/base/jso.h"
#include "tools/sim/world/world_mark.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define FIRE "\xf0\x9f\x94\xa5"

static struct world *
a_world(void)
{
	return world_new(
	    &(struct world_shape) {.seed = 1, .guilds = 1, .members = 8});
}

static json_object *
shown(struct world *w, unsigned bot, size_t n)
{
	json_object *m = json_object_new_object(), *list, *one = NULL;

	world_mark_show(w, 5, bot, m);
	list = jso_get(m, "reactions");
	if (list != NULL && n < json_object_array_length(list))
		one = json_object_get(json_object_array_get_idx(list, n));
	json_object_put(m);
	return one;
}

static int
at(json_object *o, const char *key)
{
	return json_object_get_int(jso_get(o, key));
}

static void
test_reactions(void **state)
{
	struct world *w = a_world();
	json_object *o;

	assert_int_equal(world_mark_react(w, 5, FIRE, WORLD_BOT, false),
	    WORLD_MARKED_NEW);
	assert_int_equal(world_mark_react(w, 5, FIRE, WORLD_BOT, false),
	    WORLD_MARKED_BEFORE);
	assert_int_equal(world_mark_react(w, 5, FIRE, 3, false),
	    WORLD_MARKED_NEW);
	assert_int_equal(world_mark_react(w, 5, FIRE, 4, true),
	    WORLD_MARKED_NEW);
	o = shown(w, WORLD_BOT, 0);
	assert_int_equal(at(o, "count"), 3);
	assert_int_equal(at(jso_get(o, "count_details"), "burst"), 1);
	assert_int_equal(at(jso_get(o, "count_details"), "normal"), 2);
	assert_true(json_object_get_boolean(jso_get(o, "me")));
	assert_false(json_object_get_boolean(jso_get(o, "me_burst")));
	json_object_put(o);
	o = shown(w, 4, 0);
	assert_false(json_object_get_boolean(jso_get(o, "me")));
	assert_true(json_object_get_boolean(jso_get(o, "me_burst")));
	json_object_put(o);
	assert_false(world_mark_unreact(w, 5, FIRE, 9, false));
	assert_true(world_mark_unreact(w, 5, FIRE, 3, false));
	assert_true(world_mark_unreact(w, 5, FIRE, 4, true));
	assert_true(world_mark_unreact(w, 5, FIRE, WORLD_BOT, false));
	assert_false(world_mark_reacted(w, 5, NULL));
	assert_null(shown(w, WORLD_BOT, 0));
	world_free(w);
}

static void
test_how_many_fit(void **state)
{
	struct world *w = a_world();
	char emoji[32];

	for (unsigned n = 0; n < WORLD_MARK_EMOJIS; n++) {
		str_format(emoji, sizeof(emoji), "sprig:%u", n + 1);
		assert_int_equal(world_mark_react(w, 5, emoji, 1, false),
		    WORLD_MARKED_NEW);
	}
	assert_int_equal(world_mark_react(w, 5, FIRE, 1, false),
	    WORLD_MARKED_FULL);
	/* Under another name it is the same. */
	assert_int_equal(world_mark_react(w, 5, "twig:1", 1, false),
	    WORLD_MARKED_BEFORE);
	for (unsigned n = 0; n < WORLD_MARK_PINS; n++)
		assert_int_equal(world_mark_pin(w, 8, n + 1), WORLD_MARKED_NEW);
	assert_int_equal(world_mark_pin(w, 8, 999), WORLD_MARKED_FULL);
	assert_int_equal(world_mark_pin(w, 8, 1), WORLD_MARKED_BEFORE);
	/* Of so many messages the oldest is forgotten. */
	for (unsigned n = 0; n < WORLD_MARKED_MAX; n++)
		world_mark_react(w, 1000 + n, FIRE, 1, false);
	assert_false(world_mark_reacted(w, 5, NULL));
	assert_true(world_mark_reacted(w, 1000, FIRE));
	world_free(w);
}

static void
test_votes(void **state)
{
	struct world *w = a_world();

	assert_null(world_mark_voters(w, 5, 1));
	assert_int_equal(world_mark_vote(w, 5, 1, 3), WORLD_MARKED_NEW);
	assert_int_equal(world_mark_vote(w, 5, 1, 3), WORLD_MARKED_BEFORE);
	assert_true(world_mark_has(w, world_mark_voters(w, 5, 1), 3));
	assert_false(world_mark_has(w, world_mark_voters(w, 5, 2), 3));
	assert_true(world_mark_unvote(w, 5, 1, 3));
	assert_false(world_mark_unvote(w, 5, 1, 3));
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reactions),
	    cmocka_unit_test(test_how_many_fit),
	    cmocka_unit_test(test_votes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

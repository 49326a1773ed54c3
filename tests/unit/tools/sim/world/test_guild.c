/* SPDX-License-Identifier: MIT */
/* Guilds: kept once changed and only then, who is a member, how large they
 * are, and who may do what in them. */
#include "tools/sim/base/jso.h"
#include "tools/sim/world/guild.h"
#include "tools/sim/world/perm.h"
#include "tools/sim/world/user.h"
#include "tools/sim/world/world_impl.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct world *
make_world(unsigned guilds, unsigned members, size_t bytes)
{
	return world_new(&(struct world_shape) {.seed = 7,
	    .guilds = guilds,
	    .members = members,
	    .guild_bytes = bytes});
}

static size_t
create_length(struct guild *g)
{
	json_object *o = guild_create(g, WORLD_BOT, false, 50);
	size_t n = strlen(jso_text(o));

	json_object_put(o);
	return n;
}

/* What nobody changed is forgotten and the same again; a change stays. */
static void
test_only_changes_are_kept(void **state)
{
	unsigned n = 3 * GUILD_RESIDENT_MAX;
	struct world *w = make_world(n, 8, 0);
	char *before = base_strdup(jso_text(guild_head(guild_at(w, 1))));
	struct guild *g = guild_at(w, 0);

	guild_change(g);
	jso_set_text(guild_head(g), "name", "Renamed \"q\"");
	for (unsigned i = 0; i < n; i++)
		assert_non_null(guild_at(w, i));
	assert_ptr_equal(guild_at(w, 0), g);
	assert_string_equal(jso_get_text(guild_head(g), "name"),
	    "Renamed \"q\"");
	assert_string_equal(jso_text(guild_head(guild_at(w, 1))), before);
	free(before);
	assert_null(guild_at(w, n));
	assert_null(guild_find(w, 12345));
	guild_delete(guild_at(w, 5));
	assert_null(guild_at(w, 5));
	assert_false(world_has_bot(w, 5, WORLD_BOT));
	world_free(w);
}

static bool
count_members(void *arg, struct guild *g, unsigned user)
{
	unsigned *n = arg;

	assert_true(guild_member_is(g, user));
	(*n)++;
	return true;
}

static unsigned
counted(struct guild *g)
{
	unsigned n = 0;

	guild_member_each(g, count_members, &n);
	return n;
}

static void
test_members_come_and_go(void **state)
{
	static const unsigned sizes[] = {1, 8, 131, 5000, 99999};

	for (size_t i = 0; i < nitems(sizes); i++) {
		struct world *w = make_world(3, sizes[i], 0);
		struct guild *g = guild_at(w, 2);
		unsigned her = world_member(w, 2, sizes[i] - 1);
		int64_t made = user_new(w, "newcomer", false);

		assert_int_equal(counted(g), sizes[i] + 1);
		assert_int_equal(guild_members(g), sizes[i] + 1);
		assert_true(guild_member_leave(g, her));
		assert_false(guild_member_leave(g, her));
		assert_null(guild_member(g, her));
		assert_null(guild_member_edit(g, her));
		assert_int_equal(counted(g), sizes[i]);
		assert_true(made >= 0);
		assert_false(guild_member_is(g, (unsigned)made));
		assert_true(guild_member_join(g, (unsigned)made));
		assert_false(guild_member_join(g, (unsigned)made));
		assert_true(guild_member_join(g, her));
		assert_int_equal(counted(g), sizes[i] + 2);
		assert_int_equal(guild_members(g), sizes[i] + 2);
		world_free(w);
	}
}

static void
test_members_are_edited(void **state)
{
	struct world *w = make_world(1, 8, 0);
	struct guild *g = guild_at(w, 0);
	unsigned her = world_member(w, 0, 3);
	json_object *m;

	jso_set_text(guild_member_edit(g, her), "nick", "Bee");
	m = guild_member(g, her);
	assert_string_equal(jso_get_text(m, "nick"), "Bee");
	assert_string_equal(jso_get_text(jso_get(m, "user"), "id"),
	    jso_get_text(user_doc(w, her), "id"));
	json_object_put(m);
	assert_int_equal(counted(g), 9);
	world_free(w);
}

static void
test_people_have_names(void **state)
{
	struct world *w = make_world(1, 8, 0);
	int64_t user = user_new(w, "ann_e", false);

	assert_true(user >= 0);
	assert_int_equal(user_named(w, "ANN_E"), user);
	assert_int_equal(user_find(w, user_id(w, (unsigned)user)), user);
	assert_int_equal(user_new(w, "Ann_e", false), -1);
	assert_int_equal(user_new(w, "a", false), -1);
	assert_int_equal(user_new(w, "no blank", false), -1);
	assert_int_equal(user_named(w, "nobody at all"), -1);
	assert_true(user_named(w, "sim-bot") == WORLD_BOT);
	world_free(w);
}

static void
test_large_guilds(void **state)
{
	static const size_t bytes[] = {0, 6000, 65536, 320000, 400000};

	for (size_t i = 0; i < nitems(bytes); i++) {
		struct world *w = make_world(2, 8, bytes[i]);
		struct guild *g = guild_at(w, 1);
		struct world_channel c;

		assert_in_range(create_length(g), bytes[i], bytes[i] + 10000);
		json_object_object_foreach (guild_docs(g, GUILD_CHANNELS), id,
		    doc) {
			assert_true(
			    world_channel_find(w, strtoull(id, NULL, 10), &c));
			assert_ptr_equal(c.doc, doc);
			assert_int_equal(c.guild, 1);
		}
		world_free(w);
	}
}

static void
overwrite(struct world_channel *c, uint64_t id, int type, uint64_t allow,
    uint64_t deny)
{
	json_object *o = json_object_new_object();
	char text[24];

	jso_set_id(o, "id", id);
	jso_set_int(o, "type", type);
	str_format(text, sizeof(text), "%" PRIu64, allow);
	jso_set_text(o, "allow", text);
	str_format(text, sizeof(text), "%" PRIu64, deny);
	jso_set_text(o, "deny", text);
	json_object_array_add(jso_get(c->doc, "permission_overwrites"), o);
}

static void
test_permissions(void **state)
{
	struct world *w = make_world(1, 8, 0);
	struct guild *g = guild_at(w, 0);
	unsigned owner = world_member(w, 0, 0), her = world_member(w, 0, 1);
	struct world_channel c;
	uint64_t role;

	assert_true(perm_guild(g, owner) == PERM_ALL);
	assert_true(perm_guild(g, WORLD_BOT) == PERM_ALL);
	assert_int_equal(perm_rank(g, owner), INT_MAX);
	assert_int_equal(perm_rank(g, WORLD_BOT), WORLD_ROLES - 1);
	assert_true(perm_guild(g, her) & PERM_SEND_MESSAGES);
	assert_int_equal(perm_guild(g, 900), 0);
	assert_int_equal(perm_rank(g, 900), -1);

	guild_change(g);
	world_talk_channel(w, 0, 0, &c);
	assert_true(world_channel_find(w, c.id, &c));
	overwrite(&c, guild_id(g), 0, 0, PERM_SEND_MESSAGES);
	assert_false(perm_channel(w, &c, her) & PERM_SEND_MESSAGES);
	assert_true(perm_channel(w, &c, owner) & PERM_SEND_MESSAGES);
	role = strtoull(json_object_get_string(json_object_array_get_idx(
			    jso_get(guild_member_edit(g, her), "roles"), 0)),
	    NULL, 10);
	overwrite(&c, role, 0, PERM_SEND_MESSAGES, 0);
	assert_true(perm_channel(w, &c, her) & PERM_SEND_MESSAGES);
	overwrite(&c, user_id(w, her), 1, 0, PERM_VIEW_CHANNEL);
	assert_int_equal(perm_channel(w, &c, her), 0);

	jso_set_text(guild_member_edit(g, her), "communication_disabled_until",
	    "2999-01-01T00:00:00.000000+00:00");
	assert_true(perm_guild(g, her)
	    == (PERM_VIEW_CHANNEL | PERM_READ_MESSAGE_HISTORY));
	jso_set_text(guild_member_edit(g, her), "communication_disabled_until",
	    "2001-01-01T00:00:00.000000+00:00");
	assert_true(perm_guild(g, her) & PERM_SEND_MESSAGES);
	assert_true(perm_named("KICK_MEMBERS") == PERM_KICK_MEMBERS);
	assert_int_equal(perm_named("KICK"), 0);
	world_free(w);
}

static void
test_a_new_guild(void **state)
{
	struct world *w = make_world(2, 8, 0);
	struct guild *g = guild_new(w);

	assert_non_null(g);
	assert_int_equal(guild_index(g), 2);
	assert_ptr_equal(guild_find(w, guild_id(g)), g);
	assert_false(world_has_bot(w, 2, WORLD_BOT));
	assert_true(guild_member_join(g, WORLD_BOT));
	assert_true(world_has_bot(w, 2, WORLD_BOT));
	world_free(w);
}

static bool
count_one(void *arg, struct guild *g, unsigned user)
{
	++*(unsigned *)arg;
	return true;
}

/* Fewer or more people of the seed: of a guild that is kept the count is still
 * that of its members, and one that is not is as if it had begun so. */
static void
test_members_set(void **state)
{
	static const unsigned sizes[] = {8, 0, 3, 20, 1, 8};
	struct world *w = make_world(2, 8, 0);
	struct guild *g = guild_at(w, 0);

	assert_int_equal(guild_count(guild_at(w, 1), GUILD_VOICE), 2);
	assert_true(guild_member_leave(g, world_member(w, 0, 1)));
	assert_true(guild_member_leave(g, world_member(w, 0, 5)));
	assert_non_null(guild_member_edit(g, world_member(w, 0, 6)));
	assert_true(guild_member_join(g, guild_member_seed(w, 0, 1 + 15)));
	for (size_t i = 0; i < nitems(sizes); i++) {
		unsigned n = 0;

		world_members_set(w, sizes[i]);
		guild_member_each(g, count_one, &n);
		assert_int_equal(guild_members(g), n);
		assert_true(n > 0);
		assert_int_equal(guild_members(guild_at(w, 1)), sizes[i] + 1);
		assert_int_equal(guild_count(guild_at(w, 1), GUILD_VOICE),
		    sizes[i] < 2 ? sizes[i] : 2);
	}
	world_free(w);
}

/* What comes and goes for ever leaves nothing behind. */
static void
test_home_is_left(void **state)
{
	struct world *w = make_world(2, 8, 20000);
	struct guild *g = guild_at(w, 1);

	for (uint64_t id = 1; id < 100; id++) {
		assert_true(
		    guild_put(g, GUILD_THREADS, id, json_object_new_object()));
		assert_int_equal(world_home(w, id), 1);
		assert_true(guild_drop(g, GUILD_THREADS, id));
		assert_int_equal(world_home(w, id), -1);
	}
	assert_int_equal(json_object_object_length(w->home), 0);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_only_changes_are_kept),
	    cmocka_unit_test(test_members_come_and_go),
	    cmocka_unit_test(test_members_are_edited),
	    cmocka_unit_test(test_people_have_names),
	    cmocka_unit_test(test_large_guilds),
	    cmocka_unit_test(test_permissions),
	    cmocka_unit_test(test_a_new_guild),
	    cmocka_unit_test(test_members_set),
	    cmocka_unit_test(test_home_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

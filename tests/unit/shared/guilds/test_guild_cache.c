/* SPDX-License-Identifier: MIT */
/*
 * guild_cache.c: what it composes against json-c documents that get the same
 * dispatches, for every policy; READY, restarts, dispatches that are none.
 */
#include "tests/unit/shared/guilds/cache_rig.h"

#include "shared/json/envelope.h"
#include "shared/json/json.h"
#include "tests/unit/rig/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define MAP ((size_t)64 << 20)

static char dir[SCRATCH_MAX];
static struct guild_cache_settings settings;
static struct guild_cache_found found;
static struct err err;

static int
setup(void **state)
{
	if (scratch_make(dir, sizeof(dir)) == -1)
		return -1;
	settings = (struct guild_cache_settings) {.dir = dir,
	    .map_size = MAP,
	    .map_max = MAP};
	return 0;
}

static int
teardown(void **state)
{
	return scratch_remove(dir);
}

static struct guild_cache *
open_it(void)
{
	struct guild_cache *c = guild_cache_open(&settings, &found, &err);

	if (c == NULL)
		fail_msg("%s", err.text);
	return c;
}

static int
apply_at(struct guild_cache *c, enum dispatch what, const char *d,
    uint64_t position)
{
	struct guild_cache_event e = {.what = what,
	    .shard_count = 1,
	    .received_ms = 1700000000000,
	    .d = d,
	    .len = strlen(d)};

	assert_true(envelope_valid(d, strlen(d), 64));
	return guild_cache_apply(c, &e, 1, 9, position, &err);
}

static void
apply(struct guild_cache *c, enum dispatch what, const char *d)
{
	if (apply_at(c, what, d, 1) == -1)
		fail_msg("%s", err.text);
}

#define READY                                                                  \
	"{\"v\":10,\"user\":{\"id\":\"400\",\"username\":\"b\",\"new\":[1]},"  \
	"\"session_id\":\"theirs\",\"resume_gateway_url\":\"wss://theirs\","   \
	"\"shard\":[0,1],\"guilds\":[{\"id\":\"4194305\",\"unavailable\":"     \
	"true},{\"id\":\"8388609\"}],\"application\":{\"id\":\"3\"}}"

/* What is composed for a guild; NULL: nothing. */
static json_object *
composed(const struct guild_cache_view *v, uint64_t guild)
{
	struct buf b = {0};
	json_object *o = NULL;
	int r = guild_cache_guild(v, guild, &b, &err);

	assert_int_not_equal(r, -1);
	if (r == 1)
		assert_true(json_parse(&o, buf_data(&b), buf_len(&b)));
	else
		assert_int_equal(buf_len(&b), 0);
	buf_free(&b);
	return o;
}

/* ---- against documents ---------------------------------------------- */

static bool
note_state(uint64_t guild, bool available, void *arg)
{
	int *states = arg;

	assert_int_equal(guild % (1u << 22), 1);
	states[(guild >> 22) - 1] = available ? 1 : 2;
	return true;
}

static void
compare(struct cache_rig *rig, struct guild_cache *c)
{
	struct guild_cache_view *v = guild_cache_view(c, &err);
	int states[CACHE_RIG_GUILDS] = {0};

	assert_non_null(v);
	assert_int_equal(guild_cache_each(v, 0, 1, note_state, states, &err),
	    0);
	for (unsigned n = 0; n < CACHE_RIG_GUILDS; n++) {
		json_object *has = composed(v, cache_rig_id(n));
		json_object *want = rig->guild[n];
		bool there = json_get(want, "name") != NULL;

		assert_int_equal(states[n], there ? 1 : want != NULL ? 2 : 0);
		assert_int_equal(has != NULL, there);
		if (there) {
			cache_rig_sort(want);
			cache_rig_sort(has);
		}
		if (there && !json_same(has, want))
			fail_msg("has  %s\nwant %s", json_text(has),
			    json_text(want));
		json_object_put(has);
	}
	guild_cache_view_end(v);
}

#define BATCH 20

static void
run(uint64_t seed, enum guild_cache_members members, bool presences)
{
	struct cache_rig rig = {.seed = seed,
	    .members = members,
	    .presences = presences,
	    .now_ms = 1700000000000};
	struct guild_cache_stat st;
	struct guild_cache *c;
	uint64_t events = 0;

	settings.members = members;
	settings.presences = presences;
	c = open_it();
	apply(c, DISPATCH_READY, "{\"user\":{\"id\":\"400\"},\"guilds\":[]}");
	for (int round = 0; round < 250; round++) {
		struct guild_cache_event e[BATCH];
		json_object *d[BATCH];
		size_t n = 1 + cache_rig_pick(&rig, BATCH);

		for (size_t i = 0; i < n; i++) {
			enum dispatch what;
			d[i] = cache_rig_event(&rig, &what);
			assert_true(guild_cache_wants(what));
			e[i] = (struct guild_cache_event) {.what = what,
			    .received_ms = rig.now_ms,
			    .d = json_text(d[i])};
			e[i].len = strlen(e[i].d);
		}
		events += n;
		assert_int_equal(guild_cache_apply(c, e, n, 1, events, &err),
		    0);
		for (size_t i = 0; i < n; i++)
			json_object_put(d[i]);
		compare(&rig, c);
		if (round % 50 == 49) {
			assert_int_equal(guild_cache_stat(c, &st, &err), 0);
			assert_int_equal(st.bad + st.skipped, 0);
			guild_cache_close(c);
			c = open_it();
			assert_false(found.fresh || found.damaged);
			assert_int_equal(found.position, events);
		}
	}
	guild_cache_close(c);
	cache_rig_drop(&rig);
}

static void
test_documents(void **state)
{
	static const enum guild_cache_members policy[] = {GUILD_CACHE_SELF,
	    GUILD_CACHE_IN_VOICE, GUILD_CACHE_SEEN, GUILD_CACHE_ALL};

	for (size_t i = 0; i < nitems(policy); i++) {
		run(i + 1, policy[i], i % 2 == 0);
		assert_int_equal(teardown(NULL) + setup(NULL), 0);
	}
}

/* The large sample of Discord's comes out as it went in. */
static void
test_sample(void **state)
{
	static char text[1 << 20];
	FILE *f = fopen("tests/data/events/GUILD_CREATE.large.json", "r");
	struct guild_cache_view *v;
	struct guild_cache *c;
	json_object *want, *has;
	size_t len;

	assert_non_null(f);
	len = fread(text, 1, sizeof(text) - 1, f);
	text[len] = '\0';
	fclose(f);
	assert_true(json_parse(&want, text, len));
	settings.members = GUILD_CACHE_ALL;
	settings.presences = true;
	c = open_it();
	apply(c, DISPATCH_GUILD_CREATE, json_text(json_get(want, "d")));
	v = guild_cache_view(c, &err);
	has = composed(v,
	    strtoull(json_get_text(json_get(want, "d"), "id"), NULL, 10));
	assert_non_null(has);
	cache_rig_sort(has);
	cache_rig_sort(json_get(want, "d"));
	assert_true(json_same(has, json_get(want, "d")));
	json_object_put(has);
	json_object_put(want);
	guild_cache_view_end(v);
	guild_cache_close(c);
}

/* ---- READY ---------------------------------------------------------- */

static bool
only_second(uint64_t guild, void *arg)
{
	return guild == 8388609;
}

static void
expect_ready(struct guild_cache *c, const struct guild_cache_ready *r,
    const char *want)
{
	struct guild_cache_view *v = guild_cache_view(c, &err);
	struct buf b = {0};

	assert_non_null(v);
	assert_int_equal(guild_cache_ready(v, r, &b, &err), want != NULL);
	buf_add(&b, "", 1);
	if (want != NULL)
		assert_string_equal(buf_data(&b), want);
	buf_free(&b);
	guild_cache_view_end(v);
}

static void
test_ready(void **state)
{
	struct guild_cache_ready all = {.session_id = "ours\"1",
				     .resume_url = "ws://x",
				     .shard_count = 1},
				 half = {.session_id = "a",
				     .resume_url = "b",
				     .shard = 1,
				     .shard_count = 2};
	struct guild_cache *c = open_it();

	expect_ready(c, &all, NULL);
	apply(c, DISPATCH_READY, READY);
	expect_ready(c, &all,
	    "{\"v\":10,\"user\":{\"id\":\"400\",\"username\":\"b\",\"new\":["
	    "1]},\"application\":{\"id\":\"3\"},\"session_id\":\"ours\\\"1\","
	    "\"resume_gateway_url\":\"ws://x\",\"shard\":[0,1],\"guilds\":[{"
	    "\"id\":\"4194305\",\"unavailable\":true},{\"id\":\"8388609\","
	    "\"unavailable\":true}]}");
	apply(c, DISPATCH_USER_UPDATE,
	    "{\"id\":\"400\",\"username\":\"c\",\"more\":1.0}");
	apply(c, DISPATCH_USER_UPDATE, "{\"id\":\"9\",\"username\":\"x\"}");
	expect_ready(c, &half,
	    "{\"v\":10,\"user\":{\"id\":\"400\",\"username\":\"c\",\"new\":["
	    "1],\"more\":1.0},\"application\":{\"id\":\"3\"},\"session_id\":"
	    "\"a\",\"resume_gateway_url\":\"b\",\"shard\":[1,2],\"guilds\":[{"
	    "\"id\":\"4194305\",\"unavailable\":true}]}");
	all.shows = only_second;
	guild_cache_close(c);
	c = open_it();
	expect_ready(c, &all,
	    "{\"v\":10,\"user\":{\"id\":\"400\",\"username\":\"c\",\"new\":["
	    "1],\"more\":1.0},\"application\":{\"id\":\"3\"},\"session_id\":"
	    "\"ours\\\"1\",\"resume_gateway_url\":\"ws://x\",\"shard\":[0,1],"
	    "\"guilds\":[{\"id\":\"8388609\",\"unavailable\":true}]}");
	guild_cache_close(c);
}

static bool
count_one(uint64_t guild, bool available, void *arg)
{
	*(uint64_t *)arg = *(uint64_t *)arg * 100 + (guild >> 22)
	    + (available ? 50 : 0);
	return true;
}

static uint64_t
listed(struct guild_cache *c)
{
	struct guild_cache_view *v = guild_cache_view(c, &err);
	uint64_t list = 0;

	assert_non_null(v);
	assert_int_equal(guild_cache_each(v, 0, 1, count_one, &list, &err), 0);
	guild_cache_view_end(v);
	return list;
}

/* A new session shows what the bot left while nobody listened. */
static void
test_left_meanwhile(void **state)
{
	struct guild_cache *c = open_it();

	apply(c, DISPATCH_READY, READY);
	assert_int_equal(listed(c), 102);
	apply(c, DISPATCH_GUILD_CREATE, "{\"id\":\"4194305\",\"name\":\"a\"}");
	apply(c, DISPATCH_GUILD_CREATE, "{\"id\":\"8388609\",\"name\":\"b\"}");
	assert_int_equal(listed(c), 5152);
	apply(c, DISPATCH_READY,
	    "{\"user\":{\"id\":\"400\"},\"guilds\":[{\"id\":\"12582913\"},"
	    "{\"id\":\"8388609\",\"unavailable\":true}]}");
	assert_int_equal(listed(c), 5203);
	guild_cache_close(c);
}

/* ---- bad input ------------------------------------------------------ */

static void
test_bad(void **state)
{
	static const struct {
		enum dispatch what;
		const char *d;
	} bad[] = {{DISPATCH_GUILD_CREATE, "{}"}, {DISPATCH_GUILD_CREATE, "[]"},
	    {DISPATCH_GUILD_CREATE,
		"{\"id\":\"4194305\",\"name\":\"a\",\"roles\":[{},1,null]}"},
	    {DISPATCH_GUILD_ROLE_CREATE, "{\"guild_id\":\"4194305\"}"},
	    {DISPATCH_GUILD_ROLE_DELETE,
		"{\"guild_id\":\"4194305\",\"role_id\":{}}"},
	    {DISPATCH_THREAD_LIST_SYNC,
		"{\"guild_id\":\"4194305\",\"threads\":7}"},
	    {DISPATCH_GUILD_EMOJIS_UPDATE,
		"{\"guild_id\":\"4194305\",\"emojis\":{}}"},
	    {DISPATCH_VOICE_STATE_UPDATE, "{\"guild_id\":\"4194305\"}"},
	    {DISPATCH_GUILD_MEMBER_ADD,
		"{\"guild_id\":\"4194305\",\"user\":[]}"},
	    {DISPATCH_READY, "{\"user\":null,\"guilds\":[]}"},
	    {DISPATCH_READY, "{\"user\":{\"id\":\"4\"},\"guilds\":{}}"}},
	  unknown[] = {{DISPATCH_CHANNEL_CREATE,
			   "{\"guild_id\":\"99\",\"id\":\"1\"}"},
	      {DISPATCH_VOICE_STATE_UPDATE, "{}"},
	      {DISPATCH_GUILD_UPDATE, "{\"id\":\"99\"}"}};
	struct guild_cache_stat st;
	struct guild_cache *c = open_it();

	for (size_t i = 0; i < nitems(bad); i++)
		apply(c, bad[i].what, bad[i].d);
	for (size_t i = 0; i < nitems(unknown); i++)
		apply(c, unknown[i].what, unknown[i].d);
	apply(c, DISPATCH_CHANNEL_PINS_UPDATE, "{\"channel_id\":\"1\"}");
	apply(c, DISPATCH_MESSAGE_CREATE, "{\"id\":\"1\"}");
	assert_int_equal(guild_cache_stat(c, &st, &err), 0);
	assert_int_equal(st.bad, nitems(bad));
	assert_int_equal(st.skipped, nitems(unknown));
	assert_int_equal(st.applied, 0);
	assert_false(guild_cache_wants(DISPATCH_MESSAGE_CREATE));
	assert_int_equal(listed(c), 51);
	guild_cache_close(c);
}

static void
test_get(void **state)
{
	struct guild_cache *c = open_it();
	struct guild_cache_view *v;
	const char *value;
	size_t len;

	apply(c, DISPATCH_GUILD_CREATE,
	    "{\"id\":\"4194305\",\"name\":\"a\",\"roles\":[{\"id\":\"7\"}]}");
	v = guild_cache_view(c, &err);
	assert_int_equal(guild_cache_get(v, 4194305, GUILD_CACHE_ROLE, 7,
			     &value, &len, &err),
	    1);
	assert_memory_equal(value, "{\"id\":\"7\"}", len);
	assert_int_equal(guild_cache_get(v, 4194305, GUILD_CACHE_CORE, 0,
			     &value, &len, &err),
	    1);
	assert_memory_equal(value, "{\"id\":\"4194305\",\"name\":\"a\"}", len);
	assert_int_equal(guild_cache_get(v, 4194305, GUILD_CACHE_ROLE, 8,
			     &value, &len, &err),
	    0);
	guild_cache_view_end(v);
	guild_cache_close(c);
}

/* ---- what the simulator has taught ---------------------------------- */

/* What a guild is composed of after these, as text. */
static void
becomes(struct guild_cache *c, enum dispatch what, const char *d,
    const char *list, const char *want)
{
	struct guild_cache_view *v;
	json_object *has;

	apply(c, what, d);
	v = guild_cache_view(c, &err);
	assert_non_null(v);
	has = composed(v, 4194305);
	assert_string_equal(json_text(json_get(has, list)), want);
	json_object_put(has);
	guild_cache_view_end(v);
}

/* Discord tells of the role alone. */
static void
a_deleted_role_leaves_its_members(void **state)
{
	struct guild_cache *c;

	settings.members = GUILD_CACHE_ALL;
	c = open_it();
	apply(c, DISPATCH_READY, READY);
	apply(c, DISPATCH_GUILD_CREATE,
	    "{\"id\":\"4194305\",\"roles\":[{\"id\":\"7\"},{\"id\":\"8\"}],"
	    "\"members\":[{\"user\":{\"id\":\"400\"},\"roles\":[\"7\",\"8\"],"
	    "\"new\":1},{\"user\":{\"id\":\"5\"},\"roles\":[\"8\"]},"
	    "{\"user\":{\"id\":\"6\"},\"roles\":[\"7\"]}]}");
	becomes(c, DISPATCH_GUILD_ROLE_DELETE,
	    "{\"guild_id\":\"4194305\",\"role_id\":\"7\"}", "members",
	    "[{\"user\":{\"id\":\"5\"},\"roles\":[\"8\"]},"
	    "{\"user\":{\"id\":\"6\"},\"roles\":[]},"
	    "{\"user\":{\"id\":\"400\"},\"roles\":[\"8\"],\"new\":1}]");
	guild_cache_close(c);
}

/* Of a private thread that the bot has left, nothing is shown; and an update
 * does not bring it back. */
static void
a_private_thread_is_of_who_is_in_it(void **state)
{
	struct guild_cache *c = open_it();

	apply(c, DISPATCH_READY, READY);
	apply(c, DISPATCH_GUILD_CREATE, "{\"id\":\"4194305\"}");
	becomes(c, DISPATCH_THREAD_CREATE,
	    "{\"id\":\"90\",\"guild_id\":\"4194305\",\"type\":12}", "threads",
	    "[{\"id\":\"90\",\"guild_id\":\"4194305\",\"type\":12}]");
	becomes(c, DISPATCH_THREAD_UPDATE,
	    "{\"id\":\"90\",\"guild_id\":\"4194305\",\"type\":12,\"a\":1}",
	    "threads",
	    "[{\"id\":\"90\",\"guild_id\":\"4194305\",\"type\":12,\"a\":1}]");
	becomes(c, DISPATCH_THREAD_MEMBERS_UPDATE,
	    "{\"id\":\"90\",\"guild_id\":\"4194305\",\"removed_member_ids\":"
	    "[\"400\"]}",
	    "threads", "[]");
	becomes(c, DISPATCH_THREAD_UPDATE,
	    "{\"id\":\"90\",\"guild_id\":\"4194305\",\"type\":12}", "threads",
	    "[]");
	guild_cache_close(c);
}

/* A channel of an event has its guild's id, one of a list has not. */
static void
a_channel_is_as_in_a_list(void **state)
{
	struct guild_cache *c = open_it();

	apply(c, DISPATCH_READY, READY);
	apply(c, DISPATCH_GUILD_CREATE, "{\"id\":\"4194305\"}");
	becomes(c, DISPATCH_CHANNEL_CREATE,
	    "{\"id\":\"80\",\"guild_id\":\"4194305\",\"new\":1}", "channels",
	    "[{\"id\":\"80\",\"new\":1}]");
	guild_cache_close(c);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {TEST(test_documents),
	    TEST(test_sample), TEST(test_ready), TEST(test_left_meanwhile),
	    TEST(test_bad), TEST(test_get),
	    TEST(a_deleted_role_leaves_its_members),
	    TEST(a_private_thread_is_of_who_is_in_it),
	    TEST(a_channel_is_as_in_a_list)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

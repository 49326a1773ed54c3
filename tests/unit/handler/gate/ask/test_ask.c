/* SPDX-License-Identifier: MIT */
/* ask.c, ask_perm.c: what the cache is asked, and permissions as Discord
 * computes them. */
#include "handler/gate/ask/ask.h"

#include "shared/json/envelope.h"
#include "tests/unit/rig/scratch.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define MAP ((size_t)64 << 20)
#define BIT(n) (UINT64_C(1) << (n))
#define VIEW BIT(10)
#define SEND BIT(11)
#define TTS BIT(12)
#define EMBED BIT(14)
#define HISTORY BIT(16)
#define CONNECT BIT(20)
#define SPEAK BIT(21)
#define KICK BIT(1)
#define IN_THREADS BIT(38)
#define ALL ((UINT64_C(1) << 53) - 1)

static char dir[SCRATCH_MAX];
static struct guild_cache *cache;
static struct guild_cache_view *view;

static void
apply(enum dispatch what, const char *d)
{
	struct guild_cache_event e = {.what = what,
	    .shard_count = 1,
	    .received_ms = 1700000000000,
	    .d = d,
	    .len = strlen(d)};
	struct err err;

	assert_true(envelope_valid(d, strlen(d), 64));
	assert_int_equal(guild_cache_apply(cache, &e, 1, 9, 1, &err), 0);
}

#define READY "{\"v\":10,\"user\":{\"id\":\"40\"},\"guilds\":[{\"id\":\"7\"}]}"
/* Everyone sees and sends; 71 kicks; 72 is administrator; 40 is the bot. */
#define GUILD                                                                  \
	"{\"id\":\"7\",\"owner_id\":\"50\",\"roles\":["                        \
	"{\"id\":\"7\",\"permissions\":\"%" PRIu64 "\"},"                      \
	"{\"id\":\"71\",\"permissions\":\"2\"},"                               \
	"{\"id\":\"73\",\"permissions\":\"0\"},"                               \
	"{\"id\":\"72\",\"permissions\":\"8\"}],\"channels\":["                \
	"{\"id\":\"80\",\"type\":0,\"new\":[1],\"permission_overwrites\":[]}," \
	"{\"id\":\"81\",\"type\":0,\"permission_overwrites\":["                \
	"{\"id\":\"52\",\"type\":1,\"allow\":\"1024\",\"deny\":\"0\"},"        \
	"{\"id\":\"71\",\"type\":0,\"allow\":\"1024\",\"deny\":\"2048\"},"     \
	"{\"id\":\"73\",\"type\":0,\"allow\":\"2048\",\"deny\":\"1024\"},"     \
	"{\"id\":\"7\",\"type\":0,\"allow\":\"0\",\"deny\":\"3072\"}]},"       \
	"{\"id\":\"82\",\"type\":2,\"permission_overwrites\":["                \
	"{\"id\":\"7\",\"type\":0,\"allow\":\"0\",\"deny\":\"1048576\"}]}],"   \
	"\"threads\":[{\"id\":\"90\",\"parent_id\":\"81\","                    \
	"\"thread_metadata\":{\"archived\":false}}],"                          \
	"\"members\":[{\"user\":{\"id\":\"40\"},\"roles\":[\"71\"]}]}"

static int
set_up(void **state)
{
	struct guild_cache_settings s = {.dir = dir,
	    .map_size = MAP,
	    .map_max = MAP};
	struct guild_cache_found found;
	char guild[4096];
	struct err err;

	if (scratch_make(dir, sizeof(dir)) == -1)
		return -1;
	cache = guild_cache_open(&s, &found, &err);
	assert_non_null(cache);
	apply(DISPATCH_READY, READY);
	assert_true(str_format(guild, sizeof(guild), GUILD,
	    VIEW | SEND | TTS | EMBED | HISTORY | CONNECT | SPEAK
		| IN_THREADS));
	apply(DISPATCH_GUILD_CREATE, guild);
	view = guild_cache_view(cache, &err);
	assert_non_null(view);
	return 0;
}

static int
tear_down(void **state)
{
	guild_cache_view_end(view);
	guild_cache_close(cache);
	return scratch_remove(dir);
}

static void
says(struct gate_ask q, const char *behind, unsigned status, const char *text)
{
	struct ask_answer a;

	ask_answer(view, &q, behind, strlen(behind), 40, &a);
	buf_add(&a.text, "", 1);
	assert_string_equal(buf_data(&a.text), text);
	assert_int_equal(a.head.status, status);
	buf_free(&a.text);
}

static void
may(uint64_t user, uint64_t channel, const char *member, uint64_t bits)
{
	char text[128];

	str_format(text, sizeof(text),
	    "{\"permissions\":\"%" PRIu64 "\",\"all\":%s,\"guild_id\":\"7\"}",
	    bits, bits == ALL ? "true" : "false");
	says((struct gate_ask) {.what = GATE_ASK_PERMISSIONS,
		 .user = user,
		 .channel = channel,
		 .guild = channel == 0 ? 7 : 0},
	    member, GATE_ANSWER_OK, text);
}

/* ---- what there is -------------------------------------------------- */

static void
things_as_they_came(void **state)
{
	says((struct gate_ask) {.what = GATE_ASK_CHANNEL, .channel = 80}, "",
	    GATE_ANSWER_OK,
	    "{\"id\":\"80\",\"type\":0,\"new\":[1],\"permission_overwrites\":"
	    "[],\"guild_id\":\"7\"}");
	says((struct gate_ask) {.what = GATE_ASK_CHANNEL, .channel = 90}, "",
	    GATE_ANSWER_OK,
	    "{\"id\":\"90\",\"parent_id\":\"81\",\"thread_metadata\":{"
	    "\"archived\":false},\"guild_id\":\"7\"}");
	says((struct gate_ask) {.what = GATE_ASK_MEMBER, .guild = 7}, "",
	    GATE_ANSWER_OK, "{\"user\":{\"id\":\"40\"},\"roles\":[\"71\"]}");
}

static void
place_says_the_guild(void **state)
{
	struct gate_ask q = {.what = GATE_ASK_PLACE, .channel = 90};
	struct ask_answer a;

	ask_answer(view, &q, "", 0, 40, &a);
	assert_int_equal(a.head.status, GATE_ANSWER_OK);
	assert_int_equal(a.head.guild, 7);
	buf_free(&a.text);
}

static void
what_is_not_there_is_named(void **state)
{
	says((struct gate_ask) {.what = GATE_ASK_GUILD, .guild = 8}, "",
	    GATE_ANSWER_UNKNOWN, "the gate's cache has no guild 8");
	says((struct gate_ask) {.what = GATE_ASK_CHANNEL, .channel = 99}, "",
	    GATE_ANSWER_UNKNOWN, "the gate's cache has no channel 99");
	says((struct gate_ask) {.what = GATE_ASK_MEMBER, .guild = 7, .user = 9},
	    "", GATE_ANSWER_UNKNOWN,
	    "the gate's cache does not have the member 9 of guild 7 ([gate] "
	    "members says whom it keeps)");
	says((struct gate_ask) {.what = GATE_ASK_PERMISSIONS,
		 .channel = 80,
		 .user = 9},
	    "", GATE_ANSWER_UNKNOWN,
	    "the gate's cache does not have the member 9 of guild 7: say its "
	    "roles, or the member of an event");
	says((struct gate_ask) {.what = GATE_ASKS}, "", GATE_ANSWER_UNKNOWN,
	    "this gate does not know such a question");
}

/* A channel that went has no guild any more; one that came has. */
static void
places_follow_the_channels(void **state)
{
	struct err err;
	uint64_t guild = 0;

	guild_cache_view_end(view);
	apply(DISPATCH_CHANNEL_CREATE,
	    "{\"id\":\"83\",\"guild_id\":\"7\",\"type\":0}");
	apply(DISPATCH_CHANNEL_DELETE,
	    "{\"id\":\"81\",\"guild_id\":\"7\",\"type\":0}");
	view = guild_cache_view(cache, &err);
	assert_int_equal(guild_cache_place(view, 83, &guild, &err), 1);
	assert_int_equal(guild, 7);
	assert_int_equal(guild_cache_place(view, 81, &guild, &err), 0);
	assert_int_equal(guild_cache_place(view, 90, &guild, &err), 0);
	guild_cache_view_end(view);
	apply(DISPATCH_GUILD_DELETE, "{\"id\":\"7\"}");
	view = guild_cache_view(cache, &err);
	for (uint64_t id = 80; id < 95; id++)
		assert_int_equal(guild_cache_place(view, id, &guild, &err), 0);
}

/* ---- permissions ---------------------------------------------------- */

#define EVERYONE                                                               \
	(VIEW | SEND | TTS | EMBED | HISTORY | CONNECT | SPEAK | IN_THREADS)
#define NO_ROLES "{\"roles\":[]}"

static void
roles_add_up(void **state)
{
	may(51, 0, NO_ROLES, EVERYONE);
	may(51, 0, "{\"roles\":[\"71\"]}", EVERYONE | KICK);
	may(51, 0, "{\"roles\":[\"71\",\"999\"]}", EVERYONE | KICK);
	may(0, 0, "", EVERYONE | KICK); /* the bot, of the cache */
	may(40, 80, "", EVERYONE | KICK);
	may(40, 80, NO_ROLES, EVERYONE); /* what is said counts */
}

static void
owner_and_administrator_may_all(void **state)
{
	may(50, 81, NO_ROLES, ALL);
	may(51, 81, "{\"roles\":[\"72\"]}", ALL);
	may(50, 81,
	    "{\"roles\":[],\"communication_disabled_until\":"
	    "\"2999-01-01T00:00:00.000000+00:00\"}",
	    ALL);
}

/* Everyone's, then all roles' together, then its own. */
static void
overwrites_in_their_order(void **state)
{
	const uint64_t rest = EVERYONE & ~(VIEW | SEND);

	may(51, 81, NO_ROLES, 0); /* not seen: nothing */
	/* seen by a role, which denies sending, and what goes with it */
	may(51, 81, "{\"roles\":[\"71\"]}",
	    (rest | VIEW | KICK) & ~(TTS | EMBED));
	/* of two roles what one allows */
	may(51, 81, "{\"roles\":[\"71\",\"73\"]}", rest | VIEW | SEND | KICK);
	may(51, 81, "{\"roles\":[\"73\"]}", 0);
	may(52, 81, "{\"roles\":[\"73\"]}", rest | VIEW | SEND);
	may(52, 81, NO_ROLES, (rest | VIEW) & ~(TTS | EMBED));
}

static void
a_thread_has_its_parents(void **state)
{
	may(51, 90, NO_ROLES, 0);
	/* Sending there is a permission of its own. */
	may(51, 90, "{\"roles\":[\"71\"]}", (EVERYONE & ~SEND) | KICK);
}

static void
voice_needs_connect(void **state)
{
	may(51, 82, NO_ROLES, EVERYONE & ~(CONNECT | SPEAK));
}

static void
timed_out_may_look(void **state)
{
	may(51, 80,
	    "{\"roles\":[],\"communication_disabled_until\":"
	    "\"2999-01-01T00:00:00.000000+00:00\"}",
	    VIEW | HISTORY);
	may(51, 0,
	    "{\"roles\":[\"71\"],\"communication_disabled_until\":"
	    "\"2999-01-01T00:00:00.000000+00:00\"}",
	    VIEW | HISTORY);
	may(51, 80,
	    "{\"roles\":[],\"communication_disabled_until\":"
	    "\"2001-01-01T00:00:00.000000+00:00\"}",
	    EVERYONE);
	may(51, 80, "{\"roles\":[],\"communication_disabled_until\":null}",
	    EVERYONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	    TEST(things_as_they_came),
	    TEST(place_says_the_guild),
	    TEST(what_is_not_there_is_named),
	    TEST(places_follow_the_channels),
	    TEST(roles_add_up),
	    TEST(owner_and_administrator_may_all),
	    TEST(overwrites_in_their_order),
	    TEST(a_thread_has_its_parents),
	    TEST(voice_needs_connect),
	    TEST(timed_out_may_look),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

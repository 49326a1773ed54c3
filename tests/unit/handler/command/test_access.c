/* SPDX-License-Identifier: MIT */
/* Who gets a command, who is denied it, and how often that is said. */
#include "handler/rest/reply_nonce.h"
#include "handler/command/access.h"
#include "tests/unit/rig/fake_time.h"
#include "tests/unit/rig/scratch.h"

#include "shared/store/rank.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct {
	char dir[SCRATCH_MAX], owners[8], prefix[8], none[1], events[8];
	char guilds[8];
	struct config config;
	struct command_table table;
	struct subscriptions route;
	struct access warden;
	unsigned calls;
	char path[256], body[2048];
} t;

int
rest_call(struct rest *r, unsigned plugin, const struct rest_ask *ask,
    rest_done_fn *done, void *arg, bool *bad, const char **why)
{
	assert_int_equal(plugin, REST_OWN);
	str_copy(t.path, ask->path, sizeof(t.path));
	str_copy(t.body, ask->body != NULL ? ask->body : "", sizeof(t.body));
	t.calls++;
	if (strcmp(t.path, "/users/@me") == 0)
		done(arg,
		    &(struct rest_answer) {.outcome = REST_OK,
			.status = 200,
			.body = "{\"id\":\"99\"}",
			.len = 11});
	return 0;
}

static int
setup(void **state)
{
	struct json_object *o = json_tokener_parse(
	    "[{\"name\":\"roll\",\"help\":\"h\",\"rank\":5,\"emoji\":\"x\"}]");

	memset(&t, 0, sizeof(t));
	fake_time_reset();
	assert_int_equal(scratch_make(t.dir, sizeof(t.dir)), 0);
	strcpy(t.owners, "1");
	strcpy(t.prefix, "!");
	strcpy(t.events, "NONE");
	t.config.owners = t.owners;
	t.config.prefix = t.prefix;
	t.config.plugins = 2;
	for (int i = 0; i < 2; i++) {
		t.config.plugin[i].events = t.events;
		t.config.plugin[i].guilds = t.config.plugin[i].shards = t.none;
	}
	strcpy(t.guilds, "7");
	t.config.plugin[1].guilds = t.guilds;
	subscriptions_init(&t.route);
	subscriptions_set(&t.route, 0, &t.config.plugin[0]);
	subscriptions_set(&t.route, 1, &t.config.plugin[1]);
	command_table_init(&t.table, &t.config);
	command_table_set(&t.table, 1, o);
	json_object_put(o);
	t.warden = (struct access) {.table = &t.table,
	    .route = &t.route,
	    .config = &t.config,
	    .kv = kv_open(t.dir, true, NULL)};
	access_init(&t.warden);
	assert_non_null(t.warden.kv);
	return 0;
}

static int
teardown(void **state)
{
	kv_close(t.warden.kv);
	command_table_free(&t.table);
	subscriptions_free(&t.route);
	return scratch_remove(t.dir);
}

/* {"t":NAME,"d":...} as a shard sends it. */
static uint64_t
judge(const char *name, const char *d, uint64_t wanted)
{
	char raw[1024];
	struct up_hdr h = {.type = UP_EVENT,
	    .t_off = 6,
	    .t_len = (uint16_t)strlen(name)};

	str_format(raw, sizeof(raw),
	    "{\"t\":\"%s\",\"d\":{\"channel_id\":\"4\",\"guild_id\":\"7\",%s}}",
	    name, d);
	h.len = (uint32_t)strlen(raw);
	return access_judge(&t.warden, 0, &h, raw, wanted);
}

static uint64_t
typed(const char *user, const char *text, uint64_t wanted)
{
	char d[512];

	str_format(d, sizeof(d),
	    "\"type\":0,\"id\":\"3\",\"content\":\"%s\","
	    "\"author\":{\"id\":\"%s\"},\"member\":{\"roles\":[\"50\"]}",
	    text, user);
	return judge("MESSAGE_CREATE", d, wanted);
}

#define ASK                                                                    \
	"\"type\":2,\"id\":\"3\",\"token\":\"tok\",\"data\":{\"name\":"        \
	"\"roll\"},\"member\":{\"user\":{\"id\":\"2\"},\"roles\":[]}"

static void
test_who_gets_it(void **state)
{
	char nonce[REPLY_NONCE_MAX];

	assert_int_equal(typed("1", "!roll", 0), 2);
	assert_int_equal(typed("1", "!roll", 1), 3);
	assert_int_equal(typed("1", "roll", 1), 1);
	t.calls = 0;
	assert_int_equal(typed("2", "!roll", 0), 0);
	assert_int_equal(t.calls, 1);
	assert_string_equal(t.path, "/channels/4/messages");
	assert_non_null(strstr(t.body,
	    "!roll is not for you: it needs rank "
	    "5, and yours is 0."));
	reply_nonce_of("shardherd", "3", 1, nonce);
	assert_non_null(strstr(t.body, nonce));
	assert_non_null(strstr(t.body, "\"parse\":[]"));
	/* The message is the subscribers', it only is no command. */
	assert_int_equal(typed("2", "!roll", 3), 3);
	rank_set(t.warden.kv, RANK_ROLE, 50, 5, NULL);
	assert_int_equal(typed("2", "!roll", 0), 2);
	rank_set(t.warden.kv, RANK_USER, 2, -1, NULL);
	assert_int_equal(typed("2", "!roll", 0), 0);
}

static void
test_slash(void **state)
{
	/* Whoever declares it doesn't get it though it subscribes. */
	assert_int_equal(judge("INTERACTION_CREATE", ASK, 3), 1);
	assert_string_equal(t.path, "/interactions/3/tok/callback");
	assert_non_null(strstr(t.body, "\"flags\":64"));
	rank_set(t.warden.kv, RANK_USER, 2, 5, NULL);
	assert_int_equal(judge("INTERACTION_CREATE", ASK, 0), 2);
	/* Not in that guild. */
	strcpy(t.guilds, "8");
	subscriptions_set(&t.route, 1, &t.config.plugin[1]);
	assert_int_equal(judge("INTERACTION_CREATE", ASK, 0), 0);
}

static void
test_reaction(void **state)
{
	static const char d[] =
	    "\"user_id\":\"2\",\"message_id\":\"5\","
	    "\"message_author_id\":\"99\",\"emoji\":{\"id\":null,"
	    "\"name\":\"x\"}";

	assert_int_equal(judge("MESSAGE_REACTION_ADD", d, 0), 0);
	/* The question for the bot's id, and no answer to anybody. */
	assert_int_equal(t.calls, 1);
	assert_string_equal(t.path, "/users/@me");
	rank_set(t.warden.kv, RANK_USER, 2, 5, NULL);
	assert_int_equal(judge("MESSAGE_REACTION_ADD", d, 0), 2);
	assert_int_equal(t.calls, 1);
}

static void
test_answers_are_limited(void **state)
{
	char user[16];

	assert_int_equal(typed("9", "x", 0), 0);
	t.calls = 0;
	for (int i = 0; i < 50; i++)
		typed("2", i & 1 ? "!roll" : "!help", 0);
	assert_int_equal(t.calls, ACCESS_ANSWERS);
	fake_time_advance(ACCESS_USER_MS);
	typed("2", "!roll", 0);
	assert_int_equal(t.calls, ACCESS_ANSWERS + 1);
	fake_time_advance(1000);
	t.calls = 0;
	for (int i = 0; i < 200; i++) {
		str_format(user, sizeof(user), "%d", 1000 + i);
		typed(user, "!roll", 0);
	}
	assert_int_equal(t.calls, ACCESS_ALL);
	assert_int_equal(t.warden.denied, 25 + 1 + 200);
}

/* It waited; meanwhile the rank went, or the declaration did. */
static void
test_judged_again(void **state)
{
	static const char raw[] = "{\"t\":\"INTERACTION_CREATE\",\"d\":{" ASK
				  "}}";
	struct up_hdr h = {.type = UP_EVENT,
	    .t_off = 6,
	    .t_len = 18,
	    .len = sizeof(raw) - 1};
	struct event *e = in_flight_copy(0, "s", &h);
	struct json_object *o;

	memcpy(e->raw, raw, h.len);
	assert_false(access_hand_out(&t.warden, 1, e, &o));
	assert_null(o);
	assert_true(access_hand_out(&t.warden, 0, e, &o));
	assert_null(o);
	rank_set(t.warden.kv, RANK_USER, 2, 6, NULL);
	assert_true(access_hand_out(&t.warden, 1, e, &o));
	assert_int_equal(json_object_get_int(json_object_object_get(o, "rank")),
	    6);
	json_object_put(o);
	command_table_set(&t.table, 1, NULL);
	assert_true(access_hand_out(&t.warden, 1, e, &o));
	assert_null(o);
	free(e);
}

/* Who subscribes to messages is handed the denied one as well: it is judged
 * again, and said once. */
static void
test_denied_once(void **state)
{
	static const char raw[] =
	    "{\"t\":\"MESSAGE_CREATE\",\"d\":{"
	    "\"channel_id\":\"4\",\"guild_id\":\"7\",\"type\":0,"
	    "\"id\":\"3\",\"content\":\"!roll\",\"author\":{\"id\":\"2\"},"
	    "\"member\":{\"roles\":[]}}}";
	struct up_hdr h = {.type = UP_EVENT,
	    .t_off = 6,
	    .t_len = 14,
	    .len = sizeof(raw) - 1,
	    .session = 9,
	    .seq = 1};
	struct event *e = in_flight_copy(0, "s", &h);
	struct json_object *o;
	unsigned calls;

	memcpy(e->raw, raw, h.len);
	assert_int_equal(access_judge(&t.warden, 0, &h, raw, 2), 2);
	calls = t.calls;
	assert_true(access_hand_out(&t.warden, 1, e, &o));
	assert_null(o);
	assert_int_equal(t.warden.denied, 1);
	assert_int_equal(t.calls, calls);
	h.seq = 2;
	assert_int_equal(access_judge(&t.warden, 0, &h, raw, 2), 2);
	assert_int_equal(t.warden.denied, 2);
	free(e);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_who_gets_it),
	    T(test_slash),
	    T(test_reaction),
	    T(test_answers_are_limited),
	    T(test_judged_again),
	    T(test_denied_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

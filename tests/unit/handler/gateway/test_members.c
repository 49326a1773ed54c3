/* SPDX-License-Identifier: MIT */
/*
 * members on the fake clock: chunks in any order, limits, lost connections,
 * bounds.  The shards are the few functions below.
 */
#include "handler/api/rpc_impl.h"
#include "tests/unit/rig/fake_plugin.h"
#include "tests/unit/rig/fake_time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define GUILD "1206932842547003401"

static struct {
	struct members members;
	struct intake intake;
	struct rpc_call wait;
	char chunk[4096];
	unsigned chunks, sends;
	char sent[512], nonce[64];
	intake_sent_fn *fn;
	void *arg;
	bool refuse;
} t;

static void
on_notify(const char *method, const char *params, size_t len)
{
	assert_string_equal(method, "members.chunk");
	must(len < sizeof(t.chunk));
	memcpy(t.chunk, params, len);
	t.chunk[len] = '\0';
	t.chunks++;
}

int
intake_send(struct intake *in, uint32_t shard, const char *payload, size_t len,
    intake_sent_fn *fn, void *arg, const char **why)
{
	const char *at;

	*why = "this shard is not connected to the handler";
	if (t.refuse)
		return -1;
	t.sends++;
	str_copy(t.sent, payload, sizeof(t.sent));
	at = strstr(payload, "\"nonce\":\"");
	assert_non_null(at);
	str_copy(t.nonce, at + 9, sizeof(t.nonce));
	*strchr(t.nonce, '"') = '\0';
	assert_true(strlen(t.nonce) <= 32);
	t.fn = fn;
	t.arg = arg;
	return 0;
}

/* ---- helpers -------------------------------------------------------- */

static void
came(const char *event, const char *raw)
{
	members_event(&t.members, 3, raw, strlen(raw), event, strlen(event));
}

static void
chunk_of(const char *nonce, unsigned index, unsigned count)
{
	char raw[1024];

	str_format(raw, sizeof(raw),
	    "{\"t\":\"GUILD_MEMBERS_CHUNK\",\"s\":1,"
	    "\"op\":0,\"d\":{\"guild_id\":\"" GUILD "\",\"members\":[{\"n\":"
	    "%u}],\"not_found\":[],\"chunk_index\":%u,\"chunk_count\":%u,"
	    "\"nonce\":\"%s\"}}",
	    index, index, count, nonce);
	came("GUILD_MEMBERS_CHUNK", raw);
}

static void
chunk(unsigned index, unsigned count)
{
	chunk_of(t.nonce, index, count);
}

static void
limited(double after)
{
	char raw[256];

	str_format(raw, sizeof(raw),
	    "{\"d\":{\"opcode\":8,\"retry_after\":%g,"
	    "\"meta\":{\"guild_id\":\"" GUILD "\"}}}",
	    after);
	came("RATE_LIMITED", raw);
}

static void
sent(uint32_t status)
{
	t.fn(t.arg, status);
}

static void
ask(bool stream)
{
	struct json_object *d = json_tokener_parse(
	    "{\"guild_id\":\"" GUILD "\",\"query\":\"\",\"limit\":0}");

	assert_true(members_ask(&t.members, &t.wait, 3, d, stream));
	json_object_put(d);
}

static int
setup(void **state)
{
	memset(&t, 0, sizeof(t));
	fake_plugin_begin(NULL);
	fake_plugin.notify = on_notify;
	fake_time_reset();
	str_copy(t.wait.id, "7", sizeof(t.wait.id));
	t.wait.life = 1;
	members_init(&t.members, NULL, &t.intake);
	return 0;
}

static int
teardown(void **state)
{
	members_stop(&t.members);
	assert_true(list_empty(&t.members.asks));
	assert_int_equal(t.members.held, 0);
	return 0;
}

/* ---- tests ---------------------------------------------------------- */

static void
test_collected(void **state)
{
	ask(false);
	chunk(1, 3); /* even before we hear that it was sent */
	sent(SEND_OK);
	chunk(1, 3); /* replayed */
	chunk_of("s1.2.3", 0, 3);
	chunk(7, 3);
	chunk(0, 9);
	chunk(2, 3);
	assert_int_equal(fake_plugin.answers, 0);
	chunk(0, 3);
	assert_int_equal(fake_plugin.answers, 1);
	assert_string_equal(fake_plugin.answer,
	    "{\"guild_id\":\"" GUILD "\",\"chunks\":3,"
	    "\"count\":3,\"members\":[{\"n\":1},{\"n\":2},{\"n\":0}],"
	    "\"presences\":[],\"not_found\":[]}");
}

static void
test_streamed(void **state)
{
	ask(true);
	sent(SEND_OK);
	for (unsigned i = 0; i < 40; i++) {
		assert_int_equal(t.chunks, i);
		fake_time_advance(20000);
		chunk(i, 40);
	}
	assert_string_equal(t.chunk,
	    "{\"call\":7,\"guild_id\":\"" GUILD "\","
	    "\"chunk_index\":39,\"chunk_count\":40,\"members\":[{\"n\":39}],"
	    "\"presences\":[],\"not_found\":[]}");
	assert_string_equal(fake_plugin.answer,
	    "{\"guild_id\":\"" GUILD "\",\"chunks\":"
	    "40,\"count\":40}");
}

static void
test_bounds(void **state)
{
	ask(false);
	sent(SEND_OK);
	chunk(0, MEMBERS_CHUNKS_MAX + 1);
	assert_int_equal(fake_plugin.code, RPC_REFUSED);
	assert_non_null(strstr(fake_plugin.answer, "stream"));
	ask(true);
	sent(SEND_OK);
	fake_plugin.unread = MEMBERS_UNREAD_MAX + 1;
	chunk(0, 2);
	assert_int_equal(fake_plugin.code, RPC_LIMITED);
	assert_int_equal(t.chunks, 0);
	fake_plugin.unread = 0;
	for (unsigned i = 0; i < MEMBERS_ASKS_MAX; i++) {
		ask(true);
		sent(SEND_OK);
	}
	assert_false(members_ask(&t.members, &t.wait, 3, NULL, true));
}

static void
test_silence(void **state)
{
	ask(false);
	sent(SEND_OK);
	fake_time_advance(29000);
	chunk(0, 2);
	fake_time_advance(29000);
	assert_int_equal(fake_plugin.answers, 0);
	fake_time_advance(2000);
	assert_int_equal(fake_plugin.code, RPC_TIMEOUT);
	assert_int_equal(t.sends, 1);
}

static void
test_limited(void **state)
{
	char first[64];

	ask(false);
	sent(SEND_OK);
	str_copy(first, t.nonce, sizeof(first));
	limited(29.5);
	fake_time_advance(29000);
	assert_int_equal(t.sends, 1);
	fake_time_advance(1000);
	assert_int_equal(t.sends, 2);
	assert_string_not_equal(first, t.nonce);
	sent(SEND_OK);
	chunk_of(first, 0, 1); /* of a request that is no more */
	assert_int_equal(fake_plugin.answers, 0);
	chunk(0, 1);
	assert_int_equal(fake_plugin.code, 0);
	/* A wait that is the plugin's to decide about. */
	ask(false);
	sent(SEND_OK);
	limited(300);
	assert_int_equal(fake_plugin.code, RPC_LIMITED);
	assert_non_null(
	    strstr(fake_plugin.answer, "{\"retry_after\":300.000}"));
}

/* A limit that says 0 is not met again at once. */
static void
f_b5_a_limit_of_no_wait(void **state)
{
	static const double said[] = {0, -3, 0.001};

	for (unsigned i = 0; i < nitems(said); i++) {
		unsigned before = t.sends;

		ask(false);
		sent(SEND_OK);
		limited(said[i]);
		fake_time_advance(499);
		assert_int_equal(t.sends, before + 1);
		fake_time_advance(1000);
		assert_int_equal(t.sends, before + 2);
		sent(SEND_OK);
		chunk(0, 1);
	}
}

static void
test_resumed(void **state)
{
	ask(false);
	sent(SEND_OK);
	chunk(0, 2);
	/* The rest is replayed. */
	came("RESUMED", "{\"d\":null}");
	chunk(1, 2);
	assert_int_equal(fake_plugin.code, 0);
	assert_int_equal(t.sends, 1);
	/* Discord had not got it. */
	ask(false);
	sent(SEND_OK);
	came("RESUMED", "{\"d\":null}");
	fake_time_advance(6000);
	assert_int_equal(t.sends, 3);
	sent(SEND_OK);
	chunk(0, 1);
	assert_int_equal(fake_plugin.answers, 2);
}

static void
test_new_session(void **state)
{
	ask(false);
	sent(SEND_OK);
	chunk(0, 2);
	came("READY", "{\"d\":{}}");
	fake_time_advance(1);
	assert_int_equal(t.sends, 2);
	sent(SEND_NOT_CONNECTED);
	came("READY", "{\"d\":{}}");
	fake_time_advance(1);
	assert_int_equal(t.sends, 3);
	sent(SEND_OK);
	came("READY", "{\"d\":{}}");
	fake_time_advance(1);
	assert_int_equal(t.sends, MEMBERS_TRIES);
	assert_int_equal(fake_plugin.code, RPC_TIMEOUT);
	/* What the plugin has can't be taken back. */
	ask(true);
	sent(SEND_OK);
	chunk(0, 2);
	came("READY", "{\"d\":{}}");
	fake_time_advance(1);
	assert_int_equal(fake_plugin.code, RPC_REFUSED);
	assert_non_null(strstr(fake_plugin.answer, "ask again"));
}

static void
test_given_up(void **state)
{
	/* The plugin's process ends while the shard still has the request. */
	ask(false);
	members_forget(&t.members, t.wait.plugin, 1);
	assert_true(list_empty(&t.members.asks));
	sent(SEND_OK);
	assert_int_equal(fake_plugin.answers, 0);
	ask(false);
	members_stop(&t.members);
	assert_int_equal(fake_plugin.code, RPC_STOPPING);
	sent(INTAKE_SEND_LOST);
	t.refuse = true;
	ask(false);
	assert_int_equal(fake_plugin.code, RPC_REFUSED);
}

static void
test_nonsense(void **state)
{
	ask(false);
	sent(SEND_OK);
	came("GUILD_MEMBERS_CHUNK", "");
	came("GUILD_MEMBERS_CHUNK", "{\"d\":");
	came("RATE_LIMITED", "{\"d\":[]}");
	came("RATE_LIMITED", "{\"d\":{\"retry_after\":\"x\"}}");
	came("GUILD_MEMBERS_CHUN", "{}");
	chunk(0, 0);
	chunk(4000000, 4000001);
	assert_int_equal(fake_plugin.answers, 0);
	chunk(0, 1);
	assert_int_equal(fake_plugin.answers, 1);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_collected),
	    T(test_streamed),
	    T(test_bounds),
	    T(test_silence),
	    T(test_limited),
	    T(f_b5_a_limit_of_no_wait),
	    T(test_resumed),
	    T(test_new_session),
	    T(test_given_up),
	    T(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/*
 * kv.* as plugins see it: answers, namespaces, quota, transactions, paging,
 * bounds, and what is left after a restart.
 */
#include "handler/api/rpc.h"
#include "tests/unit/rig/fake_plugin.h"
#include "tests/unit/rig/fake_time.h"

#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static struct {
	char dir[64];
	struct config config;
	struct intake intake;
	struct rpc rpc;
} t;

static void
ask(unsigned plugin, const char *method, const char *params)
{
	fake_plugin_call(&t.rpc, plugin, method, params);
}

static const char *
call(unsigned plugin, const char *method, const char *params)
{
	unsigned before = fake_plugin.answers;

	ask(plugin, method, params);
	rpc_flush(&t.rpc);
	assert_int_equal(fake_plugin.answers, before + 1);
	return fake_plugin.answer;
}

static char owner[] = "1", ranks[] = "ranks", nothing[] = "";

static int
setup(void **state)
{
	memset(&t, 0, sizeof(t));
	fake_plugin_begin(&t.config);
	fake_time_reset();
	strcpy(t.dir, "/tmp/storage-XXXXXX");
	assert_non_null(mkdtemp(t.dir));
	t.config.state_dir = t.dir;
	t.config.plugins = 2;
	strcpy(t.config.plugin[0].name, "a");
	strcpy(t.config.plugin[1].name, "b");
	t.config.owners = owner;
	t.config.plugin[0].permissions = ranks;
	t.config.plugin[1].permissions = nothing;
	t.config.plugin[0].storage = t.config.plugin[1].storage = 2000;
	list_init(&t.intake.taps);
	t.rpc.intake = &t.intake;
	return rpc_open(&t.rpc, NULL, &t.config, NULL);
}

static int
teardown(void **state)
{
	char path[128];

	rpc_close(&t.rpc);
	for (const char *const *f = (const char *const[]) {"kv/data.mdb",
		 "kv/lock.mdb", "kv/write.lock", NULL};
	     *f != NULL; f++) {
		str_format(path, sizeof(path), "%s/%s", t.dir, *f);
		unlink(path);
	}
	str_format(path, sizeof(path), "%s/kv", t.dir);
	rmdir(path);
	return rmdir(t.dir);
}

static void
test_set_get_delete(void **state)
{
	assert_string_equal(call(0, "kv.get", "{\"key\":\"x\"}"),
	    "{\"found\":false,\"value\":null}");
	assert_string_equal(
	    call(0, "kv.set",
		"{\"key\":\"x\",\"value\":{\"n\":[1,2.50,\"\xc3\xa9\"]}}"),
	    "true");
	assert_string_equal(call(0, "kv.get", "{\"key\":\"x\"}"),
	    "{\"found\":true,\"value\":{\"n\":[1,2.50,\"\xc3\xa9\"]}}");
	assert_string_equal(call(0, "kv.delete", "{\"key\":\"x\"}"), "true");
	assert_string_equal(call(0, "kv.delete", "{\"key\":\"x\"}"), "false");
}

static void
test_outlives_the_process(void **state)
{
	call(0, "kv.set", "{\"key\":\"x\",\"value\":7}");
	rpc_close(&t.rpc);
	assert_int_equal(rpc_open(&t.rpc, NULL, &t.config, NULL), 0);
	assert_string_equal(call(0, "kv.get", "{\"key\":\"x\"}"),
	    "{\"found\":true,\"value\":7}");
}

/* No key reaches another plugin's, whatever it is made of. */
static void
test_namespaces(void **state)
{
	static const char *const tries[] = {"x", "../b/x", "/b/x", "b/x",
	    "kv/b/x", "./../b/x"};
	char params[128];

	call(1, "kv.set", "{\"key\":\"x\",\"value\":\"secret\"}");
	for (size_t i = 0; i < nitems(tries); i++) {
		str_format(params, sizeof(params), "{\"key\":\"%s\"}",
		    tries[i]);
		assert_string_equal(call(0, "kv.get", params),
		    "{\"found\":false,\"value\":null}");
		assert_string_equal(call(0, "kv.delete", params), "false");
	}
	assert_string_equal(call(0, "kv.list", "{}"),
	    "{\"items\":[],\"cursor\":null}");
	assert_string_equal(call(0, "kv.list",
				"{\"prefix\":\"../b\",\"cursor\":\"../\"}"),
	    "{\"items\":[],\"cursor\":null}");
	assert_string_equal(call(1, "kv.get", "{\"key\":\"x\"}"),
	    "{\"found\":true,\"value\":\"secret\"}");
}

static void
test_quota(void **state)
{
	char params[1200], big[1001];

	memset(big, 'v', 1000);
	big[1000] = '\0';
	str_format(params, sizeof(params), "{\"key\":\"1\",\"value\":\"%s\"}",
	    big);
	call(0, "kv.set", params);
	params[8] = '2';
	call(0, "kv.set", params);
	assert_int_equal(fake_plugin.code, RPC_FULL);
	assert_non_null(strstr(fake_plugin.answer, "[plugin \"a\"] storage"));
	assert_string_equal(call(0, "kv.get", "{\"key\":\"2\"}"),
	    "{\"found\":false,\"value\":null}");
	/* Overwriting counts once; another plugin has its own. */
	params[8] = '1';
	assert_string_equal(call(0, "kv.set", params), "true");
	assert_string_equal(call(1, "kv.set", params), "true");
	assert_string_equal(call(0, "kv.delete", "{\"key\":\"1\"}"), "true");
	params[8] = '2';
	assert_string_equal(call(0, "kv.set", params), "true");
}

/* The section a restarted plugin was given counts, not the handler's. */
static void
test_quota_given(void **state)
{
	struct config_plugin more = t.config.plugin[0];
	char params[2400], big[2101];

	memset(big, 'v', 2100);
	big[2100] = '\0';
	str_format(params, sizeof(params), "{\"key\":\"1\",\"value\":\"%s\"}",
	    big);
	call(0, "kv.set", params);
	assert_int_equal(fake_plugin.code, RPC_FULL);
	more.storage = 3000;
	fake_plugin.given = &more;
	assert_string_equal(call(0, "kv.set", params), "true");
}

static void
test_transaction(void **state)
{
	call(0, "kv.set", "{\"key\":\"n\",\"value\":1}");
	assert_string_equal(
	    call(0, "kv.txn",
		"{\"ops\":[{\"op\":\"compare\",\"key\":\"n\",\"value\":1},"
		"{\"op\":\"compare\",\"key\":\"absent\"},"
		"{\"op\":\"set\",\"key\":\"n\",\"value\":2},"
		"{\"op\":\"get\",\"key\":\"n\"},"
		"{\"op\":\"delete\",\"key\":\"absent\"}]}"),
	    "{\"done\":true,\"results\":[true,true,true,"
	    "{\"found\":true,\"value\":2},false]}");
	assert_string_equal(
	    call(0, "kv.txn",
		"{\"ops\":[{\"op\":\"set\",\"key\":\"m\",\"value\":9},"
		"{\"op\":\"compare\",\"key\":\"n\",\"value\":1}]}"),
	    "{\"done\":false,\"failed\":1}");
	assert_string_equal(call(0, "kv.get", "{\"key\":\"m\"}"),
	    "{\"found\":false,\"value\":null}");
}

static void
test_list_in_pages(void **state)
{
	char params[64];

	for (char c = 'a'; c <= 'e'; c++) {
		str_format(params, sizeof(params),
		    "{\"key\":\"u/%c\",\"value\":%d}", c, c);
		call(0, "kv.set", params);
	}
	call(0, "kv.set", "{\"key\":\"v\",\"value\":0}");
	assert_string_equal(call(0, "kv.list",
				"{\"prefix\":\"u/\",\"limit\":2}"),
	    "{\"items\":[{\"key\":\"u/a\",\"value\":97},"
	    "{\"key\":\"u/b\",\"value\":98}],\"cursor\":\"u/b\"}");
	assert_string_equal(
	    call(0, "kv.list",
		"{\"prefix\":\"u/\","
		"\"limit\":3,\"cursor\":\"u/b\",\"values\":false}"),
	    "{\"items\":[{\"key\":\"u/c\"},{\"key\":\"u/d\"},"
	    "{\"key\":\"u/e\"}],\"cursor\":null}");
}

static void
f_c9_a_value_comes_back_as_it_was_written(void **state)
{
	static const char big[] = "123456789012345678901234567890";
	char params[256], want[256];

	str_format(params, sizeof(params),
	    "{\"key\":\"n\",\"value\":[%s,-%s,1e400,18446744073709551616]}",
	    big, big);
	str_format(want, sizeof(want),
	    "{\"found\":true,\"value\":[%s,-%s,1e400,18446744073709551616]}",
	    big, big);
	assert_string_equal(call(0, "kv.set", params), "true");
	assert_string_equal(call(0, "kv.get", "{\"key\":\"n\"}"), want);
	assert_string_equal(
	    call(0, "kv.txn",
		"{\"ops\":["
		"{\"op\":\"set\",\"key\":\"m\",\"value\":18446744073709551617},"
		"{\"op\":\"compare\",\"key\":\"m\",\"value\":"
		"18446744073709551618}]}"),
	    "{\"done\":false,\"failed\":1}");
}

/* One turn serves both, and no more than the bound waits. */
static void
test_bounds(void **state)
{
	ask(1, "kv.set", "{\"key\":\"x\",\"value\":1}");
	for (int i = 0; i < KV_JOBS_QUEUE_MAX; i++)
		ask(0, "kv.set", "{\"key\":\"x\",\"value\":1}");
	assert_int_equal(fake_plugin.answers, 0);
	ask(0, "kv.set", "{\"key\":\"x\",\"value\":1}");
	assert_int_equal(fake_plugin.code, RPC_LIMITED);
	rpc_flush(&t.rpc);
	assert_int_equal(fake_plugin.answers, 2 + KV_JOBS_TURN_MAX);
	for (int i = 0; i < KV_JOBS_QUEUE_MAX / KV_JOBS_TURN_MAX; i++)
		rpc_flush(&t.rpc);
	assert_int_equal(fake_plugin.answers, 2 + KV_JOBS_QUEUE_MAX);
}

static void
test_bad_parameters(void **state)
{
	static const char *const bad[][2] = {
	    {"kv.get", "{}"},
	    {"kv.get", "{\"key\":\"\"}"},
	    {"kv.get", "{\"key\":\"a\\u0000b\"}"},
	    {"kv.get", "{\"key\":3}"},
	    {"kv.set", "{\"key\":\"x\"}"},
	    {"kv.set", "{\"key\":\"x\",\"value\":1,\"plugin\":\"b\"}"},
	    {"kv.list", "{\"limit\":0}"},
	    {"kv.list", "{\"values\":1}"},
	    {"kv.txn", "{\"ops\":[]}"},
	    {"kv.txn", "{\"ops\":[{\"op\":\"swap\",\"key\":\"x\"}]}"},
	    {"kv.txn", "{\"ops\":[{\"op\":\"set\",\"key\":\"x\"}]}"},
	    {"kv.txn", "{\"ops\":[7]}"},
	};

	for (size_t i = 0; i < nitems(bad); i++) {
		call(0, bad[i][0], bad[i][1]);
		assert_int_equal(fake_plugin.code, RPC_BAD_PARAMS);
	}
}

/* Nobody gives what is not below the own rank, or touches whoever is not. */
static void
test_ranks(void **state)
{
	static const struct {
		unsigned plugin;
		const char *method, *params, *want;
		int code;
	} row[] = {
	    {1, "rank.list", "{}", NULL, RPC_FORBIDDEN},
	    {1, "rank.set",
		"{\"kind\":\"user\",\"id\":\"5\",\"rank\":1,"
		"\"actor_id\":\"1\"}",
		NULL, RPC_FORBIDDEN},
	    {0, "rank.set",
		"{\"kind\":\"user\",\"id\":\"5\",\"rank\":50,"
		"\"actor_id\":\"1\"}",
		"{\"rank\":50,\"was\":null}", 0},
	    {0, "rank.set",
		"{\"kind\":\"user\",\"id\":\"6\",\"rank\":49,"
		"\"actor_id\":\"5\"}",
		"{\"rank\":49,\"was\":null}", 0},
	    {0, "rank.set",
		"{\"kind\":\"user\",\"id\":\"6\",\"rank\":50,"
		"\"actor_id\":\"5\"}",
		NULL, RPC_FORBIDDEN},
	    {0, "rank.set",
		"{\"kind\":\"user\",\"id\":\"5\",\"rank\":1,"
		"\"actor_id\":\"6\"}",
		NULL, RPC_FORBIDDEN},
	    {0, "rank.set",
		"{\"kind\":\"user\",\"id\":\"5\",\"rank\":51,"
		"\"actor_id\":\"5\"}",
		NULL, RPC_FORBIDDEN},
	    {0, "rank.unset",
		"{\"kind\":\"user\",\"id\":\"1\",\"actor_id\":\"5\"}", NULL,
		RPC_FORBIDDEN},
	    {0, "rank.set",
		"{\"kind\":\"role\",\"id\":\"9\",\"rank\":70,"
		"\"actor_id\":\"1\"}",
		"{\"rank\":70,\"was\":null}", 0},
	    {0, "rank.unset",
		"{\"kind\":\"role\",\"id\":\"9\",\"actor_id\":\"5\"}", NULL,
		RPC_FORBIDDEN},
	    {0, "rank.set",
		"{\"kind\":\"user\",\"id\":\"7\",\"rank\":-1,"
		"\"actor_id\":\"5\",\"roles\":[\"9\"]}",
		NULL, RPC_FORBIDDEN},
	    {0, "rank.set",
		"{\"kind\":\"user\",\"id\":\"5\",\"rank\":60,"
		"\"actor_id\":\"7\",\"actor_roles\":[\"9\"]}",
		"{\"rank\":60,\"was\":50}", 0},
	    {0, "rank.unset",
		"{\"kind\":\"user\",\"id\":\"6\",\"actor_id\":\"5\"}",
		"{\"rank\":null,\"was\":49}", 0},
	    {0, "rank.list", "{}",
		"{\"ranks\":[{\"kind\":\"user\",\"id\":\"5\","
		"\"rank\":60},{\"kind\":\"role\",\"id\":\"9\",\"rank\":70}]}",
		0},
	    {0, "rank.set",
		"{\"kind\":\"guild\",\"id\":\"5\",\"rank\":1,"
		"\"actor_id\":\"1\"}",
		NULL, RPC_BAD_PARAMS},
	    {0, "rank.set",
		"{\"kind\":\"user\",\"id\":\"5\",\"actor_id\":\"1\"}", NULL,
		RPC_BAD_PARAMS},
	};

	for (size_t i = 0; i < nitems(row); i++) {
		call(row[i].plugin, row[i].method, row[i].params);
		assert_int_equal(fake_plugin.code, row[i].code);
		if (row[i].want != NULL)
			assert_string_equal(fake_plugin.answer, row[i].want);
	}
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_set_get_delete),
	    T(test_outlives_the_process),
	    T(test_namespaces),
	    T(test_quota),
	    T(test_quota_given),
	    T(test_transaction),
	    T(test_list_in_pages),
	    T(f_c9_a_value_comes_back_as_it_was_written),
	    T(test_bounds),
	    T(test_bad_parameters),
	    T(test_ranks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

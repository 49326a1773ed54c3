/* SPDX-License-Identifier: MIT */
/* The lines to and from plugins: always one line, always JSON, the event's
 * bytes untouched. */
#include "handler/process/rpc_write.h"
#include "shared/base/text.h"
#include "shared/json/json.h"
#include "handler/process/rpc_read.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define ODD "tests/data/odd"

static struct in_flight w;
static struct in_flight_shard shard;

static int
setup(void **state)
{
	in_flight_init(&w, 16, 1 << 20);
	in_flight_shard_init(&shard, 3);
	in_flight_session(&shard, 7, "se\"ss");
	in_flight_bind(&shard, 9);
	return 0;
}

static int
teardown(void **state)
{
	in_flight_shard_drop(&w, &shard);
	in_flight_free(&w);
	return 0;
}

/* The event's line, newline cut; checks that it is one.  Caller frees. */
static struct buf
event_line(const char *raw, size_t len, uint64_t seq, uint8_t flags)
{
	struct up_hdr h = {.type = UP_EVENT,
	    .len = (uint32_t)len,
	    .ord = 1,
	    .seq = seq,
	    .session = 7,
	    .recv_ms = 123,
	    .flags = flags};
	struct event *e = in_flight_add(&w, &shard, &h, raw, 1);
	struct buf b = {0};

	e->to[0].event = e;
	e->to[0].id = 42;
	e->to[0].tries = 1;
	rpc_write_event(&b, &e->to[0], NULL);
	assert_int_equal(b.p[b.end - 1], '\n');
	b.p[--b.end] = '\0';
	assert_null(memchr(b.p, '\n', b.end));
	assert_null(memchr(b.p, '\r', b.end));
	assert_true(text_is_utf8(b.p, b.end));
	in_flight_finish(&w, e);
	return b;
}

static void
expect(const char *raw, uint64_t seq, uint8_t flags, const char *want)
{
	struct buf b = event_line(raw, strlen(raw), seq, flags);

	assert_string_equal(b.p, want);
	buf_free(&b);
}

#define HEAD                                                                   \
	"{\"jsonrpc\":\"2.0\",\"id\":42,\"method\":\"event\",\"params\":{"     \
	"\"shard\":3,\"session\":\"se\\\"ss\",\"epoch\":\"0000000000000007\","

static void
test_event(void **state)
{
	expect("{\"t\":\"X\"}", 17, 0,
	    HEAD
	    "\"seq\":17,\"replay\":false,"
	    "\"again\":false,\"received_ms\":123,\"event\":{\"t\":\"X\"}}}");
	expect("{\r\n\"t\" :\n[]}\n", 0, UP_FLAG_REPLAY | UP_FLAG_AGAIN,
	    HEAD "\"seq\":null,\"replay\":true,\"again\":true,"
		 "\"received_ms\":123,\"event\":{  \"t\" : []} }}");
}

static void
test_not_json(void **state)
{
	static const char tail[] = HEAD
	    "\"seq\":1,\"replay\":false,"
	    "\"again\":false,\"received_ms\":123,\"event\":null,\"raw\":\"";
	static const struct {
		const char *raw, *base64;
	} bad[] = {
	    {"", ""},
	    {"f", "Zg=="},
	    {"fo", "Zm8="},
	    {"foo", "Zm9v"},
	    {"\"\xff\"", "Iv8i"},     /* not UTF-8 */
	    {"\"a\nb\"", "ImEKYiI="}, /* a raw newline in a string */
	    {"{}{}", "e317fQ=="},
	};
	char want[512];

	for (size_t i = 0; i < nitems(bad); i++) {
		str_format(want, sizeof(want), "%s%s\"}}", tail, bad[i].base64);
		expect(bad[i].raw, 1, 0, want);
	}
}

static void
test_depth(void **state)
{
	char raw[4 * JSON_DEPTH_MAX];
	size_t n;

	for (n = JSON_DEPTH_MAX - 1; n <= JSON_DEPTH_MAX + 1; n += 2) {
		struct buf b;

		memset(raw, '[', n);
		memset(raw + n, ']', n);
		b = event_line(raw, 2 * n, 1, 0);
		assert_int_equal(strstr(b.p, "\"event\":null") == NULL,
		    n <= JSON_DEPTH_MAX);
		buf_free(&b);
	}
}

/* Everything in tests/data/odd is JSON: it must arrive byte for byte. */
static void
test_odd_files(void **state)
{
	struct dirent *d;
	unsigned files = 0;
	DIR *dir = opendir(ODD);

	assert_non_null(dir);
	while ((d = readdir(dir)) != NULL) {
		char path[512], raw[8192];
		struct buf b;
		size_t len;
		FILE *f;

		if (d->d_name[0] == '.')
			continue;
		str_format(path, sizeof(path), ODD "/%s", d->d_name);
		f = fopen(path, "r");
		assert_non_null(f);
		len = fread(raw, 1, sizeof(raw), f);
		fclose(f);
		b = event_line(raw, len, 1, 0);
		for (size_t i = 0; i < len; i++)
			if (raw[i] == '\n' || raw[i] == '\r')
				raw[i] = ' ';
		assert_memory_equal(b.p + b.end - 2 - len, raw, len);
		assert_memory_equal(b.p + b.end - 2 - len - 8, "\"event\":", 8);
		buf_free(&b);
		files++;
	}
	closedir(dir);
	assert_true(files >= 20);
}

static void
test_utf8(void **state)
{
	static const char *const good[] = {"", "plain ascii, longer than 8",
	    "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x8e\x99", "\xf4\x8f\xbf\xbf",
	    "\xed\x9f\xbf", "\xee\x80\x80"};
	static const char *const bad[] = {"\x80", "\xc0\x80", "\xc1\xbf",
	    "\xc3", "12345678\xc3", "\xe0\x9f\xbf", "\xed\xa0\x80",
	    "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
	    "\xe2\x82", "\xff"};

	for (size_t i = 0; i < nitems(good); i++)
		assert_true(text_is_utf8(good[i], strlen(good[i])));
	for (size_t i = 0; i < nitems(bad); i++)
		assert_false(text_is_utf8(bad[i], strlen(bad[i])));
}

static void
test_answers(void **state)
{
	struct buf b = {0};

	rpc_write_result(&b, "\"a\"", "true", 4);
	rpc_write_error(&b, "7", -32000, "no \"x\"\n\xff", "{\"status\":403}");
	buf_add(&b, "", 1);
	assert_string_equal(b.p,
	    "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"result\":true}\n"
	    "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32000,"
	    "\"message\":\"no \\\"x\\\"\\u000a?\",\"data\":{\"status\":403}}}\n");
	buf_free(&b);
}

static void
test_talk(void **state)
{
	static const struct {
		const char *text;
		enum rpc_read_kind kind;
		uint64_t number;
		const char *id;
	} say[] = {
	    {"", RPC_READ_EMPTY, 0, ""},
	    {" \r", RPC_READ_EMPTY, 0, ""},
	    {"{\"id\":5,\"result\":null}", RPC_READ_RESULT, 5, ""},
	    {"{\"id\":5,\"result\":{}}\r", RPC_READ_RESULT, 5, ""},
	    {"{\"id\":5,\"error\":{\"message\":\"m\"}}", RPC_READ_REFUSAL, 5,
		""},
	    {"{\"method\":\"done\",\"params\":{\"upto\":9}}", RPC_READ_DONE, 9,
		""},
	    {"{\"method\":\"say\",\"id\":\"a/b\"}", RPC_READ_REQUEST, 0,
		"\"a/b\""},
	    {"{\"method\":\"say\",\"id\":1.5}", RPC_READ_REQUEST, 0, "1.5"},
	    {"{\"method\":\"say\",\"id\":null}", RPC_READ_REQUEST, 0, "null"},
	    {"{\"method\":\"say\"}", RPC_READ_REQUEST, 0, ""},
	    {"{\"method\":\"say\",\"id\":[]}", RPC_READ_BAD, 0, NULL},
	    {"{\"method\":7}", RPC_READ_BAD, 0, NULL},
	    {"{\"method\":\"say\\u0000no\"}", RPC_READ_BAD, 0, NULL},
	    {"{\"method\":\"done\"}", RPC_READ_BAD, 0, NULL},
	    {"{\"id\":-1,\"result\":1}", RPC_READ_BAD, 0, NULL},
	    {"{\"id\":\"5\",\"result\":1}", RPC_READ_BAD, 0, NULL},
	    {"{\"id\":5}", RPC_READ_BAD, 0, NULL},
	    {"[]", RPC_READ_BAD, 0, NULL},
	    {"{}", RPC_READ_BAD, 0, NULL},
	    {"5", RPC_READ_BAD, 0, NULL},
	    {"{", RPC_READ_BAD, 0, NULL},
	    {"hello", RPC_READ_BAD, 0, NULL},
	    {"{\"id\":5,\"result\":\"\xff\"}", RPC_READ_BAD, 0, NULL},
	    {"{\"id\":5,\"result\":1} {}", RPC_READ_BAD, 0, NULL},
	};
	for (size_t i = 0; i < nitems(say); i++) {
		struct rpc_read t;

		rpc_read_parse(&t, say[i].text, strlen(say[i].text));
		if (t.kind != say[i].kind)
			print_error("line: %s\n", say[i].text);
		assert_int_equal(t.kind, say[i].kind);
		if (say[i].id != NULL) {
			assert_int_equal(t.number, say[i].number);
			assert_string_equal(t.id, say[i].id);
		} else {
			assert_true(t.why[0] != '\0');
		}
		rpc_read_free(&t);
	}
}

/* NUL in a key is JSON: the call can be refused, the plugin goes on. */
static void
f_b7_nul_in_a_key_is_the_calls_fault(void **state)
{
	char line[] = "{\"method\":\"log\",\"params\":{\"a\\u0000b\":1},"
		      "\"id\":\"x\"}",
	     slash[] = "{\"\\\\u0000\":1}", tail[] = "\\u000";
	struct rpc_read t;

	rpc_read_parse(&t, line, strlen(line));
	assert_int_equal(t.kind, RPC_READ_BAD);
	rpc_read_free(&t);
	assert_true(rpc_read_mask_nul(line, strlen(line)));
	rpc_read_parse(&t, line, strlen(line));
	assert_int_equal(t.kind, RPC_READ_REQUEST);
	assert_string_equal(t.id, "\"x\"");
	rpc_read_free(&t);
	assert_false(rpc_read_mask_nul(slash, strlen(slash)));
	assert_false(rpc_read_mask_nul(tail, strlen(tail)));
	assert_false(rpc_read_mask_nul(tail, 0));
}

/* What a plugin calls a reason, a method or an id is no text before it was
 * looked at; an id that is no JSON would spoil the line that answers it. */
static void
f_c16_words_of_a_plugin_are_text(void **state)
{
	static const char refusal[] =
	    "{\"id\":1,\"error\":{\"message\":\"a\\n\\u001b[2Jb\"}}";
	static const char *const heads[] = {
	    "{\"id\":\"a\xff\",\"method\":\"x\",\"params\":{",
	    "{\"id\":+-.,\"method\":\"x\",\"params\":{",
	    "{\"id\":\"a\tb\",\"method\":\"x\",\"params\":{"};
	static const char method[] =
	    "{\"id\":\"7\",\"method\":\"\xff\x1b[2J\",\"params\":{";
	struct rpc_read t;

	rpc_read_parse(&t, refusal, strlen(refusal));
	assert_int_equal(t.kind, RPC_READ_REFUSAL);
	assert_string_equal(t.why, "a\\x0a\\x1b[2Jb");
	rpc_read_free(&t);
	for (size_t i = 0; i < nitems(heads); i++) {
		rpc_read_head(&t, heads[i], strlen(heads[i]));
		assert_int_equal(t.kind, RPC_READ_REQUEST);
		assert_string_equal(t.id, "");
	}
	rpc_read_head(&t, method, strlen(method));
	assert_string_equal(t.id, "\"7\"");
	assert_string_equal(t.why, "\\xff\\x1b[2J");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_event, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_not_json, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_depth, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_odd_files, setup, teardown),
	    cmocka_unit_test(test_utf8),
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_talk),
	    cmocka_unit_test(f_b7_nul_in_a_key_is_the_calls_fault),
	    cmocka_unit_test(f_c16_words_of_a_plugin_are_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

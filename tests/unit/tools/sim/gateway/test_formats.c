/* SPDX-License-Identifier: MIT */
/* The simulator's formats: compression, frames, upgrade, journal, texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The simulator is no library: its modules are compiled in. */
#include "tools/sim/gateway/check.c"
#include "tools/sim/net/frame.h"
#include "tools/sim/gateway/intents.c"
#include "tools/sim/book/journal.c"
#include "tools/sim/net/compress.c"
#include "tools/sim/base/sbuf.c"
#include "tools/sim/net/upgrade.c"

#define REQUEST                                                                \
	"GET /?v=10&encoding=json&compress=zlib-stream HTTP/1.1\r\n"           \
	"Host: localhost\r\nUpgrade: websocket\r\n"                            \
	"Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"     \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

static int
upgrade(const char *text, struct upgrade *u)
{
	return upgrade_read(text, upgrade_head(text, strlen(text)), u);
}

static void
upgrade_takes_a_good_request(void **state)
{
	struct upgrade u;

	assert_int_equal(upgrade(REQUEST, &u), 101);
	assert_int_equal(u.close, 0);
	assert_int_equal(u.compress, COMPRESS_ZLIB);
	/* RFC 6455 section 1.3 */
	assert_string_equal(u.accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	assert_int_equal(upgrade_head(REQUEST, strlen(REQUEST) - 1), 0);
}

/* REQUEST with one line replaced. */
static int
changed(const char *from, const char *to, struct upgrade *u)
{
	struct sbuf t = {0};
	const char *at = strstr(REQUEST, from);
	int r;

	assert_non_null(at);
	sbuf_add(&t, REQUEST, (size_t)(at - REQUEST));
	sbuf_str(&t, to);
	sbuf_str(&t, at + strlen(from));
	r = upgrade(t.p, u);
	sbuf_free(&t);
	return r;
}

static void
upgrade_refuses_bad_requests(void **state)
{
	struct upgrade u;

	assert_int_equal(changed("GET", "POST", &u), 400);
	assert_int_equal(changed("HTTP/1.1", "HTTP/1.0", &u), 400);
	assert_int_equal(changed("Host", "Ghost", &u), 400);
	assert_int_equal(changed(", Upgrade", "", &u), 426);
	assert_int_equal(changed(": 13", ": 8", &u), 426);
	assert_int_equal(changed("Sec-WebSocket-Key: d", "Key: d", &u), 400);
	assert_int_equal(changed("v=10", "v=11", &u), 101);
	assert_int_equal(u.close, 4012);
	assert_int_equal(changed("v=10", "v=", &u), 101);
	assert_int_equal(u.close, 4012);
	assert_int_equal(changed("json", "etf", &u), 101);
	assert_int_equal(u.close, 4012);
}

/* Odd, and taken: see discord-protocol.md section 6.6. */
static void
upgrade_takes_what_is_odd(void **state)
{
	static const char *const to[] = {"/x?v", "/x/?v", "//?v", "/?a=b&c&v",
	    "/gateway?&&v"};
	struct upgrade u;

	assert_int_equal(upgrade(REQUEST, &u), 101);
	assert_null(u.odd);
	for (size_t i = 0; i < nitems(to); i++) {
		assert_int_equal(changed("/?v", to[i], &u), 101);
		assert_int_equal(u.close, 0);
		assert_int_equal(u.compress, COMPRESS_ZLIB);
		assert_int_equal(u.odd != NULL, strncmp(to[i], "/?", 2) != 0);
	}
	assert_int_equal(changed("v=10", "v=9", &u), 101);
	assert_int_equal(u.close, 0);
	assert_non_null(u.odd);
	assert_int_equal(changed("v=10&", "", &u), 101);
	assert_int_equal(u.close, 0);
	assert_non_null(u.odd);
	assert_int_equal(changed("zlib-stream", "br", &u), 101);
	assert_int_equal(u.compress, COMPRESS_NONE);
	assert_non_null(u.odd);
}

static void
zlib_stream_is_one_stream(void **state)
{
	struct compress *p = compress_new(COMPRESS_ZLIB);
	z_stream z = {0};
	char out[100];

	assert_int_equal(inflateInit(&z), Z_OK);
	for (int i = 0; i < 3; i++) {
		struct sbuf t = {0};

		compress_part(p, "hello hello", 11, true, &t);
		assert_memory_equal(t.p + t.len - 4, "\0\0\xff\xff", 4);
		z.next_in = (Bytef *)t.p;
		z.avail_in = (uInt)t.len;
		z.next_out = (Bytef *)out;
		z.avail_out = sizeof(out);
		assert_int_equal(inflate(&z, Z_SYNC_FLUSH), Z_OK);
		assert_int_equal(z.avail_in, 0);
		assert_int_equal(sizeof(out) - z.avail_out, 11);
		assert_memory_equal(out, "hello hello", 11);
		sbuf_free(&t);
	}
	inflateEnd(&z);
	compress_free(p);
}

static void
zstd_stream_stays_open(void **state)
{
	struct compress *p = compress_new(COMPRESS_ZSTD);
	ZSTD_DStream *d = ZSTD_createDStream();
	char out[100];

	for (int i = 0; i < 3; i++) {
		struct sbuf t = {0};
		ZSTD_inBuffer in;
		ZSTD_outBuffer o = {out, sizeof(out), 0};

		compress_part(p, "hello hello", 11, true, &t);
		in = (ZSTD_inBuffer) {t.p, t.len, 0};
		while (in.pos < in.size)
			assert_false(
			    ZSTD_isError(ZSTD_decompressStream(d, &o, &in)));
		assert_int_equal(o.pos, 11);
		assert_memory_equal(out, "hello hello", 11);
		sbuf_free(&t);
	}
	ZSTD_freeDStream(d);
	compress_free(p);
}

static void
frame_heads(void **state)
{
	unsigned char h[FRAME_HEAD_MAX];

	assert_int_equal(frame_head(h, FRAME_FIN | 1, 125), 2);
	assert_memory_equal(h, "\x81\x7d", 2);
	assert_int_equal(frame_head(h, FRAME_FIN | 2, 126), 4);
	assert_memory_equal(h, "\x82\x7e\0\x7e", 4);
	assert_int_equal(frame_head(h, 2, 65536), 10);
	assert_memory_equal(h, "\x02\x7f\0\0\0\0\0\1\0\0", 10);
}

static void
journal_remembers_and_lets_go(void **state)
{
	struct journal j;
	struct journal_entry *e;
	bool held;

	journal_init(&j);
	for (uint64_t i = 1; i <= JOURNAL_CHUNK * 20; i++) {
		e = journal_add(&j, i % 2 ? "A" : "B", i, "x", 1,
		    JOURNAL_COUNTED);
		assert_string_equal(journal_name(e), i % 2 ? "A" : "B");
		journal_handled(&j, i);
	}
	assert_int_equal(j.seq, JOURNAL_CHUNK * 20);
	assert_null(journal_get(&j, 1, &held));
	assert_false(held);
	e = journal_get(&j, j.seq, &held);
	assert_int_equal(e->number, j.seq);
	assert_null(journal_get(&j, j.seq + 1, &held));
	assert_true(held);
	assert_null(journal_get(&j, 0, &held));
	journal_free(&j);
}

static void
journal_keeps_what_is_open(void **state)
{
	struct journal j;
	bool held;

	journal_init(&j);
	for (uint64_t i = 1; i <= JOURNAL_CHUNK * 20; i++)
		journal_add(&j, "A", i, "x", 1, JOURNAL_COUNTED);
	assert_non_null(journal_get(&j, 1, &held));
	journal_free(&j);
}

static void
checksum_takes_line_ends_as_blanks(void **state)
{
	assert_int_equal(journal_crc("123456789", 9), 0xcbf43926);
	assert_int_equal(journal_crc("a\r\nb\n", 5), journal_crc("a  b ", 5));
	assert_int_not_equal(journal_crc("ab", 2), journal_crc("a b", 3));
}

static void
intents_switch_events_on(void **state)
{
	assert_true(intents_want(1, "GUILD_CREATE", false));
	assert_false(intents_want(0, "GUILD_CREATE", false));
	assert_true(intents_want(1u << 9, "MESSAGE_CREATE", false));
	assert_false(intents_want(1u << 9, "MESSAGE_CREATE", true));
	assert_true(intents_want(1u << 12, "MESSAGE_CREATE", true));
	assert_false(intents_want(1u << 9, "MESSAGE_REACTION_ADD", false));
	assert_true(intents_want(0, "INTERACTION_CREATE", false));
	assert_true(intents_want(0, "GUILD_MEMBERS_CHUNK", false));
	assert_true(intents_want(0, "SOME_FUTURE_EVENT", false));
}

static struct check_odd odd; /* of the last presence */

static const char *
presence(const char *text)
{
	json_object *o = json_tokener_parse(text);
	const char *why;

	odd = (struct check_odd) {0};
	why = check_presence(o, &odd);

	json_object_put(o);
	return why;
}

static void
presences(void **state)
{
	assert_null(presence("{\"since\":null,\"activities\":[{\"name\":\"x\","
			     "\"type\":0}],\"status\":\"dnd\",\"afk\":false}"));
	assert_null(presence("{\"since\":5,\"activities\":[],\"status\":"
			     "\"online\",\"afk\":true}"));
	assert_string_equal(odd.text, "");
	assert_null(presence("{\"activities\":null,\"status\":\"online\"}"));
	assert_string_equal(odd.text,
	    "since is absent, activities is null, afk is absent");
	assert_null(presence("{\"since\":0.0,\"activities\":[],\"status\":"
			     "\"online\",\"afk\":true}"));
	assert_string_equal(odd.text, "since is no integer");
	assert_non_null(presence("{\"since\":\"5\",\"activities\":[],"
				 "\"status\":\"online\",\"afk\":true}"));
	assert_null(presence("{\"since\":5,\"status\":\"\",\"afk\":false}"));
	assert_string_equal(odd.text, "activities is absent, status is empty");
	assert_non_null(presence("{\"since\":5,\"activities\":[{}],\"status\":"
				 "\"online\",\"afk\":true}"));
	assert_non_null(presence("{\"since\":5,\"activities\":[],\"status\":"
				 "\"busy\",\"afk\":true}"));
	assert_non_null(presence("[]"));
}

static void
texts(void **state)
{
	struct sbuf t = {0};

	sbuf_quote(&t, "a\"\\\n\x01\xc3\xa9");
	assert_string_equal(t.p, "\"a\\\"\\\\\\n\\u0001\xc3\xa9\"");
	sbuf_drop(&t, t.len - 1);
	assert_string_equal(t.p, "\"");
	sbuf_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(upgrade_takes_a_good_request),
	    cmocka_unit_test(upgrade_refuses_bad_requests),
	    cmocka_unit_test(upgrade_takes_what_is_odd),
	    cmocka_unit_test(zlib_stream_is_one_stream),
	    cmocka_unit_test(zstd_stream_stays_open),
	    cmocka_unit_test(frame_heads),
	    cmocka_unit_test(journal_remembers_and_lets_go),
	    cmocka_unit_test(journal_keeps_what_is_open),
	    cmocka_unit_test(checksum_takes_line_ends_as_blanks),
	    cmocka_unit_test(intents_switch_events_on),
	    cmocka_unit_test(presences),
	    cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Events as lines and fields, of good bytes and of any. */
#include "tools/cli/events/event_line.h"

#include "shared/base/text.h"
#include "shared/json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct event_line e;
static char line[1024];

static void
read_event(const char *name, const char *raw, size_t len)
{
	const char *at = memmem(raw, len, name, strlen(name));
	struct live_hdr h = {.len = (uint32_t)len,
	    .shard = 3,
	    .seq = 9,
	    .recv_ms = 1700000000000,
	    .t_off = at != NULL ? (uint32_t)(at - raw) : 0,
	    .t_len = at != NULL ? (uint16_t)strlen(name) : 0};
	struct json_object *o;

	event_line_read(&e, &h, raw);
	event_line_text(&e, line, sizeof(line));
	assert_true(text_is_utf8(line, strlen(line)));
	o = event_line_json(&e);
	assert_int_equal(json_object_get_int(json_get(o, "shard")), 3);
	json_object_put(o);
}

static void
shows(const char *name, const char *d, const char *rest)
{
	char raw[1024], want[1024];

	str_format(raw, sizeof(raw), "{\"t\":\"%s\",\"s\":9,\"op\":0,\"d\":%s}",
	    name, d);
	read_event(name, raw, strlen(raw));
	str_format(want, sizeof(want), "  shard 3: %s%s", name, rest);
	assert_string_equal(strstr(line, "  shard"), want);
}

static void
test_lines(void **state)
{
	shows("MESSAGE_CREATE",
	    "{\"content\":\"a\\nb\\u001b[2J\",\"guild_id\":\"1\",\"channel_id\":"
	    "\"2\",\"author\":{\"id\":\"3\",\"username\":\"nelly\"}}",
	    "  guild 1  channel 2  nelly: a\\x0ab\\x1b[2J");
	shows("MESSAGE_REACTION_ADD",
	    "{\"user_id\":\"3\",\"channel_id\":\"2\",\"emoji\":{\"id\":null,"
	    "\"name\":\"👍\"}}",
	    "  channel 2  user 3: 👍");
	shows("GUILD_DELETE", "{\"id\":\"77\",\"unavailable\":true}",
	    "  guild 77");
	shows("GUILD_CREATE", "{\"id\":\"77\",\"name\":\"home\"}",
	    "  guild 77  home");
	shows("INTERACTION_CREATE",
	    "{\"guild_id\":\"1\",\"data\":{\"name\":\"roll\"},\"member\":{"
	    "\"user\":{\"id\":\"3\",\"username\":\"nelly\"}},\"token\":\"x\"}",
	    "  guild 1  nelly: roll");
	shows("CHANNEL_DELETE", "{\"id\":\"5\",\"guild_id\":\"1\"}",
	    "  guild 1  channel 5");
	shows("RESUMED", "null", "");
	shows("MESSAGE_CREATE",
	    "{\"content\":{},\"author\":[],\"guild_id\":true}", "");
	assert_string_equal(e.user, "");
}

/* Cut anywhere, and with any byte turned over. */
static void
test_any_bytes(void **state)
{
	const char *raw =
	    "{\"t\":\"MESSAGE_CREATE\",\"d\":{\"content\":\"\\ud83d"
	    "\\udc4d\",\"author\":{\"username\":\"n\"},"
	    "\"guild_id\":\"1\",\"member\":{\"user\":{}}}}";
	size_t len = strlen(raw);
	char *copy;

	for (size_t n = 0; n <= len; n++) {
		copy = base_alloc(n + 1);
		memcpy(copy, raw, n);
		read_event("MESSAGE_CREATE", copy, n);
		for (size_t i = 0; i < n; i++) {
			copy[i] ^= (char)(1 << (i + n) % 8);
			read_event("MESSAGE_CREATE", copy, n);
		}
		free(copy);
	}
	e = (struct event_line) {0};
	event_line_read(&e,
	    &(struct live_hdr) {.len = 2, .t_off = 1, .t_len = 60000}, "{}");
	assert_string_equal(e.name, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

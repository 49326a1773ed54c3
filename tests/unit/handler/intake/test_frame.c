/* SPDX-License-Identifier: MIT */
/* The uplink's frame reader, fed byte by byte and in lumps; and routing. */
#include "handler/intake/frame.h"
#include "handler/intake/subscriptions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void
frame_write(struct buf *b, const struct up_hdr *h, char fill)
{
	buf_add(b, h, sizeof(*h));
	memset(buf_space(b, h->len), fill, h->len);
	buf_filled(b, h->len);
}

static size_t
feed(struct frame_reader *r, const char *data, size_t len)
{
	size_t room, at = 0, frames = 0;
	const char *payload, *why;
	struct up_hdr h;

	while (at < len) {
		char *p = frame_space(r, &room);
		size_t n = len - at < room ? len - at : room;

		memcpy(p, data + at, n);
		frame_filled(r, n);
		at += n;
		while (frame_next(r, &h, &payload, &why) == 1) {
			assert_int_equal(h.ord, 1 + h.seq);
			for (uint32_t i = 0; i < h.len; i++)
				assert_int_equal(payload[i],
				    (char)('a' + h.seq % 26));
			frames++;
		}
	}
	return frames;
}

static void
stream(struct buf *b, uint64_t n, uint32_t big)
{
	for (uint64_t i = 0; i < n; i++)
		frame_write(b,
		    &(struct up_hdr) {.type = UP_EVENT,
			.len = i == 3 ? big : (uint32_t)(i * 37 % 400),
			.ord = i + 1,
			.seq = i},
		    (char)('a' + i % 26));
}

static void
test_byte_by_byte(void **state)
{
	struct frame_reader r = {0};
	struct buf b = {0};
	size_t frames = 0;

	stream(&b, 20, 1000);
	for (size_t i = 0; i < buf_len(&b); i++)
		frames += feed(&r, buf_data(&b) + i, 1);
	assert_int_equal(frames, 20);
	frame_idle(&r);
	assert_null(r.in.p);
	buf_free(&b);
}

static void
test_lumps(void **state)
{
	static const size_t lump[] = {47, 48, 49, 4096, 65536, 1 << 20};
	struct buf b = {0};

	stream(&b, 60, 5000000);
	for (size_t k = 0; k < nitems(lump); k++) {
		struct frame_reader r = {0};
		size_t frames = 0;

		for (size_t i = 0; i < buf_len(&b); i += lump[k]) {
			size_t left = buf_len(&b) - i;

			frames += feed(&r, buf_data(&b) + i,
			    left < lump[k] ? left : lump[k]);
		}
		assert_int_equal(frames, 60);
		frame_free(&r);
	}
	buf_free(&b);
}

/* Idle readers share one buffer; a busy one keeps its own. */
static void
test_spare(void **state)
{
	struct buf b = {0}, spare = {0};
	struct frame_reader one = {.spare = &spare}, two = {.spare = &spare};

	stream(&b, 2, 0);
	assert_int_equal(feed(&one, buf_data(&b), buf_len(&b)), 2);
	frame_idle(&one);
	assert_null(one.in.p);
	assert_non_null(spare.p);
	assert_int_equal(feed(&two, buf_data(&b), 60), 1);
	assert_null(spare.p);
	frame_idle(&two);
	assert_non_null(two.in.p); /* half a frame is in it */
	assert_int_equal(feed(&one, buf_data(&b), buf_len(&b)), 2);
	frame_idle(&one);
	frame_idle(&one);
	frame_free(&two);
	buf_free(&spare);
	buf_free(&b);
}

static void
refused(struct up_hdr h)
{
	struct frame_reader r = {0};
	const char *payload, *why = NULL;
	size_t room;

	memcpy(frame_space(&r, &room), &h, sizeof(h));
	frame_filled(&r, sizeof(h));
	assert_int_equal(frame_next(&r, &h, &payload, &why), -1);
	assert_non_null(why);
	frame_free(&r);
}

static void
test_nonsense(void **state)
{
	refused((struct up_hdr) {.type = UP_EVENT,
	    .ord = 1,
	    .len = UP_PAYLOAD_MAX + 1});
	refused((struct up_hdr) {.type = 0});
	refused((struct up_hdr) {.type = DOWN_ACK});
	refused((struct up_hdr) {.type = UP_EVENT, .ord = 0});
	refused((struct up_hdr) {.type = UP_EVENT,
	    .ord = 1,
	    .len = 10,
	    .t_off = 4,
	    .t_len = 7});
	refused((struct up_hdr) {.type = UP_EVENT,
	    .ord = 1,
	    .len = 10,
	    .t_off = UINT32_MAX,
	    .t_len = 7});
}

static uint64_t
wanted(struct subscriptions *r, const char *name)
{
	return subscriptions_wanted(r, 0, name, strlen(name), 0, strlen(name));
}

static void
test_route(void **state)
{
	char all[] = "*", some[] = "MESSAGE_CREATE, INTERACTION_CREATE",
	     one[] = "MESSAGE_CREATE";
	struct config c = {.plugins = 3,
	    .plugin = {{.events = all}, {.events = some}, {.events = one}}};
	static struct subscriptions r;
	char name[80];

	subscriptions_init(&r);
	for (unsigned i = 0; i < c.plugins; i++)
		subscriptions_set(&r, i, &c.plugin[i]);
	for (int again = 0; again < 2; again++) {
		assert_int_equal(wanted(&r, "MESSAGE_CREATE"), 7);
		assert_int_equal(wanted(&r, "INTERACTION_CREATE"), 3);
		assert_int_equal(wanted(&r, "MESSAGE_CREAT"), 1);
		assert_int_equal(wanted(&r, "MESSAGE_CREATE2"), 1);
		assert_int_equal(wanted(&r, ""), 1);
	}
	/* Names that share slots of the table don't share answers. */
	for (int i = 0; i < 2000; i++) {
		str_format(name, sizeof(name), "EVENT_%d", i);
		assert_int_equal(wanted(&r, name), 1);
		assert_int_equal(wanted(&r, "MESSAGE_CREATE"), 7);
	}
	memset(name, 'A', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(wanted(&r, name), 1);
	subscriptions_free(&r);
}

static uint64_t
wanted_of(struct subscriptions *r, uint32_t shard, const char *t, const char *d)
{
	char raw[256];

	str_format(raw, sizeof(raw), "{\"t\":\"%s\",\"s\":1,\"op\":0,\"d\":%s}",
	    t, d);
	return subscriptions_wanted(r, shard, raw, strlen(raw), 6, strlen(t));
}

static void
test_route_by_guild_and_shard(void **state)
{
	char all[] = "*", two[] = "42, 77", shards[] = "0-2, 9";
	struct config_plugin c[] = {{.events = all},
	    {.events = all, .guilds = two}, {.events = all, .shards = shards},
	    {.events = all, .guilds = two, .shards = shards}};
	static struct subscriptions r;

	subscriptions_init(&r);
	for (unsigned i = 0; i < nitems(c); i++)
		subscriptions_set(&r, i, &c[i]);
	assert_int_equal(wanted_of(&r, 1, "X", "{\"guild_id\":\"42\"}"), 15);
	assert_int_equal(wanted_of(&r, 3, "X", "{\"guild_id\":77}"), 3);
	assert_int_equal(wanted_of(&r, 9, "X", "{\"guild_id\":\"4\"}"), 5);
	assert_int_equal(wanted_of(&r, 9, "X",
			     "{\"guild\":{\"guild_id\":\"42\"}}"),
	    5);
	assert_int_equal(wanted_of(&r, 8, "GUILD_CREATE", "{\"id\":\"42\"}"),
	    3);
	assert_int_equal(wanted_of(&r, 8, "X", "null"), 1);
	assert_int_equal(wanted_of(&r, 8, "X", "{\"guild_id\":"), 1);
	subscriptions_set(&r, 1, &c[0]); /* another config: it wants all now */
	assert_int_equal(wanted_of(&r, 8, "X", "null"), 3);
	subscriptions_free(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_byte_by_byte),
	    cmocka_unit_test(test_lumps),
	    cmocka_unit_test(test_spare),
	    cmocka_unit_test(test_nonsense),
	    cmocka_unit_test(test_route),
	    cmocka_unit_test(test_route_by_guild_and_shard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

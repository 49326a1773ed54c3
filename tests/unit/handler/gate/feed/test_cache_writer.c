/* SPDX-License-Identifier: MIT */
/* cache_writer.c: what is in the log gets into the cache, once, also over the
 * end of the process. */
#include "handler/gate/feed/cache_writer.h"

#include "tests/unit/rig/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#define LOG_BYTES (4u << 20)

static struct {
	char dir[SCRATCH_MAX];
	int memfd;
	struct gatelog *log;
	struct guild_cache *cache;
	struct cache_writer *writer;
	struct err err;
} t;

static void
begin(void)
{
	struct guild_cache_settings s = {.dir = t.dir,
	    .map_size = 16u << 20,
	    .map_max = 64u << 20};
	struct guild_cache_found found;
	struct gatelog_found old;

	t.log = gatelog_attach(t.memfd, LOG_BYTES, 60000, &old, &t.err);
	t.cache = guild_cache_open(&s, &found, &t.err);
	assert_non_null(t.log);
	assert_non_null(t.cache);
	t.writer = cache_writer_start(t.log, t.cache, &found, &t.err);
	assert_non_null(t.writer);
}

static void
end(void)
{
	cache_writer_stop(t.writer);
	guild_cache_close(t.cache);
	gatelog_detach(t.log);
}

static int
set_up(void **state)
{
	memset(&t, 0, sizeof(t));
	assert_int_equal(scratch_make(t.dir, sizeof(t.dir)), 0);
	t.memfd = memfd_create("log", MFD_CLOEXEC);
	begin();
	return 0;
}

static int
tear_down(void **state)
{
	end();
	close(t.memfd);
	return scratch_remove(t.dir);
}

static void
append(const char *name, const char *d, uint64_t to)
{
	static uint64_t seq;
	struct gatelog_record r = {.lane = to == 0 ? ++seq : 0,
	    .session = 1,
	    .received_ms = 1,
	    .shard_count = 1,
	    .to = to};
	char text[1024];

	str_format(text, sizeof(text),
	    "{\"t\":\"%s\",\"s\":%llu,\"op\":0,"
	    "\"d\":%s}",
	    name, (unsigned long long)seq, d);
	r.len = (uint32_t)strlen(text);
	assert_true(gatelog_describe(&r, text, strlen(text), 1));
	assert_true(gatelog_append(t.log, &r, text));
	cache_writer_wake(t.writer);
}

static void
append_guild(const char *name)
{
	char d[512];

	str_format(d, sizeof(d),
	    "{\"id\":\"4194304\",\"name\":\"%s\",\"member_count\":1,"
	    "\"roles\":[],\"channels\":[],\"members\":[]}",
	    name);
	append("GUILD_CREATE", d, 0);
}

/* All there is is in the cache. */
static void
wait_written(void)
{
	struct cache_writer_state s;

	for (int i = 0; i < 60000; i++) {
		cache_writer_look(t.writer, &s);
		if (s.position == gatelog_last(t.log))
			return;
		usleep(1000);
	}
	fail_msg("the cache has %llu of %llu", (unsigned long long)s.position,
	    (unsigned long long)gatelog_last(t.log));
}

static void
expect_guild(const char *part)
{
	struct guild_cache_view *v = guild_cache_view(t.cache, &t.err);
	struct buf out = {0};

	assert_non_null(v);
	assert_int_equal(guild_cache_guild(v, 4194304, &out, &t.err), 1);
	buf_add(&out, "", 1);
	if (strstr(buf_data(&out), part) == NULL)
		fail_msg("%s is not in %s", part, buf_data(&out));
	buf_free(&out);
	guild_cache_view_end(v);
}

static void
expect_none(void)
{
	struct guild_cache_view *v = guild_cache_view(t.cache, &t.err);
	struct buf out = {0};

	assert_int_equal(guild_cache_guild(v, 4194304, &out, &t.err), 0);
	buf_free(&out);
	guild_cache_view_end(v);
}

static void
ready(void)
{
	append("READY",
	    "{\"v\":10,\"user\":{\"id\":\"1\"},\"guilds\":[{\"id\":\"4194304\","
	    "\"unavailable\":true}]}",
	    0);
}

static void
test_written(void **state)
{
	ready();
	append_guild("one");
	wait_written();
	expect_guild("\"name\":\"one\"");
	for (int i = 0; i < 3000; i++)
		append("MESSAGE_CREATE", "{\"guild_id\":\"4194304\"}", 0);
	append_guild("two");
	wait_written();
	expect_guild("\"name\":\"two\"");
}

/* A client's copy comes again, for all; what is broken changes nothing. */
static void
test_left_out(void **state)
{
	ready();
	append("GUILD_CREATE", "{\"id\":\"4194304\",\"name\":\"private\"}", 7);
	append("GUILD_CREATE", "{\"id\":\"4194304\",\"name\":tru}", 0);
	wait_written();
	expect_none();
	append_guild("one");
	wait_written();
	expect_guild("\"name\":\"one\"");
}

/* What was not written when a process ended is, by the next. */
static void
test_another_process(void **state)
{
	ready();
	append_guild("one");
	end(); /* writes what there is */
	begin();
	expect_guild("\"name\":\"one\"");
	append_guild("two");
	wait_written();
	expect_guild("\"name\":\"two\"");
}

/* Damage while it runs: when nobody looks any more it begins empty, and what
 * the log has comes again, not only what came last. */
static void
test_mended(void **state)
{
	struct cache_writer_state s = {0};
	char path[SCRATCH_MAX + 16];

	ready();
	append_guild("one");
	wait_written();
	str_format(path, sizeof(path), "%s/data.mdb", t.dir);
	assert_int_equal(truncate(path, 4096 * 2), 0);
	append("MESSAGE_CREATE", "{\"guild_id\":\"4194304\"}", 0);
	for (int i = 0; i < 60000 && !s.damaged; i++) {
		cache_writer_look(t.writer, &s);
		usleep(1000);
	}
	assert_true(s.damaged);
	cache_writer_mend(t.writer);
	wait_written();
	expect_guild("\"name\":\"one\"");
	cache_writer_look(t.writer, &s);
	assert_false(s.damaged);
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest tests[] = {T(test_written), T(test_left_out),
	    T(test_another_process), T(test_mended)};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}

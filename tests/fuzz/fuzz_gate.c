/* SPDX-License-Identifier: MIT */
/*
 * The gate meets any message: what it notes of it lies inside, and whatever
 * the cache made of those that are JSON, what it composes is JSON.
 * Covers: shared/guilds/guild_cache_parts.c
 */
#include "tests/fuzz/kit.h"

#include "shared/guilds/guild_cache.h"
#include "handler/gate/log/gatelog.h"
#include "handler/gate/session/client_session.h"

#include "shared/json/envelope.h"

#include <string.h>
#include <unistd.h>

#define GUILD UINT64_C(1206932842547003401) /* of most samples */
#define DEPTH 1024

static char dir[64];
static struct guild_cache *cache;

static void
clean(void)
{
	static const char *const names[] = {"data.mdb", "lock.mdb"};
	char path[80];

	for (size_t i = 0; i < nitems(names); i++) {
		str_format(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}

/* In memory where it can be: each input is a commit. */
static void
begin(void)
{
	struct guild_cache_settings s = {.dir = dir,
	    .members = GUILD_CACHE_ALL,
	    .presences = true,
	    .map_size = (size_t)64 << 20,
	    .map_max = (size_t)64 << 20};
	struct guild_cache_found found;
	struct err err;

	str_format(dir, sizeof(dir), "%s/fuzz_gate.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	must(mkdtemp(dir) != NULL);
	cache = guild_cache_open(&s, &found, &err);
	must(cache != NULL);
	atexit(clean);
}

static void
apply(const struct gatelog_record *r, const char *d, size_t len)
{
	struct guild_cache_event e = {.what = (enum dispatch)r->event,
	    .shard_count = 1,
	    .received_ms = 1785585600000,
	    .d = d,
	    .len = len};
	struct guild_cache_ready ready = {.session_id = "a",
	    .resume_url = "b",
	    .shard_count = 1};
	struct guild_cache_view *v;
	struct buf out = {0};
	struct err err;

	must(guild_cache_apply(cache, &e, 1, 1, 1, &err) == 0);
	v = guild_cache_view(cache, &err);
	must(v != NULL);
	if (guild_cache_guild(v, GUILD, &out, &err) == 1)
		must(envelope_valid(buf_data(&out), buf_len(&out), DEPTH + 8));
	buf_eat(&out, buf_len(&out));
	if (guild_cache_ready(v, &ready, &out, &err) == 1)
		must(envelope_valid(buf_data(&out), buf_len(&out), DEPTH + 8));
	guild_cache_view_end(v);
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *raw = (const char *)data;
	char digits[CLIENT_SESSION_DIGITS];
	struct gatelog_record r = {0};
	struct iovec out[3];
	size_t off, len;

	if (cache == NULL)
		begin();
	if (!gatelog_describe(&r, raw, size, 1410957337177341953))
		return 0;
	must(r.len == size && r.d_off < size);
	must((size_t)r.t_off + r.t_len <= size);
	client_session_message(&r, raw, UINT64_MAX, digits, out);
	must(out[0].iov_len + out[2].iov_len + r.s_len == size);
	if (guild_cache_wants((enum dispatch)r.event)
	    && envelope_valid(raw, size, DEPTH)
	    && envelope_find(raw, size, "d", &off, &len) == 0)
		apply(&r, raw + off, len);
	return 0;
}

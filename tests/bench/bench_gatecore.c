/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the gate cost: CPU of this thread, so that other work on
 * the machine does not count.  Prints figures and judges nothing.
 *
 *	bench_gatecore [DIR]	DIR (default /tmp): where the cache is made
 */
#include "shared/guilds/guild_cache.h"
#include "handler/gate/log/gatelog.h"
#include "handler/gate/session/client_session.h"

#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MIB (1u << 20)
#define EVENTS 200000
#define GUILDS 2500
#define CHANGES 20000
#define BATCH 200

static char message[16384], guild[65536];
static size_t message_len;

static double
cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static void
say(const char *what, double value, const char *unit)
{
	printf("%-58s %10.1f %s\n", what, value, unit);
}

static void
die(const char *why)
{
	fprintf(stderr, "bench_gatecore: %s\n", why);
	exit(1);
}

static void
load_message(void)
{
	FILE *f = fopen("tests/data/events/MESSAGE_CREATE.json", "r");

	if (f == NULL)
		die("start it where tests/ is");
	message_len = fread(message, 1, sizeof(message) - 1, f);
	fclose(f);
}

/* ---- log and session ------------------------------------------------ */

static void
bench_append(struct gatelog *g)
{
	struct gatelog_record r = {.shard_count = 1};
	double from = cpu_ns();

	for (int i = 0; i < EVENTS; i++)
		if (!gatelog_describe(&r, message, message_len, 1))
			die("the sample is no dispatch");
	say("a message described", (cpu_ns() - from) / EVENTS, "ns");
	from = cpu_ns();
	for (int i = 0; i < EVENTS; i++) {
		r.guild = (uint64_t)(i % 997) << 22;
		r.received_ms = i / 10;
		gatelog_append(g, &r, message);
	}
	say("a message appended, to memory never used",
	    (cpu_ns() - from) / EVENTS, "ns");
	for (int lap = 0; lap < 2; lap++) {
		from = cpu_ns();
		for (int i = 0; i < EVENTS; i++) {
			r.guild = (uint64_t)(i % 997) << 22;
			gatelog_append(g, &r, message);
		}
	}
	say("... to a log that is full", (cpu_ns() - from) / EVENTS, "ns");
	say("... bytes of it", (double)message_len, "B");
}

static void
bench_walk(struct gatelog *g, uint32_t count, const char *what)
{
	struct client_session c = {.number = 1,
	    .intents = 53608447,
	    .shard_count = count};
	enum client_session_result got;
	struct client_cursor cur = {0};
	struct gatelog_record r;
	uint64_t n = 0, bytes = 0;
	const char *raw;
	char digits[CLIENT_SESSION_DIGITS];
	struct iovec out[3];
	double from;

	client_session_begin(&c, g, 1, 0, gatelog_oldest(g) - 1);
	if (client_session_resume(&c, g, 1, &cur) != CLIENT_SESSION_OK)
		die("the log is not whole");
	from = cpu_ns();
	while ((got = client_session_next(&c, g, &cur, &r, &raw))
	    != CLIENT_SESSION_END) {
		if (got != CLIENT_SESSION_OK)
			continue;
		client_session_message(&r, raw, cur.s, digits, out);
		bytes += out[0].iov_len + out[1].iov_len + out[2].iov_len;
		n++;
	}
	say(what,
	    (cpu_ns() - from)
		/ (double)(gatelog_last(g) + 1 - gatelog_oldest(g)),
	    "ns");
	if (n == 0 || bytes == 0)
		die("it gets nothing");
}

static void
bench_log(void)
{
	int fd = memfd_create("bench_gatecore", MFD_CLOEXEC);
	struct gatelog_found found;
	struct err err;
	struct gatelog *g = gatelog_attach(fd, (size_t)256 * MIB, 1 << 30,
	    &found, &err);
	double from;

	if (g == NULL)
		die(err.text);
	bench_append(g);
	bench_walk(g, 1, "a record walked, filtered and made a message");
	bench_walk(g, 16, "a record walked and filtered, 1 of 16 shards");
	gatelog_detach(g);
	from = cpu_ns();
	g = gatelog_attach(fd, (size_t)256 * MIB, 1 << 30, &found, &err);
	if (g == NULL || found.fresh || found.damaged)
		die("the log is gone");
	say("attaching to a full log", (cpu_ns() - from) / 1e6, "ms");
	gatelog_detach(g);
	close(fd);
}

/* ---- cache ---------------------------------------------------------- */

/* A guild of the median: 18 channels, 13 roles, 6 emojis, the bot. */
static size_t
make_guild(uint64_t id)
{
	struct buf b = {0};
	size_t len;

	buf_printf(&b,
	    "{\"id\":\"%" PRIu64 "\",\"name\":\"Kestrel Observatory\","
	    "\"features\":[\"COMMUNITY\",\"NEWS\"],\"owner_id\":\"9550732229"
	    "90381058\",\"member_count\":812,\"large\":false,\"roles\":[",
	    id);
	for (uint64_t i = 0; i < 13; i++)
		buf_printf(&b,
		    "%s{\"id\":\"%" PRIu64 "\",\"name\":\"role %" PRIu64
		    "\",\"color\":3447003,\"colors\":{\"primary_color\":3447003"
		    ",\"secondary_color\":null,\"tertiary_color\":null},"
		    "\"hoist\":true,\"icon\":null,\"unicode_emoji\":null,"
		    "\"position\":3,\"permissions\":\"1099780063232\","
		    "\"managed\":false,\"mentionable\":true,\"flags\":0}",
		    i ? "," : "", id + i, i);
	buf_puts(&b, "],\"channels\":[");
	for (uint64_t i = 0; i < 18; i++)
		buf_printf(&b,
		    "%s{\"version\":1785585689925,\"type\":0,\"position\":0,"
		    "\"permission_overwrites\":[{\"type\":0,\"id\":\"%" PRIu64
		    "\",\"deny\":\"1024\",\"allow\":\"0\"}],\"name\":\"general-"
		    "%" PRIu64 "\",\"id\":\"%" PRIu64 "\",\"flags\":0,"
		    "\"topic\":\"Anything goes; see the rules for what does "
		    "not\",\"rate_limit_per_user\":0,\"parent_id\":\"1506265492"
		    "497305616\",\"nsfw\":false,\"last_message_id\":\"15325038"
		    "55093391379\"}",
		    i ? "," : "", id, i, id + 100 + i);
	buf_puts(&b, "],\"emojis\":[");
	for (uint64_t i = 0; i < 6; i++)
		buf_printf(&b,
		    "%s{\"version\":0,\"roles\":[],\"require_colons\":true,"
		    "\"name\":\"blob\",\"managed\":false,\"id\":\"%" PRIu64
		    "\",\"available\":true,\"animated\":false}",
		    i ? "," : "", id + 200 + i);
	buf_puts(&b,
	    "],\"members\":[{\"roles\":[],\"joined_at\":\"2026-07-02T07:12:58."
	    "775000+00:00\",\"user\":{\"username\":\"kestrel-test\",\"id\":"
	    "\"400\",\"bot\":true}}],\"threads\":[],\"presences\":[],"
	    "\"voice_states\":[],\"stickers\":[]}");
	len = buf_len(&b);
	if (len >= sizeof(guild))
		die("the guild is too large");
	memcpy(guild, buf_data(&b), len);
	guild[len] = '\0';
	buf_free(&b);
	return len;
}

static uint64_t
guild_id(uint64_t n)
{
	return (n + 1) << 22;
}

static void
apply(struct guild_cache *c, const struct guild_cache_event *e, size_t n)
{
	static uint64_t position;
	struct err err;

	if (guild_cache_apply(c, e, n, 1, ++position, &err) == -1)
		die(err.text);
}

static void
bench_creates(struct guild_cache *c, const char *what)
{
	struct guild_cache_event e[50];
	char *copy[50];
	size_t len = 0;
	double spent = 0;

	for (uint64_t n = 0; n < GUILDS; n += nitems(e)) {
		for (size_t i = 0; i < nitems(e); i++) {
			len = make_guild(guild_id(n + i));
			copy[i] = base_strdup(guild);
			e[i] = (struct guild_cache_event) {
			    .what = DISPATCH_GUILD_CREATE,
			    .d = copy[i],
			    .len = len};
		}
		double from = cpu_ns();
		apply(c, e, nitems(e));
		spent += cpu_ns() - from;
		for (size_t i = 0; i < nitems(e); i++)
			free(copy[i]);
	}
	say(what, spent / GUILDS / 1e3, "us");
	say("... bytes of it", (double)len, "B");
}

/* Updates of random channels, as they come: 200 in a batch. */
static void
bench_changes(struct guild_cache *c)
{
	static char d[BATCH][512];
	struct guild_cache_event e[BATCH];
	double spent = 0;

	for (int n = 0; n < CHANGES; n += BATCH) {
		for (size_t i = 0; i < BATCH; i++) {
			uint64_t id = guild_id((uint64_t)rand() % GUILDS);

			str_format(d[i], sizeof(d[i]),
			    "{\"version\":1785585689925,\"type\":0,\"guild_id\""
			    ":\"%" PRIu64 "\",\"permission_overwrites\":[],"
			    "\"name\":\"general-%d\",\"id\":\"%" PRIu64
			    "\",\"flags\":0,\"topic\":\"Anything goes\","
			    "\"rate_limit_per_user\":0,\"nsfw\":false}",
			    id, rand(), id + 100 + (uint64_t)rand() % 18);
			e[i] = (struct guild_cache_event) {
			    .what = DISPATCH_CHANNEL_UPDATE,
			    .d = d[i],
			    .len = strlen(d[i])};
		}
		double from = cpu_ns();
		apply(c, e, BATCH);
		spent += cpu_ns() - from;
	}
	say("a CHANNEL_UPDATE applied, 200 in a batch", spent / CHANGES / 1e3,
	    "us");
}

static void
bench_compose(struct guild_cache *c)
{
	struct guild_cache_stat st;
	struct guild_cache_view *v;
	struct buf out = {0};
	struct err err;
	double from;

	if (guild_cache_stat(c, &st, &err) == -1
	    || (v = guild_cache_view(c, &err)) == NULL)
		die(err.text);
	say("bytes of the cache per guild", (double)st.bytes / GUILDS, "B");
	from = cpu_ns();
	for (uint64_t n = 0; n < GUILDS; n++) {
		buf_eat(&out, buf_len(&out));
		if (guild_cache_guild(v, guild_id(n), &out, &err) != 1)
			die("a guild is missing");
	}
	say("a GUILD_CREATE composed", (cpu_ns() - from) / GUILDS / 1e3, "us");
	say("... bytes of it", (double)buf_len(&out), "B");
	guild_cache_view_end(v);
	buf_free(&out);
}

static void
bench_cache(const char *in)
{
	struct guild_cache_settings s = {.map_size = (size_t)1 << 30,
	    .map_max = (size_t)1 << 30};
	struct guild_cache_found found;
	struct guild_cache *c;
	struct err err;
	char dir[256], path[300];
	double from;

	str_format(dir, sizeof(dir), "%s/bench_gatecore.XXXXXX", in);
	if (mkdtemp(dir) == NULL)
		die("cannot make a directory");
	s.dir = dir;
	if ((c = guild_cache_open(&s, &found, &err)) == NULL)
		die(err.text);
	bench_creates(c, "a new GUILD_CREATE applied, 50 in a batch");
	bench_creates(c, "a known GUILD_CREATE applied, 50 in a batch");
	bench_changes(c);
	bench_compose(c);
	guild_cache_close(c);
	from = cpu_ns();
	if ((c = guild_cache_open(&s, &found, &err)) == NULL || found.fresh)
		die("the cache is gone");
	say("opening it, all of it read", (cpu_ns() - from) / 1e6, "ms");
	guild_cache_close(c);
	str_format(path, sizeof(path), "%s/data.mdb", dir);
	unlink(path);
	str_format(path, sizeof(path), "%s/lock.mdb", dir);
	unlink(path);
	rmdir(dir);
}

int
main(int argc, char **argv)
{
	load_message();
	bench_log();
	bench_cache(argc > 1 ? argv[1] : "/tmp");
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * client_session.c against a naive one that knows names instead of a table and
 * keeps a list of all it would send: random logs, sessions of every shape,
 * heartbeats, RESUMEs at every s, the log's end that moves, private records.
 */
#include "handler/gate/session/client_session.h"

#include "shared/discord/dispatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#define RECORDS 6000
#define SESSIONS 24
#define BYTES GATELOG_BYTES_MIN
#define AGE (30 * 60000)

struct seen {
	char name[48];
	uint64_t guild, to;
	int64_t ms;
	bool self;
	char raw[256];
	size_t s_off, s_len;
};

static struct seen seen[RECORDS + 1];
static uint64_t nseen;
static struct gatelog *g;
static int fd;
static uint64_t seed;

static uint64_t
pick(uint64_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (seed >> 33) % below;
}

static void
reopen(void)
{
	struct gatelog_found found;
	struct err e;

	if (g != NULL)
		gatelog_detach(g);
	g = gatelog_attach(fd, BYTES, AGE, &found, &e);
	assert_non_null(g);
	assert_false(found.damaged);
}

/* name, its intents in a guild and elsewhere, does it catch up. */
static const struct kind {
	const char *name;
	uint64_t guild, dm;
	char catch_up; /* y, n, - young, x: sent to nobody */
} kinds[] = {{"MESSAGE_CREATE", 512, 4096, 'y'},
    {"MESSAGE_REACTION_ADD", 1024, 8192, 'y'},
    {"TYPING_START", 2048, 16384, 'n'}, {"GUILD_UPDATE", 1, 1, 'n'},
    {"CHANNEL_PINS_UPDATE", 1, 4096, 'n'}, {"INTERACTION_CREATE", 0, 0, '-'},
    {"GUILD_MEMBER_UPDATE", 2, 2, 'y'}, {"GUILD_BAN_ADD", 4, 4, 'y'},
    {"VOICE_STATE_UPDATE", 128, 128, 'n'}, {"ENTITLEMENT_CREATE", 0, 0, 'y'},
    {"READY", 0, 0, 'x'}, {"GUILD_MEMBERS_CHUNK", 0, 0, 'x'},
    {"VOICE_SERVER_UPDATE", 0, 0, 'x'}, {"NEW_THING", 0, 0, '?'}};

#define SELF 42

static void
append(int64_t ms, uint64_t to)
{
	const struct kind *k = &kinds[pick(nitems(kinds))];
	struct seen *o = &seen[++nseen];
	struct gatelog_record r = {.received_ms = ms, .to = to};

	*o = (struct seen) {.ms = ms,
	    .to = to,
	    .guild = pick(4) == 0 ? 0 : (1 + pick(6)) << 22};
	o->self = strcmp(k->name, "GUILD_MEMBER_UPDATE") == 0 && pick(3) == 0;
	if (strcmp(k->name, "READY") == 0)
		o->guild = 0;
	str_copy(o->name, k->name, sizeof(o->name));
	str_format(o->raw, sizeof(o->raw),
	    "{\"t\":\"%s\",\"s\":%u,\"op\":0,\"d\":{\"%s\":\"%llu\",\"user\":{"
	    "\"id\":\"%d\"}}}",
	    k->name, (unsigned)nseen * 7,
	    strcmp(k->name, "GUILD_UPDATE") == 0 ? "id" : "guild_id",
	    (unsigned long long)o->guild, o->self ? SELF : 1);
	o->s_off = (size_t)(strstr(o->raw, "\"s\":") + 4 - o->raw);
	o->s_len = strspn(o->raw + o->s_off, "0123456789");
	assert_true(gatelog_describe(&r, o->raw, strlen(o->raw), SELF));
	assert_true(gatelog_append(g, &r, o->raw));
	assert_int_equal(r.position, nseen);
}

/* ---- the naive one -------------------------------------------------- */

static bool
naive_gets(const struct client_session *c, uint64_t position)
{
	const struct seen *o = &seen[position];
	const struct kind *k = kinds;
	bool allowed = c->guilds == 0;

	while (strcmp(k->name, o->name) != 0)
		k++;
	if (o->to != 0)
		return o->to == c->number;
	if (k->catch_up == 'x')
		return false;
	for (uint32_t i = 0; i < c->guilds; i++)
		allowed |= o->guild != 0 && c->guild[i] == o->guild;
	if (!allowed || (o->guild >> 22) % c->shard_count != c->shard)
		return false;
	if (k->catch_up == '?')
		return (c->flags & CLIENT_SESSION_ALL_INTENTS) != 0
		    && position > c->live;
	uint64_t need = o->guild != 0 ? k->guild : k->dm;
	if (need != 0 && (c->intents & need) == 0 && !o->self)
		return false;
	return position > c->live || k->catch_up == 'y'
	    || (k->catch_up == '-' && c->born_ms - o->ms < 2500);
}

/* The position of its message s; 0: it was not sent yet. */
static uint64_t
naive_position(const struct client_session *c, uint64_t s)
{
	uint64_t n = c->first_s, p = c->first;

	while (n < s && ++p <= nseen)
		n += naive_gets(c, p);
	return p <= nseen ? p : 0;
}

/* ---- */

static void
check_message(const struct gatelog_record *r, const char *raw, uint64_t s)
{
	const struct seen *o = &seen[r->position];
	char digits[CLIENT_SESSION_DIGITS], has[300], want[300];
	struct iovec out[3];

	client_session_message(r, raw, s, digits, out);
	str_format(has, sizeof(has), "%.*s%.*s%.*s", (int)out[0].iov_len,
	    (char *)out[0].iov_base, (int)out[1].iov_len,
	    (char *)out[1].iov_base, (int)out[2].iov_len,
	    (char *)out[2].iov_base);
	str_format(want, sizeof(want), "%.*s%llu%s", (int)o->s_off, o->raw,
	    (unsigned long long)s, o->raw + o->s_off + o->s_len);
	assert_string_equal(has, want);
}

static enum client_session_result
next(const struct client_session *c, struct client_cursor *cur,
    uint64_t *position)
{
	enum client_session_result got;
	struct gatelog_record r;
	const char *raw;

	do
		got = client_session_next(c, g, cur, &r, &raw);
	while (got == CLIENT_SESSION_MORE);
	if (got == CLIENT_SESSION_OK) {
		check_message(&r, raw, cur->s);
		*position = r.position;
	}
	return got;
}

static enum client_session_result
resume(const struct client_session *c, uint64_t s, struct client_cursor *cur)
{
	enum client_session_result got = client_session_resume(c, g, s, cur);

	while (got == CLIENT_SESSION_MORE)
		got = client_session_resume_more(c, g, s, cur);
	return got;
}

static void
make(struct client_session *c, uint64_t number)
{
	static const uint64_t intents[] = {53608447, 1, 512 | 4096, 0,
	    2 | 1024};

	*c = (struct client_session) {.number = number,
	    .intents = intents[pick(nitems(intents))],
	    .born_ms = nseen > 0 ? seen[nseen].ms : 0,
	    .shard_count = (uint32_t)(1 + pick(3))};
	c->shard = (uint32_t)pick(c->shard_count);
	if (c->intents == 53608447)
		c->flags = CLIENT_SESSION_ALL_INTENTS;
	for (; pick(3) == 0 && c->guilds < 3; c->guilds++)
		c->guild[c->guilds] = (1 + pick(6)) << 22;
	str_copy(c->id, "abc", sizeof(c->id));
	uint64_t live = nseen - pick(nseen < 200 ? nseen + 1 : 200);
	uint64_t oldest = gatelog_oldest(g);
	if (live < oldest - 1)
		live = oldest - 1;
	client_session_begin(c, g, 1 + pick(5),
	    pick(3) == 0 ? live : pick(live + 1), live);
	assert_true(c->first >= oldest - 1 && c->first <= c->live);
}

/* All that a session gets from a cursor on, against the naive list. */
static void
check_rest(const struct client_session *c, struct client_cursor *cur)
{
	uint64_t p = cur->s > c->first_s ? naive_position(c, cur->s) : c->first;
	uint64_t got;

	while (next(c, cur, &got) == CLIENT_SESSION_OK) {
		do
			p++;
		while (!naive_gets(c, p));
		assert_int_equal(got, p);
	}
	while (++p <= nseen)
		assert_false(naive_gets(c, p));
}

static void
check_resumes(const struct client_session *c)
{
	uint64_t oldest = gatelog_oldest(g);
	struct client_cursor cur = {0};
	uint64_t s, p, got;

	for (s = c->first_s - (pick(2));; s++) {
		cur = (struct client_cursor) {0};
		enum client_session_result r = resume(c, s, &cur);

		if (s < c->first_s) {
			assert_int_equal(r, CLIENT_SESSION_INVALID);
			continue;
		}
		p = s == c->first_s ? c->first : naive_position(c, s);
		if (p == 0 && s > c->first_s) { /* s beyond what was sent */
			assert_true(r == CLIENT_SESSION_INVALID
			    || c->acked + 1 < oldest);
			break;
		}
		uint64_t from = s < c->acked_s ? c->first : c->acked;
		if (from + 1 < oldest) {
			assert_int_equal(r, CLIENT_SESSION_OVERRUN);
			continue;
		}
		assert_int_equal(r, CLIENT_SESSION_OK);
		assert_int_equal(cur.s, s);
		if (next(c, &cur, &got) != CLIENT_SESSION_OK)
			continue;
		assert_int_equal(got, naive_position(c, s + 1));
	}
}

/* Behind what is acknowledged comes what it has not got, and no other. */
static void
check_heartbeat(struct client_session *c, uint64_t s,
    struct client_cursor *sent)
{
	uint64_t was = c->acked_s;

	assert_int_equal(client_session_acknowledge(c, g, s, sent),
	    CLIENT_SESSION_OK);
	assert_int_equal(c->acked_s, s > was ? s : was);
	if (s >= was && s < sent->s)
		assert_int_equal(c->acked + 1, naive_position(c, s + 1));
	else if (s >= was)
		assert_int_equal(c->acked, sent->reader.position);
	assert_int_equal(client_session_acknowledge(c, g, sent->s + 1, sent),
	    CLIENT_SESSION_INVALID);
}

static void
run(uint64_t number)
{
	struct client_session c[SESSIONS];
	int64_t ms = 1000000;

	seed = number;
	nseen = 0;
	g = NULL;
	fd = memfd_create("test_client_session", MFD_CLOEXEC);
	reopen();
	make(&c[0], 1);
	for (int i = 1; i < SESSIONS; i++) {
		for (uint64_t n = pick(RECORDS / SESSIONS); n > 0; n--)
			append(ms += (int64_t)pick(1000),
			    pick(9) == 0 ? 1 + pick((uint64_t)i) : 0);
		make(&c[i], (uint64_t)i + 1);
		if (pick(5) == 0)
			gatelog_expire(g, ms - (int64_t)pick(60000) + AGE);
		if (pick(5) == 0)
			reopen();
		struct client_session *a = &c[pick((uint64_t)i + 1)];
		struct client_cursor cur = {0};
		/* A heartbeat of one of them, then its rest. */
		if (resume(a, a->acked_s, &cur) == CLIENT_SESSION_OK) {
			check_rest(a, &cur);
			uint64_t s = a->first_s + pick(cur.s - a->first_s + 1);
			check_heartbeat(a, s, &cur);
		}
	}
	for (int i = 0; i < SESSIONS; i++)
		check_resumes(&c[i]);
	gatelog_detach(g);
	close(fd);
}

static void
test_model(void **state)
{
	for (uint64_t n = 1; n <= 6; n++)
		run(n);
}

static void
test_other_log(void **state)
{
	struct client_session c;
	struct client_cursor cur = {0};

	seed = 3;
	nseen = 0;
	g = NULL;
	fd = memfd_create("test_client_session", MFD_CLOEXEC);
	reopen();
	append(1, 0);
	make(&c, 1);
	c.life++;
	assert_int_equal(resume(&c, c.first_s, &cur), CLIENT_SESSION_OVERRUN);
	gatelog_detach(g);
	close(fd);
}

/* One that gets nothing while the log goes by is not lost. */
static void
test_quiet(void **state)
{
	struct client_session c = {.number = 1, .shard_count = 1};
	struct gatelog_record r = {.event = DISPATCH_TYPING_START, .len = 3};
	struct client_cursor cur = {0};
	uint64_t position;

	g = NULL;
	fd = memfd_create("test_client_session", MFD_CLOEXEC);
	reopen();
	client_session_begin(&c, g, 1, 0, 0);
	assert_int_equal(resume(&c, 1, &cur), CLIENT_SESSION_OK);
	for (int i = 0; i < 50000; i++) {
		assert_true(gatelog_append(g, &r, "abc"));
		if (i % 1000 != 0)
			continue;
		assert_int_equal(next(&c, &cur, &position), CLIENT_SESSION_END);
		assert_int_equal(client_session_acknowledge(&c, g, 1, &cur),
		    CLIENT_SESSION_OK);
	}
	assert_true(gatelog_oldest(g) > 1000);
	assert_int_equal(resume(&c, 1, &cur), CLIENT_SESSION_OK);
	assert_int_equal(next(&c, &cur, &position), CLIENT_SESSION_END);
	gatelog_detach(g);
	close(fd);
}

/* What its owner would answer too late is not sent to who begins. */
/*
 * What is behind acked is let go while the client reads on: its next heartbeat
 * counts all the same, whatever it lags behind what was sent.
 */
static void
test_late_heartbeat(void **state)
{
	struct client_session c = {.number = 1,
	    .shard_count = 1,
	    .intents = 53608447};
	struct gatelog_record r = {.event = DISPATCH_TYPING_START, .len = 3};
	struct client_cursor cur = {0};

	g = NULL;
	fd = memfd_create("test_client_session", MFD_CLOEXEC);
	reopen();
	client_session_begin(&c, g, 1, 0, 0);
	assert_int_equal(resume(&c, 1, &cur), CLIENT_SESSION_OK);
	for (uint64_t lag = 1; lag < 3000; lag += lag / 4 + 1) {
		struct client_cursor again = {0};

		do {
			assert_true(gatelog_append(g, &r, "abc"));
			while (client_session_next(&c, g, &cur,
				   &(struct gatelog_record) {0},
				   &(const char *) {NULL})
			    == CLIENT_SESSION_OK)
				;
		} while (gatelog_oldest(g) <= c.acked + 1
		    || cur.s < c.acked_s + lag);
		assert_int_equal(resume(&c, c.acked_s, &again),
		    CLIENT_SESSION_OVERRUN);
		again = cur;
		assert_int_equal(resume(&c, cur.s - lag, &again),
		    CLIENT_SESSION_OK);
		assert_int_equal(again.reader.position, gatelog_last(g) - lag);
		assert_int_equal(client_session_acknowledge(&c, g, cur.s - lag,
				     &cur),
		    CLIENT_SESSION_OK);
		assert_int_equal(c.acked_s, cur.s - lag);
		assert_int_equal(c.acked, gatelog_last(g) - lag);
		again = (struct client_cursor) {0};
		assert_int_equal(resume(&c, c.acked_s + lag / 2, &again),
		    CLIENT_SESSION_OK);
		assert_int_equal(again.reader.position,
		    gatelog_last(g) - lag + lag / 2);
	}
	gatelog_detach(g);
	close(fd);
}

static void
test_young(void **state)
{
	struct client_session c = {.number = 1,
	    .live = 9,
	    .born_ms = 10000,
	    .shard_count = 1};
	struct gatelog_record r = {.position = 9,
	    .event = DISPATCH_INTERACTION_CREATE,
	    .received_ms = 7501};

	assert_true(client_session_gets(&c, &r));
	assert_false(client_session_expired(&c, &r));
	r.received_ms = 7500;
	assert_false(client_session_gets(&c, &r));
	assert_true(client_session_expired(&c, &r));
	r.to = 7;
	assert_false(client_session_expired(&c, &r));
	r.to = 0;
	c.shard = 1;
	c.shard_count = 2;
	assert_false(client_session_expired(&c, &r));
	c.shard = 0;
	r.position = 10;
	assert_true(client_session_gets(&c, &r));
	assert_false(client_session_expired(&c, &r));
}

/* Interactions of a time before it, a walk through them, and the same walk
 * again: each counts once. */
static void
test_expired_counts_once(void **state)
{
	struct client_session c = {.number = 1,
	    .shard_count = 1,
	    .born_ms = 10000,
	    .seen_ms = 10000};
	struct client_cursor cur = {0};
	struct gatelog_record r;
	const char *raw;

	fd = memfd_create("log", MFD_CLOEXEC);
	g = NULL;
	reopen();
	for (int i = 0; i < 3; i++) {
		struct gatelog_record in = {.received_ms = i < 2 ? 100 : 9000,
		    .len = 3,
		    .event = DISPATCH_INTERACTION_CREATE};

		assert_true(gatelog_append(g, &in, "{}\n"));
	}
	client_session_begin(&c, g, 1, 0, gatelog_last(g));
	for (int again = 0; again < 2; again++) {
		assert_int_equal(client_session_resume(&c, g, 1, &cur),
		    CLIENT_SESSION_OK);
		while (client_session_next(&c, g, &cur, &r, &raw)
		    == CLIENT_SESSION_OK)
			assert_int_equal(r.position, 3);
		assert_int_equal(cur.expired, 2);
	}
	gatelog_detach(g);
	close(fd);
}

/* What comes out of a store is believed field by field. */
static void
test_valid(void **state)
{
	struct client_session c = {.size = sizeof(c),
				  .number = 1,
				  .life = 1,
				  .shard_count = 1,
				  .first_s = 1,
				  .acked_s = 1},
			      bad, out;

	assert_true(client_session_valid(&c, sizeof(c), &out));
	assert_memory_equal(&c, &out, sizeof(c));
	assert_false(client_session_valid(&c, sizeof(c) - 1, &out));
#define BAD(field, value)                                                      \
	(bad = c, bad.field = (value),                                         \
	    assert_false(client_session_valid(&bad, sizeof(bad), &out)))
	BAD(size, 1);
	BAD(number, 0);
	BAD(life, 0);
	BAD(shard, 1);
	BAD(shard_count, 0);
	BAD(guilds, CLIENT_SESSION_GUILDS_MAX + 1);
	BAD(first_s, 0);
	BAD(acked_s, 0);
	BAD(first, 1);
	bad = c;
	memset(bad.id, 'x', sizeof(bad.id));
	assert_false(client_session_valid(&bad, sizeof(bad), &out));
	assert_string_equal(client_session_result_name[CLIENT_SESSION_OVERRUN],
	    "overrun");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_model),
	    cmocka_unit_test(test_other_log), cmocka_unit_test(test_young),
	    cmocka_unit_test(test_expired_counts_once),
	    cmocka_unit_test(test_quiet), cmocka_unit_test(test_late_heartbeat),
	    cmocka_unit_test(test_valid)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/*
 * The queue of REST calls on a clock and a network of the test's own: turns,
 * bounds, deadlines, what is repeated and what is not, and what one answer
 * means for the others.  http.c, clock.c and timer.c are replaced by what is below.
 */
#include "handler/rest/rest.h"
#include "shared/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct {
	uint64_t now, wake;
	bool waking;
	struct http_call *flying[64]; /* in the order they went */
	size_t n;
	struct timer *timer;
} net;

static struct {
	struct rest *rest;
	unsigned done;
	struct rest_answer last;
	char body[256];
} t;

uint64_t
clock_boot_ms(void)
{
	return net.now;
}

int64_t
clock_wall_ms(void)
{
	return (int64_t)net.now;
}

double
clock_random(void)
{
	return 0.5;
}

void
timer_init(struct timers *base, struct timer *timer, timer_fn *fn)
{
	timer->fn = fn;
	net.timer = timer;
}

void
timer_set(struct timer *timer, double after_s)
{
	timer->pending = net.waking = true;
	net.wake = net.now + (uint64_t)(after_s * 1000 + 0.5);
}

void
timer_stop(struct timer *timer)
{
	timer->pending = net.waking = false;
}

int
http_init(struct http *h, struct ev_loop *loop, struct timers *timers,
    const struct config *config, const char *token, struct err *e)
{
	return 0;
}

void
http_free(struct http *h)
{
}

int
http_start(struct http *h, struct http_call *c)
{
	must(net.n < nitems(net.flying));
	rate_limit_reply_init(&c->reply);
	net.flying[net.n++] = c;
	return 0;
}

void
http_cancel(struct http_call *c)
{
}

/* ---- helpers --------------------------------------------------------------- */

static int
setup(void **state)
{
	memset(&net, 0, sizeof(net));
	memset(&t, 0, sizeof(t));
	net.now = 100000;
	t.rest = rest_new(NULL, NULL, &(struct config) {.name = NULL}, "tok",
	    NULL);
	return 0;
}

static int
teardown(void **state)
{
	rest_free(t.rest);
	return 0;
}

static void
on_done(void *arg, const struct rest_answer *a)
{
	t.done++;
	t.last = *a;
	snprintf(t.body, sizeof(t.body), "%.*s", (int)a->len,
	    a->body ? a->body : "");
}

static int
ask_path(unsigned plugin, const char *method, const char *path,
    bool repeatable)
{
	const char *why;
	bool bad;

	return rest_call(t.rest, plugin, &(struct rest_ask) {.method = method,
	    .path = path, .repeatable = repeatable}, on_done, NULL, &bad,
	    &why);
}

static void
ask(unsigned plugin, const char *path)
{
	assert_int_equal(ask_path(plugin, "GET", path, true), 0);
}

/* Answers the call that has flown for longest. */
static void
answer(int status, const char *head, const char *body)
{
	struct http_call *c = net.flying[0];

	assert_true(net.n > 0);
	memmove(net.flying, net.flying + 1, --net.n * sizeof(c));
	c->reply.status = status;
	if (head != NULL)
		rate_limit_reply_header(&c->reply, head, strlen(head));
	buf_puts(&c->answer, body);
	c->done(c, status == 0 ? "connection reset" : "");
	rest_flush(t.rest);
}

/* Lets time pass up to the next thing that is due. */
static void
sleep_until_due(void)
{
	assert_true(net.waking);
	net.now = net.wake;
	net.waking = false;
	net.timer->fn(net.timer);
	rest_flush(t.rest);
}

static void
rest_wake_now(void)
{
	net.timer->fn(net.timer);
	rest_flush(t.rest);
}

/* ---- tests ------------------------------------------------------------------- */

static void
test_answer(void **state)
{
	ask(0, "/users/@me");
	assert_int_equal(net.n, 0);
	rest_flush(t.rest);
	assert_int_equal(net.n, 1);
	answer(200, NULL, "{\"id\":\"1\"}");
	assert_int_equal(t.done, 1);
	assert_int_equal(t.last.outcome, REST_OK);
	assert_string_equal(t.body, "{\"id\":\"1\"}");
	assert_int_equal(rest_busy(t.rest), 0);
}

/* A plugin with many calls does not keep another one waiting. */
static void
test_turns(void **state)
{
	char path[32];
	unsigned i;

	for (i = 0; i < 100; i++) {
		str_format(path, sizeof(path), "/guilds/%u", i);
		ask(3, path);
	}
	ask(4, "/guilds/900");
	ask(4, "/guilds/901");
	rest_flush(t.rest);
	assert_int_equal(net.n, REST_FLYING_EACH + 2);
	for (i = 0; strcmp(net.flying[i]->path, "/guilds/901") != 0; i++)
		assert_true(i < 6);
	while (net.n > 0)
		answer(200, NULL, "");
	sleep_until_due(); /* the global limit */
	while (net.n > 0)
		answer(200, NULL, "");
	sleep_until_due();
	while (net.n > 0)
		answer(200, NULL, "");
	assert_int_equal(t.done, 102);
}

static void
test_full(void **state)
{
	int i;

	for (i = 0; i < REST_QUEUE_MAX; i++)
		ask(0, "/guilds/1");
	assert_int_equal(ask_path(0, "GET", "/guilds/1", true), -1);
	ask(1, "/guilds/1");
	rest_forget(t.rest, 0);
	assert_int_equal(t.done, REST_QUEUE_MAX);
	assert_int_equal(t.last.outcome, REST_STOPPED);
	assert_int_equal(rest_busy(t.rest), 1);
}

static void
test_repeats(void **state)
{
	ask(0, "/guilds/1");
	rest_flush(t.rest);
	for (int i = 1; i < REST_TRIES; i++) {
		answer(i == 1 ? 502 : 0, NULL, "bad gateway");
		assert_int_equal(t.done, 0);
		assert_int_equal(net.n, 0);
		sleep_until_due();
		assert_int_equal(net.n, 1);
	}
	answer(0, NULL, "");
	assert_int_equal(t.last.outcome, REST_LATE);

	assert_int_equal(ask_path(0, "POST", "/channels/1/messages", false), 0);
	rest_flush(t.rest);
	answer(502, NULL, "");
	assert_int_equal(t.last.outcome, REST_REFUSED);
	assert_int_equal(t.last.status, 502);
	assert_int_equal(t.done, 2);
}

static void
test_limited(void **state)
{
	ask_path(0, "POST", "/channels/1/messages", false);
	rest_flush(t.rest);
	/* The body is more exact than the header. */
	answer(429, "Retry-After: 3\r\n", "{\"retry_after\":2.5,\"global\":false}");
	assert_int_equal(t.done, 0);
	assert_int_equal(net.wake, net.now + 2500);
	sleep_until_due();
	assert_int_equal(net.n, 1);
	answer(429, "Retry-After: 60\r\n", "");
	assert_int_equal(t.done, 1);
	assert_int_equal(t.last.outcome, REST_LIMITED);
	assert_int_equal(rest_counted(t.rest)->limited, 2);
}

/* One call at a time while nothing is known of a bucket, and a deadline. */
static void
test_deadline(void **state)
{
	ask(0, "/channels/1/pins");
	ask(0, "/channels/1/pins");
	rest_flush(t.rest);
	assert_int_equal(net.n, 1);
	assert_int_equal(net.wake, net.now + REST_DEADLINE_MS);
	sleep_until_due();
	assert_int_equal(t.done, 1);
	assert_int_equal(t.last.outcome, REST_LIMITED);
	assert_int_equal(net.n, 1);
}

#define REFUSED "{\"message\":\"401: Unauthorized\",\"code\":0}"
#define PAGE "<html>error code: 1015</html>"

static bool
flies(const char *path)
{
	for (size_t i = 0; i < net.n; i++)
		if (strcmp(net.flying[i]->path, path) == 0)
			return true;
	return false;
}

/* One call of a route of its own, answered so. */
static void
one(const char *path, int status, const char *body)
{
	unsigned done = t.done;

	ask(0, path);
	rest_flush(t.rest);
	assert_int_equal(net.n, 1);
	answer(status, NULL, body);
	assert_true(t.done == done + 1 || status == 429 || status == 403);
}

/* One call's 401 is that call's: what proves it is asked, and fine. */
static void
f_b2_one_401_is_no_proof(void **state)
{
	one("/oauth2/@me", 401, REFUSED);
	assert_int_equal(t.last.outcome, REST_REFUSED);
	assert_int_equal(t.last.status, 401);
	ask(1, "/guilds/1");
	rest_flush(t.rest);
	assert_int_equal(net.n, 2);
	assert_true(flies("/users/@me") && flies("/guilds/1"));
	answer(200, NULL, "{\"id\":\"1\"}");
	answer(200, NULL, "{}");
	assert_int_equal(t.last.outcome, REST_OK);
	assert_int_equal(rest_held(t.rest)->state, PAGE_REST_FINE);
	/* And not again for each. */
	one("/oauth2/@me", 401, REFUSED);
	assert_int_equal(net.n, 0);
}

/* Proved, it stops all but what needs no token; and it ends. */
static void
f_b2_a_proved_401_stops_all_until_it_is_over(void **state)
{
	one("/guilds/1", 401, REFUSED);
	assert_true(flies("/users/@me"));
	answer(401, NULL, REFUSED);
	assert_int_equal(rest_held(t.rest)->state, PAGE_REST_TOKEN);
	ask(0, "/guilds/2");
	ask_path(0, "POST", "/interactions/1/token/callback", false);
	rest_flush(t.rest);
	assert_int_equal(net.n, 1); /* a token of its own */
	assert_int_equal(t.last.outcome, REST_REFUSED);
	assert_int_equal(t.last.status, 401);
	answer(204, NULL, "");
	for (int i = 0; i < 3; i++) { /* by itself, at growing distances */
		assert_int_equal(net.wake - net.now,
		    REST_HOLD_TOKEN_MS << i);
		sleep_until_due();
		assert_true(flies("/users/@me"));
		answer(i == 2 ? 200 : 401, NULL, i == 2 ? "{}" : REFUSED);
	}
	assert_int_equal(rest_held(t.rest)->state, PAGE_REST_FINE);
	one("/guilds/3", 200, "{}");
	assert_int_equal(t.last.outcome, REST_OK);
}

/* A proof that is not answered is none. */
static void
f_b2_no_answer_proves_nothing(void **state)
{
	static const int status[] = {0, 502, 404};

	for (size_t i = 0; i < nitems(status); i++) {
		one("/guilds/1", 401, REFUSED);
		answer(status[i], NULL, "");
		assert_int_equal(rest_held(t.rest)->state, PAGE_REST_FINE);
		net.now += REST_HOLD_FRESH_MS + 1;
	}
}

/* What a limiter says of no wait is no reason to spin. */
static void
f_b5_a_429_always_waits(void **state)
{
	static const char *const said[] = {"{\"retry_after\":0}",
	    "{\"retry_after\":-3}", "{\"retry_after\":NaN}", "{}",
	    "{\"retry_after\":\"soon\"}", "{\"retry_after\":0.001}"};
	uint64_t begin;
	unsigned n;

	for (size_t i = 0; i < nitems(said); i++) {
		rest_free(t.rest);
		setup(NULL);
		begin = net.now;
		ask_path(0, "POST", "/channels/1/messages", false);
		rest_flush(t.rest);
		for (n = 0; t.done == 0; n++) {
			if (net.n == 0) {
				assert_true(net.wake - net.now >= 500);
				sleep_until_due();
			}
			assert_int_equal(net.n, 1);
			answer(429, NULL, said[i]);
		}
		assert_int_equal(n, REST_LIMITED_TRIES);
		assert_int_equal(t.last.outcome, REST_LIMITED);
		assert_true(net.now - begin >= 500 * (1 + 2 + 4 + 8));
	}
}

/* Global, of zero, to what is exempt: nor there. */
static void
f_b5_a_global_429_of_an_interaction_waits(void **state)
{
	ask_path(0, "POST", "/interactions/1/token/callback", true);
	rest_flush(t.rest);
	answer(429, "X-RateLimit-Global: true\r\n",
	    "{\"retry_after\":0,\"global\":true}");
	assert_int_equal(net.n, 0);
	assert_int_equal(net.wake, net.now + 500);
}

/* Cloudflare's page on three routes, or on the proof: of the address. */
static void
f_b5_a_block_of_the_address_stops_all(void **state)
{
	uint64_t begin = net.now;
	unsigned proofs = 0;

	ask(0, "/guilds/1");
	ask(0, "/guilds/1/roles");
	rest_flush(t.rest);
	answer(429, NULL, PAGE);
	/* The proof is made; what was asked meanwhile waits for it. */
	assert_true(flies("/users/@me"));
	ask(1, "/channels/1");
	rest_flush(t.rest);
	assert_false(flies("/channels/1"));
	answer(429, NULL, PAGE); /* the roles */
	answer(429, NULL, PAGE); /* the proof */
	assert_int_equal(rest_held(t.rest)->state, PAGE_REST_BLOCKED);
	/* None of them could be made in time, and says why. */
	assert_int_equal(t.done, 3);
	assert_int_equal(t.last.outcome, REST_LIMITED);
	assert_non_null(strstr(t.last.why, "Cloudflare"));
	assert_int_equal(net.n, 0);
	while (net.now - begin < 600000) {
		sleep_until_due();
		if (net.n == 1 && flies("/users/@me")) {
			answer(403, NULL, "{\"code\":40333}");
			proofs++;
		}
		assert_int_equal(net.n, 0);
	}
	assert_in_range(proofs, 3, 6);
	while (net.n == 0)
		sleep_until_due();
	answer(200, NULL, "{}");
	assert_int_equal(rest_held(t.rest)->state, PAGE_REST_FINE);
	one("/guilds/2/emojis", 200, "{}");
}

/* One route alone is blocked, as for what is said there: the others go on. */
static void
f_b5_a_block_of_one_route_is_no_block_of_all(void **state)
{
	ask_path(0, "POST", "/channels/1/messages", false);
	rest_flush(t.rest);
	answer(403, NULL, PAGE);
	assert_int_equal(rest_held(t.rest)->state, PAGE_REST_ROUTE);
	answer(200, NULL, "{}"); /* the proof */
	assert_int_equal(t.done, 1);
	assert_int_equal(t.last.outcome, REST_LIMITED);
	assert_non_null(strstr(t.last.why, "POST /channels"));
	one("/guilds/1", 200, "{}");
	assert_int_equal(t.last.outcome, REST_OK);
	ask_path(0, "POST", "/channels/2/messages", false);
	rest_flush(t.rest);
	assert_int_equal(net.n, 0);
	net.now += 60001;
	rest_wake_now();
	assert_int_equal(rest_held(t.rest)->state, PAGE_REST_FINE);
	/* Twice more, on other routes and within a minute: all wait for the
	 * proof, which is made at once. */
	one("/guilds/5", 403, "{\"code\":40333,\"message\":\"x\"}");
	while (net.n > 0)
		answer(200, NULL, "{}");
	one("/guilds/5/roles", 403, PAGE);
	one("/guilds/5/emojis", 403, PAGE);
	assert_true(flies("/users/@me"));
	answer(403, NULL, PAGE);
	assert_int_equal(rest_held(t.rest)->state, PAGE_REST_BLOCKED);
}

/* Follow-ups alone are blocked, for a day: four routes, and all else goes on. */
static void
f_b5_many_routes_stop_nobody_else(void **state)
{
	static const char *const path[] = {"/webhooks/1", "/webhooks/1/x",
	    "/webhooks/1/x/y", "/webhooks/1/x/y/z"};

	for (unsigned i = 0; i < 4; i++) {
		one(path[i], 429, PAGE);
		while (net.n > 0) {
			assert_true(flies("/users/@me"));
			answer(200, NULL, "{}");
		}
	}
	assert_int_equal(rest_held(t.rest)->state, PAGE_REST_ROUTE);
	one("/guilds/1", 200, "{}");
	assert_int_equal(t.last.outcome, REST_OK);
	for (unsigned i = 0; i < 4; i++) {
		ask(0, path[i]);
		rest_flush(t.rest);
		assert_int_equal(net.n, 0);
		assert_int_equal(t.last.outcome, REST_LIMITED);
	}
}

/* Three routes at once outweigh a proof that was made before. */
static void
f_b5_many_routes_outweigh_an_older_proof(void **state)
{
	for (int i = 0; i < 4; i++)
		ask(0, (const char *const[]) {"/channels/1", "/channels/1/pins",
		    "/guilds/1", "/guilds/1/roles"}[i]);
	rest_flush(t.rest);
	assert_int_equal(net.n, 4);
	for (int i = 0; i < 4; i++)
		answer(429, NULL, PAGE);
	answer(200, NULL, "{}"); /* the proof, which is made again */
	assert_true(flies("/users/@me"));
	answer(429, NULL, PAGE);
	assert_int_equal(rest_held(t.rest)->state, PAGE_REST_BLOCKED);
	while (net.n == 0)
		sleep_until_due();
	assert_true(flies("/users/@me"));
	answer(200, NULL, "{}");
	assert_true(rest_held(t.rest)->state < PAGE_REST_BLOCKED);
}

/* Three 429s of one interaction's token, and it is left alone. */
static void
f_b5_follow_ups_stop_after_three_429s(void **state)
{
	static const struct rest_ask ask = {.method = "POST", .exempt = true,
	    .path = "/webhooks/1/aW50ZXJhY3Rpb24"};
	const char *why;
	unsigned n = 0;
	bool bad;

	for (int i = 0; i < 4; i++) {
		assert_int_equal(rest_call(t.rest, 0, &ask, on_done, NULL,
		    &bad, &why), 0);
		rest_flush(t.rest);
		while (t.done == (unsigned)i) {
			if (net.n == 0)
				sleep_until_due();
			if (net.n == 0)
				continue;
			n++;
			answer(429, "X-RateLimit-Scope: shared\r\n",
			    "{\"retry_after\":0.5}");
		}
	}
	assert_int_equal(n, 3);
	assert_int_equal(t.last.outcome, REST_LIMITED);
	assert_non_null(strstr(t.last.why, "interaction"));
}

/* A plugin that is refused again and again stops itself, not the others. */
static void
f_b5_refusals_of_one_plugin_are_its_own(void **state)
{
	char path[64];

	for (unsigned i = 0; i < REST_INVALID_EACH; i++) {
		str_format(path, sizeof(path), "/guilds/%u", i);
		net.now += 50;
		one(path, 403, "{\"code\":50013}");
	}
	ask(0, "/guilds/9");
	rest_flush(t.rest);
	assert_int_equal(net.n, 0);
	assert_int_equal(t.last.outcome, REST_LIMITED);
	ask(1, "/guilds/9");
	rest_flush(t.rest);
	assert_int_equal(net.n, 1);
}

static int
ask_holding(unsigned plugin, size_t bytes)
{
	const char *why;
	bool bad;

	return rest_call(t.rest, plugin, &(struct rest_ask) {.method = "GET",
	    .path = "/guilds/1", .holds = bytes}, on_done, NULL, &bad, &why);
}

/* Few calls that are long count as many. */
static void
f_c4_long_calls_are_bounded_together(void **state)
{
	size_t len = REST_BODY_MAX - 1;
	char *body = base_alloc(len + 1);
	const struct rest_ask ask = {.method = "POST", .body = body,
	    .path = "/channels/1/messages"};
	const char *why;
	unsigned n = 0, plugins = 0;
	bool bad;

	memset(body, 'x', len);
	while (rest_call(t.rest, 0, &ask, on_done, NULL, &bad, &why) == 0)
		n++;
	assert_in_range(n, 7, REST_BYTES_EACH / len);
	assert_false(bad);
	/* Nor all plugins together. */
	for (n = 0; plugins < 40; plugins++)
		while (rest_call(t.rest, plugins, &ask, on_done, NULL, &bad,
			   &why) == 0)
			n++;
	assert_true(n * len <= REST_BYTES_ALL);
	/* What the caller keeps meanwhile, a whisper, counts, too. */
	for (unsigned i = 0; i < 40; i++)
		rest_forget(t.rest, i);
	for (n = 0; ask_holding(1, REST_BYTES_EACH / 4 + 1) == 0; n++)
		continue;
	assert_int_equal(n, 3);
	/* What is over is no longer counted. */
	for (unsigned i = 0; i < 40; i++)
		rest_forget(t.rest, i);
	assert_int_equal(rest_call(t.rest, 0, &ask, on_done, NULL, &bad, &why),
	    0);
	free(body);
}

static void
test_stop(void **state)
{
	ask(0, "/guilds/1");
	rest_flush(t.rest);
	ask(0, "/guilds/2");
	rest_stop(t.rest);
	rest_flush(t.rest);
	assert_int_equal(t.done, 1);
	assert_int_equal(t.last.outcome, REST_STOPPED);
	answer(503, NULL, ""); /* and nothing is tried again */
	assert_int_equal(t.done, 2);
	assert_int_equal(rest_busy(t.rest), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_answer, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_turns, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_full, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_repeats, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_limited, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_deadline, setup, teardown),
	    cmocka_unit_test_setup_teardown(f_b2_one_401_is_no_proof,
		setup, teardown),
	    cmocka_unit_test_setup_teardown(f_b2_a_proved_401_stops_all_until_it_is_over,
		setup, teardown),
	    cmocka_unit_test_setup_teardown(f_b2_no_answer_proves_nothing,
		setup, teardown),
	    cmocka_unit_test_setup_teardown(f_b5_a_429_always_waits,
		setup, teardown),
	    cmocka_unit_test_setup_teardown(f_b5_a_global_429_of_an_interaction_waits,
		setup, teardown),
	    cmocka_unit_test_setup_teardown(f_b5_a_block_of_the_address_stops_all,
		setup, teardown),
	    cmocka_unit_test_setup_teardown(f_b5_a_block_of_one_route_is_no_block_of_all,
		setup, teardown),
	    cmocka_unit_test_setup_teardown(
		f_b5_many_routes_stop_nobody_else, setup, teardown),
	cmocka_unit_test_setup_teardown(
		f_b5_many_routes_outweigh_an_older_proof, setup, teardown),
	    cmocka_unit_test_setup_teardown(f_b5_follow_ups_stop_after_three_429s,
		setup, teardown),
	    cmocka_unit_test_setup_teardown(f_b5_refusals_of_one_plugin_are_its_own,
		setup, teardown),
	    cmocka_unit_test_setup_teardown(f_c4_long_calls_are_bounded_together,
		setup, teardown),
	    cmocka_unit_test_setup_teardown(test_stop, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

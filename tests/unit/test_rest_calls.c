/* SPDX-License-Identifier: MIT */
/*
 * The queue of REST calls on a clock and a network of the test's own: turns,
 * bounds, deadlines, what is repeated and what is not, and the end of the
 * token.  http.c, clock.c and timer.c are replaced by what is below.
 */
#include "handler/rest.h"
#include "shared/clock.h"

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
	bucket_reply_init(&c->reply);
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
		bucket_reply_header(&c->reply, head, strlen(head));
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

static void
test_bad_token(void **state)
{
	ask(0, "/users/@me");
	ask(1, "/guilds/1");
	rest_flush(t.rest);
	answer(401, NULL, "{\"code\":0}");
	assert_int_equal(t.last.outcome, REST_REFUSED);
	answer(200, NULL, "");
	ask(0, "/guilds/2");
	ask_path(0, "POST", "/interactions/1/token/callback", false);
	rest_flush(t.rest);
	assert_int_equal(net.n, 1); /* a token of its own */
	assert_int_equal(t.done, 3);
	assert_int_equal(t.last.outcome, REST_REFUSED);
	assert_int_equal(t.last.status, 401);
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
	    cmocka_unit_test_setup_teardown(test_bad_token, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_stop, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

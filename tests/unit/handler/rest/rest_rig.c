/* SPDX-License-Identifier: MIT */
#include "tests/unit/handler/rest/rest_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

struct rest_rig calls;

/* ---- in the place of http.c ----------------------------------------- */

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
	must(calls.n < nitems(calls.flying));
	rate_limit_reply_init(&c->reply);
	calls.flying[calls.n++] = c;
	return 0;
}

void
http_cancel(struct http_call *c)
{
}

void
http_go_on(struct http_call *c)
{
}

/* ---- calls ---------------------------------------------------------- */

int
rest_rig_setup(void **state)
{
	fake_time_reset();
	memset(&calls, 0, sizeof(calls));
	calls.rest = rest_new(NULL, timer_base_new(NULL),
	    &(struct config) {.name = NULL}, "tok", NULL);
	return 0;
}

int
rest_rig_teardown(void **state)
{
	rest_free(calls.rest);
	return 0;
}

void
rest_rig_done(void *arg, const struct rest_answer *a)
{
	calls.done++;
	calls.last = *a;
	snprintf(calls.body, sizeof(calls.body), "%.*s", (int)a->len,
	    a->body ? a->body : "");
}

int
rest_rig_call(unsigned plugin, const struct rest_ask *ask)
{
	const char *why;
	bool bad;
	int rc;

	rc = rest_call(calls.rest, plugin, ask, rest_rig_done, NULL, &bad,
	    &why);
	assert_true(rc == 0 || !bad);
	return rc;
}

int
rest_rig_ask_path(unsigned plugin, const char *method, const char *path,
    bool repeatable)
{
	return rest_rig_call(plugin,
	    &(struct rest_ask) {.method = method,
		.path = path,
		.repeatable = repeatable});
}

void
rest_rig_ask(unsigned plugin, const char *path)
{
	assert_int_equal(rest_rig_ask_path(plugin, "GET", path, true), 0);
}

/* Answers the call that has flown for longest. */
void
rest_rig_answer(int status, const char *head, const char *body)
{
	struct http_call *c = calls.flying[0];

	assert_true(calls.n > 0);
	memmove(calls.flying, calls.flying + 1, --calls.n * sizeof(c));
	c->reply.status = status;
	if (head != NULL)
		rate_limit_reply_header(&c->reply, head, strlen(head));
	buf_puts(&c->answer, body);
	c->done(c, status == 0 ? "connection reset" : "");
	rest_flush(calls.rest);
}

void
rest_rig_pass(uint64_t ms)
{
	fake_time_advance(ms);
	rest_flush(calls.rest);
}

void
rest_rig_sleep(void)
{
	assert_true(fake_time_next() != UINT64_MAX);
	rest_rig_pass(fake_time_next());
}

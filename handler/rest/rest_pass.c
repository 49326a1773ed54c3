/* SPDX-License-Identifier: MIT */
/* Calls whose body and answer pass through in pieces; see rest.h. */
#include "handler/rest/rest_impl.h"

#include "shared/base/clock.h"

struct rest_call *
rest_pass(struct rest *r, unsigned queue, const struct rest_ask *ask,
    struct http_stream *stream, rest_done_fn *done, void *arg, bool *bad,
    const char **why)
{
	struct endpoint e;
	struct rest_call *c;

	must(queue >= REST_CLIENT && queue < REST_QUEUES);
	*bad = true;
	if (endpoint_parse(&e, ask->method, ask->path, why) < 0)
		return NULL;
	e.exempt |= ask->exempt;
	e.hook = ask->hook;
	*bad = false;
	*why = rest_call_no_room(r, &r->queue[queue], ask);
	if (*why != NULL)
		return NULL;
	c = rest_call_new(r, queue, &e, ask);
	c->http.stream = stream;
	if (!ask->urgent)
		c->deadline_ms = clock_boot_ms() + REST_PASS_MS;
	c->done = done;
	c->arg = arg;
	rest_call_queue(c, ask->urgent);
	return c;
}

void
rest_pass_go_on(struct rest_call *c)
{
	http_go_on(&c->http);
}

void
rest_pass_cancel(struct rest_call *c)
{
	struct rest *r = c->rest;

	r->dirty = true;
	if (c->bucket == NULL) {
		rest_call_leave(c);
	} else {
		http_cancel(&c->http);
		rest_call_landed(c);
		rate_limit_done(r->buckets, c->bucket, &c->endpoint, NULL,
		    clock_boot_ms());
	}
	rest_call_free(c);
}

/* SPDX-License-Identifier: MIT */
/* The plugins' REST calls; see rest.h. */
#include "handler/rest/rest_impl.h"

#include "shared/base/clock.h"

#include <string.h>

/* ---- one call ------------------------------------------------------- */

void
rest_call_free(struct rest_call *c)
{
	c->queue->bytes -= c->bytes;
	c->rest->bytes -= c->bytes;
	buf_free(&c->http.answer);
	free(c->method);
	free(c->path);
	free(c->body);
	free(c->reason);
	form_close(&c->http.form);
	free(c);
}

void
rest_call_end(struct rest_call *c, enum rest_outcome outcome, const char *why)
{
	struct rest_answer a = {.outcome = outcome,
	    .why = why,
	    .status = c->http.reply.status,
	    .body = buf_data(&c->http.answer),
	    .len = buf_len(&c->http.answer),
	    .retry_ms = c->retry_ms};

	if (outcome != REST_OK)
		c->rest->counts.errors++;
	c->done(c->arg, &a);
	rest_call_free(c);
}

void
rest_call_leave(struct rest_call *c)
{
	struct rest_queue *q = c->queue;

	list_remove(&c->link);
	c->rest->waiting--;
	if (--q->n == 0)
		list_remove(&q->link);
}

void
rest_call_queue(struct rest_call *c, bool first)
{
	struct rest_queue *q = c->queue;

	rest_turn_give(c, first);
	if (q->n++ == 0)
		list_append(&c->rest->queues, &q->link);
	list_append(first ? q->calls.next : &q->calls, &c->link);
	c->rest->waiting++;
	c->rest->dirty = true;
}

static void
call_drop(struct rest_call *c, enum rest_outcome outcome, const char *why)
{
	rest_call_leave(c);
	rest_call_end(c, outcome, why);
}

/* ---- the queues ----------------------------------------------------- */

/* Where it is counted while it is under way. */
static size_t *
call_pool(struct rest_call *c)
{
	struct rest *r = c->rest;

	if (c->http.stream == NULL)
		return &r->under_way;
	return c->endpoint.bare ? &r->lane : &r->passing;
}

void
rest_call_landed(struct rest_call *c)
{
	list_remove(&c->link);
	--*call_pool(c);
	c->queue->flying--;
	c->rest->dirty = true;
}

static long
call_timeout(const struct rest_call *c, uint64_t now)
{
	uint64_t left = c->deadline_ms - now;

	if (c->http.stream != NULL)
		return REST_PASSING_MS;
	return (long)(left < REST_ATTEMPT_MS ? left : REST_ATTEMPT_MS);
}

void
rest_call_start(struct rest_call *c, uint64_t now)
{
	struct rest *r = c->rest;

	rest_call_leave(c);
	buf_free(&c->http.answer);
	c->http.timeout_ms = call_timeout(c, now);
	c->tries++;
	c->bucket = rate_limit_take(r->buckets, &c->endpoint, now);
	list_append(&r->flying, &c->link);
	++*call_pool(c);
	c->queue->flying++;
	r->counts.calls++;
	if (http_start(&r->http, &c->http) < 0)
		rest_answered(&c->http, "libcurl refuses the request");
}

void
rest_flush(struct rest *r)
{
	uint64_t now, next, due;

	if (!r->dirty)
		return;
	now = clock_boot_ms();
	rest_prove(r, now);
	next = rest_turn_all(r, now);
	due = rest_hold_due(&r->hold, now);
	next = next < due ? next : due;
	if (next != UINT64_MAX)
		timer_set(&r->wake, (double)next / 1000);
	else
		timer_stop(&r->wake);
}

static void
rest_wake(struct timer *t)
{
	container_of(t, struct rest, wake)->dirty = true;
}

static char *
copy_or_null(const char *s)
{
	return s != NULL ? base_strdup(s) : NULL;
}

static void
call_prepare(struct rest_call *c, const struct rest_ask *ask)
{
	c->method = base_strdup(ask->method);
	c->path = base_strdup(ask->path);
	c->reason = copy_or_null(ask->reason);
	c->repeatable = ask->repeatable;
	c->optional = ask->optional;
	c->urgent = ask->urgent;
	c->http.method = c->method;
	c->http.path = c->path;
	c->body = copy_or_null(ask->body);
	c->http.body = c->body;
	if (ask->form != NULL) {
		c->http.form = *ask->form;
		*ask->form = (struct form) {0};
	}
	c->http.reason = c->reason;
	c->http.bare = c->endpoint.bare;
	c->http.done = rest_answered;
}

static size_t
ask_length(const struct rest_ask *ask)
{
	if (ask->form != NULL)
		return ask->form->len;
	return ask->body != NULL ? strlen(ask->body) : 0;
}

/* What it holds in memory, or nearly. */
static size_t
ask_bytes(const struct rest_ask *ask)
{
	return sizeof(struct rest_call) + strlen(ask->path) + ask->holds
	    + ask_length(ask);
}

const char *
rest_call_no_room(const struct rest *r, const struct rest_queue *q,
    const struct rest_ask *ask)
{
	size_t bytes = ask_bytes(ask);
	unsigned most = ask->urgent ? 2 * REST_QUEUE_MAX : REST_QUEUE_MAX;

	if (q->n >= most)
		return "too many calls of this plugin wait already";
	/* One alone may be as long as it likes: that is bounded, too. */
	if (q->bytes > 0 && q->bytes + bytes > REST_BYTES_EACH)
		return "the calls of this plugin that wait are too long "
		       "together: 64 MiB";
	if (r->bytes > 0 && r->bytes + bytes > REST_BYTES_ALL)
		return "the calls of all plugins that wait are too long "
		       "together: 256 MiB";
	return NULL;
}

struct rest_call *
rest_call_new(struct rest *r, unsigned queue, const struct endpoint *e,
    const struct rest_ask *ask)
{
	struct rest_call *c = base_alloc(sizeof(*c));

	c->rest = r;
	c->endpoint = *e;
	c->queue = &r->queue[queue];
	c->bytes = ask_bytes(ask);
	c->queue->bytes += c->bytes;
	r->bytes += c->bytes;
	c->deadline_ms = clock_boot_ms()
	    + (ask->urgent ? REST_URGENT_MS : REST_DEADLINE_MS);
	call_prepare(c, ask);
	return c;
}

int
rest_call(struct rest *r, unsigned plugin, const struct rest_ask *ask,
    rest_done_fn *done, void *arg, bool *bad, const char **why)
{
	struct endpoint e;
	struct rest_call *c;

	*bad = true;
	if (endpoint_parse(&e, ask->method, ask->path, why) < 0)
		return -1;
	e.exempt |= ask->exempt;
	*why = ask->form ? "the upload is longer than 26 MiB"
			 : "the request is longer than 8 MiB";
	if (ask_length(ask) > (ask->form ? REST_UPLOAD_MAX : REST_BODY_MAX))
		return -1;
	*bad = false;
	*why = rest_call_no_room(r, &r->queue[plugin], ask);
	if (*why != NULL)
		return -1;
	c = rest_call_new(r, plugin, &e, ask);
	c->done = done;
	c->arg = arg;
	rest_call_queue(c, ask->urgent);
	return 0;
}

/* It goes at once, whatever holds the others back. */
void
rest_call_proof(struct rest *r, const struct rest_ask *ask, rest_done_fn *done,
    void *arg)
{
	uint64_t now = clock_boot_ms();
	struct endpoint e;
	struct rest_call *c;
	const char *why;

	must(endpoint_parse(&e, ask->method, ask->path, &why) == 0);
	c = rest_call_new(r, REST_OWN, &e, ask);
	c->deadline_ms = now + REST_PROOF_MS;
	c->proof = true;
	c->done = done;
	c->arg = arg;
	rest_call_queue(c, true);
	rest_call_start(c, now);
}

/* ---- life ----------------------------------------------------------- */

void
rest_forget(struct rest *r, unsigned plugin)
{
	list_each_safe (&r->queue[plugin].calls, l, next)
		call_drop(container_of(l, struct rest_call, link), REST_STOPPED,
		    "the plugin that asked has ended");
}

void
rest_stop(struct rest *r)
{
	r->stopped = true;
	r->dirty = true;
}

size_t
rest_busy(const struct rest *r)
{
	return r->waiting + r->under_way + r->passing + r->lane;
}

const struct rest_hold *
rest_held(const struct rest *r)
{
	return &r->hold;
}

unsigned
rest_invalid(struct rest *r)
{
	return rate_limit_invalid(r->buckets, clock_boot_ms());
}

const struct rest_counts *
rest_counted(const struct rest *r)
{
	return &r->counts;
}

struct rest *
rest_new(struct ev_loop *loop, struct timers *timers,
    const struct config *config, const char *token, struct err *e)
{
	struct rest *r = base_alloc(sizeof(*r));

	if (http_init(&r->http, loop, timers, config, token, e) < 0) {
		free(r);
		return NULL;
	}
	r->buckets = rate_limit_new();
	rate_limit_others(r->buckets, REST_OTHERS, clock_boot_ms() + 1000);
	timer_init(timers, &r->wake, rest_wake);
	list_init(&r->queues);
	list_init(&r->flying);
	for (size_t i = 0; i < nitems(r->queue); i++) {
		list_init(&r->queue[i].link);
		list_init(&r->queue[i].calls);
	}
	return r;
}

void
rest_free(struct rest *r)
{
	for (unsigned i = 0; i < nitems(r->queue); i++)
		rest_forget(r, i);
	list_each_safe (&r->flying, l, next) {
		struct rest_call *c = container_of(l, struct rest_call, link);

		http_cancel(&c->http);
		list_remove(&c->link);
		rest_call_end(c, REST_STOPPED, "the handler is stopping");
	}
	timer_stop(&r->wake);
	http_free(&r->http);
	rate_limit_free(r->buckets);
	free(r);
}

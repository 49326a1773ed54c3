/* SPDX-License-Identifier: MIT */
/* The plugins' REST calls; see rest.h. */
#include "handler/rest.h"

#include "shared/clock.h"
#include "shared/envelope.h"
#include "shared/log.h"

#include <string.h>

struct rest_queue {
	struct list link; /* rest.queues while it has calls */
	struct list calls;
	unsigned n, flying;
};

struct rest {
	struct http http;
	struct buckets *buckets;
	struct timer wake;
	struct rest_queue queue[REST_QUEUES];
	struct list queues; /* whose turn it is, first */
	struct list flying;
	size_t waiting, under_way;
	bool dirty, stopped, bad_token;
	struct rest_counts counts;
};

struct rest_call {
	struct list link; /* its queue's calls, or rest.flying */
	struct http_call http;
	struct rest *rest;
	struct rest_queue *queue;
	struct endpoint endpoint;
	struct bucket *bucket; /* while it flies */
	char *method, *path, *body, *reason, *type;
	bool repeatable, optional, urgent;
	unsigned tries;
	uint64_t deadline_ms, not_before_ms;
	rest_done_fn *done;
	void *arg;
};

/* ---- one call --------------------------------------------------------------- */

static void
call_free(struct rest_call *c)
{
	buf_free(&c->http.answer);
	free(c->method);
	free(c->path);
	free(c->body);
	free(c->reason);
	free(c->type);
	free(c);
}

static void
call_end(struct rest_call *c, enum rest_outcome outcome, const char *why)
{
	struct rest_answer a = {.outcome = outcome, .why = why,
	    .status = c->http.reply.status, .body = buf_data(&c->http.answer),
	    .len = buf_len(&c->http.answer)};

	if (outcome != REST_OK)
		c->rest->counts.errors++;
	c->done(c->arg, &a);
	call_free(c);
}

/* Takes it out of its queue; the caller ends or starts it. */
static void
call_leave(struct rest_call *c)
{
	struct rest_queue *q = c->queue;

	list_remove(&c->link);
	c->rest->waiting--;
	if (--q->n == 0)
		list_remove(&q->link);
}

static void
call_queue(struct rest_call *c, bool first)
{
	struct rest_queue *q = c->queue;

	if (q->n++ == 0)
		list_append(&c->rest->queues, &q->link);
	list_append(first ? q->calls.next : &q->calls, &c->link);
	c->rest->waiting++;
	c->rest->dirty = true;
}

static void
call_drop(struct rest_call *c, enum rest_outcome outcome, const char *why)
{
	call_leave(c);
	call_end(c, outcome, why);
}

/* ---- answers ------------------------------------------------------------------ */

/* The body knows better than the header: it has fractions of a second. */
static void
reply_refine(struct rest_call *c)
{
	const char *body = buf_data(&c->http.answer);
	size_t len = buf_len(&c->http.answer), off, n;
	char text[32];
	double v;

	if (c->http.reply.status != 429 || len == 0)
		return;
	if (envelope_find(body, len, "retry_after", &off, &n) == 0
	    && n < sizeof(text)) {
		memcpy(text, body + off, n);
		text[n] = '\0';
		if (str_to_double(text, &v) && v >= 0 && v <= 86400)
			c->http.reply.retry_after_s = v;
	}
	if (envelope_find(body, len, "global", &off, &n) == 0 && n == 4)
		c->http.reply.global = true;
}

static void
rest_token_is_bad(struct rest *r)
{
	if (r->bad_token)
		return;
	r->bad_token = true;
	r->dirty = true;
	log_error("Discord answers 401: the bot's token is not valid any more. "
		  " No REST call is made from here on.  Put the new token "
		  "into the token file, then: shardherd token reload");
}

static bool
call_again(struct rest_call *c, uint64_t now)
{
	uint64_t wait = REST_BACKOFF_MS << (c->tries - 1);

	if (!c->repeatable || c->tries >= REST_TRIES || c->rest->stopped)
		return false;
	wait += (uint64_t)(clock_random() * (double)wait);
	if (now + wait >= c->deadline_ms)
		return false;
	c->not_before_ms = now + wait;
	call_queue(c, true);
	return true;
}

static void
call_answered(struct rest_call *c, uint64_t now)
{
	int status = c->http.reply.status;

	if (status >= 200 && status < 300) {
		call_end(c, REST_OK, "");
	} else if (status == 429 && !c->rest->stopped) {
		/* Refused before it did anything: its bucket says when. */
		c->rest->counts.limited++;
		call_queue(c, true);
	} else if (status >= 500 && call_again(c, now)) {
		log_debug("REST: %s answered %d; trying again",
		    c->endpoint.route, status);
	} else {
		if (status == 401 && !c->endpoint.bare)
			rest_token_is_bad(c->rest);
		call_end(c, REST_REFUSED, "Discord refused the request");
	}
}

static void
call_done(struct http_call *http, const char *error)
{
	struct rest_call *c = container_of(http, struct rest_call, http);
	struct rest *r = c->rest;
	uint64_t now = clock_boot_ms();
	bool answered = error[0] == '\0';

	list_remove(&c->link);
	r->under_way--;
	c->queue->flying--;
	r->dirty = true;
	if (answered)
		reply_refine(c);
	bucket_done(r->buckets, c->bucket, &c->endpoint,
	    answered ? &c->http.reply : NULL, now);
	if (answered) {
		call_answered(c, now);
		return;
	}
	log_debug("REST: %s failed: %s", c->endpoint.route, error);
	if (call_again(c, now))
		return;
	c->http.reply.status = 0;
	call_end(c, REST_LATE, "no answer from Discord in time");
}

/* ---- the queues ----------------------------------------------------------------- */

static void
call_start(struct rest_call *c, uint64_t now)
{
	struct rest *r = c->rest;
	uint64_t left = c->deadline_ms - now;

	call_leave(c);
	buf_free(&c->http.answer);
	c->http.timeout_ms = (long)(left < REST_ATTEMPT_MS ? left
							   : REST_ATTEMPT_MS);
	c->tries++;
	c->bucket = bucket_take(r->buckets, &c->endpoint, now);
	list_append(&r->flying, &c->link);
	r->under_way++;
	c->queue->flying++;
	r->counts.calls++;
	if (http_start(&r->http, &c->http) < 0)
		call_done(&c->http, "libcurl refuses the request");
}

static bool
call_has_room(const struct rest_call *c)
{
	if (c->urgent)
		return c->rest->under_way
		    < REST_FLYING_MAX + REST_FLYING_URGENT;
	return c->rest->under_way < REST_FLYING_MAX
	    && c->queue->flying < REST_FLYING_EACH;
}

static const char *
call_forbidden(struct rest_call *c, uint64_t now, enum rest_outcome *outcome)
{
	if (c->rest->stopped) {
		*outcome = REST_STOPPED;
		return "the handler is stopping";
	}
	if (c->rest->bad_token && !c->endpoint.bare) {
		*outcome = REST_REFUSED;
		c->http.reply.status = 401;
		return "the bot's token is not valid any more";
	}
	*outcome = REST_LIMITED;
	if (!bucket_allows(c->rest->buckets, &c->endpoint, c->optional, now))
		return "too many invalid requests in the last 10 minutes: "
		       "Discord would ban this address";
	return NULL;
}

/*
 * What becomes of a waiting call now: 0 it may start, else it was dropped
 * (*dropped) or must wait that long.
 */
static uint64_t
call_due(struct rest_call *c, uint64_t now, bool *dropped)
{
	enum rest_outcome outcome;
	const char *why = call_forbidden(c, now, &outcome);
	uint64_t wait = bucket_wait(c->rest->buckets, &c->endpoint, now);

	*dropped = true;
	if (why != NULL) {
		call_drop(c, outcome, why);
		return 1;
	}
	if (now >= c->deadline_ms) {
		call_drop(c, c->tries ? REST_LATE : REST_LIMITED,
		    "it could not be made in time");
		return 1;
	}
	if (wait != UINT64_MAX && now + wait >= c->deadline_ms) {
		call_drop(c, REST_LIMITED, "rate limited for too long");
		return 1;
	}
	*dropped = false;
	if (c->not_before_ms > now && c->not_before_ms - now > wait)
		wait = c->not_before_ms - now;
	if (wait == 0 && !call_has_room(c))
		wait = UINT64_MAX;
	return wait < c->deadline_ms - now ? wait : c->deadline_ms - now;
}

/* Starts the first call of q that may go; *next: when to look again. */
static bool
queue_serve(struct rest_queue *q, uint64_t now, uint64_t *next)
{
	list_each_safe(&q->calls, l, after) {
		struct rest_call *c = container_of(l, struct rest_call, link);
		bool dropped;
		uint64_t wait = call_due(c, now, &dropped);

		if (dropped)
			continue;
		if (wait == 0) {
			call_start(c, now);
			return true;
		}
		if (wait < *next)
			*next = wait;
	}
	return false;
}

void
rest_flush(struct rest *r)
{
	uint64_t now, next;
	bool any;

	if (!r->dirty)
		return;
	now = clock_boot_ms();
	do {
		any = false;
		next = UINT64_MAX;
		r->dirty = false;
		/* One each in turn; what it starts may end at once. */
		for (size_t i = 0; i < nitems(r->queue); i++) {
			struct list *first = r->queues.next;

			if (first == &r->queues)
				break;
			list_remove(first);
			list_append(&r->queues, first);
			any |= queue_serve(container_of(first,
			    struct rest_queue, link), now, &next);
		}
	} while (any);
	if (r->waiting > 0 && next != UINT64_MAX)
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
call_body(struct rest_call *c, const struct rest_ask *ask)
{
	if (ask->body == NULL)
		return;
	c->http.body_len = ask->type ? ask->body_len : strlen(ask->body);
	c->body = base_alloc(c->http.body_len + 1);
	memcpy(c->body, ask->body, c->http.body_len);
	c->type = copy_or_null(ask->type);
	c->http.body = c->body;
	c->http.type = c->type;
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
	call_body(c, ask);
	c->http.reason = c->reason;
	c->http.bare = c->endpoint.bare;
	c->http.done = call_done;
}

static bool
ask_is_too_long(const struct rest_ask *ask)
{
	if (ask->body == NULL)
		return false;
	return ask->type ? ask->body_len > REST_UPLOAD_MAX
			 : strlen(ask->body) > REST_BODY_MAX;
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
	*why = ask->type ? "the upload is longer than 26 MiB"
			 : "the request is longer than 8 MiB";
	if (ask_is_too_long(ask))
		return -1;
	*bad = false;
	*why = "too many calls of this plugin wait already";
	if (r->queue[plugin].n >= REST_QUEUE_MAX && !ask->urgent)
		return -1;
	if (r->queue[plugin].n >= 2 * REST_QUEUE_MAX)
		return -1;
	c = base_alloc(sizeof(*c));
	c->rest = r;
	c->endpoint = e;
	c->queue = &r->queue[plugin];
	c->deadline_ms = clock_boot_ms()
	    + (ask->urgent ? REST_URGENT_MS : REST_DEADLINE_MS);
	c->done = done;
	c->arg = arg;
	call_prepare(c, ask);
	call_queue(c, ask->urgent);
	return 0;
}

/* ---- life ------------------------------------------------------------------------ */

void
rest_forget(struct rest *r, unsigned plugin)
{
	list_each_safe(&r->queue[plugin].calls, l, next)
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
	return r->waiting + r->under_way;
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
	r->buckets = buckets_new();
	buckets_others(r->buckets, REST_OTHERS, clock_boot_ms() + 1000);
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
	list_each_safe(&r->flying, l, next) {
		struct rest_call *c = container_of(l, struct rest_call, link);

		http_cancel(&c->http);
		list_remove(&c->link);
		call_end(c, REST_STOPPED, "the handler is stopping");
	}
	timer_stop(&r->wake);
	http_free(&r->http);
	buckets_free(r->buckets);
	free(r);
}

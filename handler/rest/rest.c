/* SPDX-License-Identifier: MIT */
/* The plugins' REST calls; see rest.h. */
#include "handler/rest/rest_impl.h"

#include "shared/base/clock.h"

#include <string.h>

/* ---- one call ------------------------------------------------------- */

static void
call_free(struct rest_call *c)
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

void
rest_call_queue(struct rest_call *c, bool first)
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
	rest_call_end(c, outcome, why);
}

/* ---- the queues ----------------------------------------------------- */

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
	c->bucket = rate_limit_take(r->buckets, &c->endpoint, now);
	list_append(&r->flying, &c->link);
	r->under_way++;
	c->queue->flying++;
	r->counts.calls++;
	if (http_start(&r->http, &c->http) < 0)
		rest_answered(&c->http, "libcurl refuses the request");
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
	const char *why = rest_hold_refuses(&c->rest->hold, c->endpoint.bare);

	if (c->rest->stopped) {
		*outcome = REST_STOPPED;
		return "the handler is stopping";
	}
	if (why != NULL) {
		*outcome = REST_REFUSED;
		c->http.reply.status = 401;
		return why;
	}
	*outcome = REST_LIMITED;
	if (rest_spent_is(&c->rest->spent, &c->endpoint, now))
		return "Discord has limited this interaction three times: "
		       "more calls with its token could ban the address";
	if (c->endpoint.interaction)
		return NULL;
	if (rate_limit_invalid_sum(&c->queue->invalid, now)
	    >= REST_INVALID_EACH)
		return "too many invalid requests of this plugin in the last "
		       "10 minutes: Discord would ban this address";
	if (!rate_limit_allows(c->rest->buckets, &c->endpoint, c->optional,
		now))
		return "too many invalid requests in the last 10 minutes: "
		       "Discord would ban this address";
	return NULL;
}

/* How long its limits hold it back; *why when it is longer than it lives. */
static uint64_t
call_wait(const struct rest_call *c, uint64_t now, const char **why)
{
	struct rest *r = c->rest;
	uint64_t held = rest_hold_wait(&r->hold, c->endpoint.route, c->urgent,
	    now);
	uint64_t wait = rate_limit_wait(r->buckets, &c->endpoint, now);

	*why = "rate limited for too long";
	if (held == 0 || wait == UINT64_MAX || wait > held)
		return wait;
	if (r->hold.words[0] != '\0')
		*why = r->hold.words;
	return held;
}

/*
 * What becomes of a waiting call now: 0 it may start, else it was dropped
 * (*dropped) or must wait that long.
 */
static uint64_t
call_due(struct rest_call *c, uint64_t now, bool *dropped)
{
	enum rest_outcome outcome;
	const char *why = call_forbidden(c, now, &outcome), *late;
	uint64_t wait;

	*dropped = true;
	if (why != NULL) {
		call_drop(c, outcome, why);
		return 1;
	}
	if (now >= c->deadline_ms) {
		call_drop(c, c->tries > c->limited ? REST_LATE : REST_LIMITED,
		    "it could not be made in time");
		return 1;
	}
	wait = call_wait(c, now, &late);
	if (wait != UINT64_MAX && now + wait >= c->deadline_ms) {
		call_drop(c, REST_LIMITED, late);
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
	list_each_safe (&q->calls, l, after) {
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

/* One call of each queue in turn, until none may go; when to look again. */
static uint64_t
rest_turn(struct rest *r, uint64_t now)
{
	uint64_t next;
	bool any;

	do {
		any = false;
		next = UINT64_MAX;
		r->dirty = false;
		/* What it starts may end at once. */
		for (size_t i = 0; i < nitems(r->queue); i++) {
			struct list *first = r->queues.next;

			if (first == &r->queues)
				break;
			list_remove(first);
			list_append(&r->queues, first);
			any |= queue_serve(container_of(first,
					       struct rest_queue, link),
			    now, &next);
		}
	} while (any);
	return r->waiting > 0 ? next : UINT64_MAX;
}

void
rest_flush(struct rest *r)
{
	uint64_t now, next, due;

	if (!r->dirty)
		return;
	now = clock_boot_ms();
	rest_prove(r, now);
	next = rest_turn(r, now);
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

static const char *
queue_full(const struct rest *r, const struct rest_queue *q,
    const struct rest_ask *ask, size_t bytes)
{
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

static struct rest_call *
call_new(struct rest *r, unsigned plugin, const struct endpoint *e,
    const struct rest_ask *ask)
{
	struct rest_call *c = base_alloc(sizeof(*c));

	c->rest = r;
	c->endpoint = *e;
	c->queue = &r->queue[plugin];
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
	*why = queue_full(r, &r->queue[plugin], ask, ask_bytes(ask));
	if (*why != NULL)
		return -1;
	c = call_new(r, plugin, &e, ask);
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
	c = call_new(r, REST_OWN, &e, ask);
	c->deadline_ms = now + REST_PROOF_MS;
	c->proof = true;
	c->done = done;
	c->arg = arg;
	rest_call_queue(c, true);
	call_start(c, now);
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
	return r->waiting + r->under_way;
}

const struct rest_hold *
rest_held(const struct rest *r)
{
	return &r->hold;
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

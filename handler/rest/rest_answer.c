/* SPDX-License-Identifier: MIT */
/*
 * What becomes of a REST call that was answered, and of the others: the
 * verdict is shared/answer.h's, what is common to all rest_hold.h's.
 */
#include "handler/rest/rest_impl.h"

#include "shared/base/clock.h"
#include "shared/base/log.h"
#include "shared/base/text.h"

#include <string.h>

static struct answer_verdict
judge(struct rest_call *c)
{
	struct rate_limit_reply *r = &c->http.reply;
	struct answer_verdict v = answer_judge(
	    &(struct answer) {.status = r->status,
		.body = buf_data(&c->http.answer),
		.len = buf_len(&c->http.answer),
		.limits = r->limits,
		.retry_after_s = r->retry_after_s,
		.global = r->global,
		.shared = r->shared,
		.bare = c->endpoint.bare});

	r->retry_after_s = v.wait_s;
	r->global = v.means == ANSWER_GLOBAL;
	r->blocked = v.means == ANSWER_BLOCKED;
	return v;
}

/* ---- this call ------------------------------------------------------ */

static bool
call_again(struct rest_call *c, uint64_t now)
{
	uint64_t wait = REST_BACKOFF_MS << (c->tries - c->limited - 1);

	if (!c->repeatable || c->tries - c->limited >= REST_TRIES
	    || c->rest->stopped)
		return false;
	wait += (uint64_t)(clock_random() * (double)wait);
	if (now + wait >= c->deadline_ms)
		return false;
	c->not_before_ms = now + wait;
	rest_call_queue(c, true);
	return true;
}

/* Refused before it did anything: its bucket, or the hold, says when. */
static void
call_limited(struct rest_call *c, const struct answer_verdict *v, uint64_t now)
{
	struct rest *r = c->rest;

	if (v->means != ANSWER_BLOCKED)
		r->counts.limited++;
	if (v->means != ANSWER_BLOCKED && v->means != ANSWER_GLOBAL)
		rest_spent_limited(&r->spent, &c->endpoint, now);
	if (r->stopped || c->http.stream != NULL)
		rest_call_end(c, REST_REFUSED, "Discord refused the request");
	else if (++c->limited >= REST_LIMITED_TRIES)
		rest_call_end(c, REST_LIMITED,
		    "it was rate limited each time it was made");
	else
		rest_call_queue(c, true);
}

static void
call_answered(struct rest_call *c, const struct answer_verdict *v, uint64_t now)
{
	switch (v->means) {
	case ANSWER_OK:
		rest_call_end(c, REST_OK, "");
		break;
	case ANSWER_LIMITED:
	case ANSWER_SHARED:
	case ANSWER_GLOBAL:
	case ANSWER_BLOCKED:
		call_limited(c, v, now);
		break;
	case ANSWER_TROUBLE:
		if (call_again(c, now)) {
			log_debug("REST: %s answered %d; trying again",
			    c->endpoint.route, c->http.reply.status);
			break;
		}
		/* fall through */
	default:
		rest_call_end(c, REST_REFUSED, "Discord refused the request");
	}
}

static void
call_failed(struct rest_call *c, const char *error, uint64_t now)
{
	char why[256];

	log_debug("REST: %s failed: %s", c->endpoint.route, error);
	if (call_again(c, now))
		return;
	c->http.reply.status = 0;
	str_format(why, sizeof(why),
	    "no answer from Discord that is of use: %s", TEXT_OF(error, 160));
	rest_call_end(c, REST_LATE, why);
}

/* ---- the proof ------------------------------------------------------ */

static void
on_proof(void *arg, const struct rest_answer *a)
{
	struct rest *r = arg;

	r->proving = false;
	r->dirty = true;
}

void
rest_prove(struct rest *r, uint64_t now)
{
	const struct rest_ask ask = {.method = "GET", .path = ANSWER_PROOF};

	rest_hold_tick(&r->hold, now);
	if (r->stopped || r->proving || !rest_hold_wants_proof(&r->hold, now))
		return;
	r->proving = true;
	rest_hold_proving(&r->hold);
	rest_call_proof(r, &ask, on_proof, r);
}

/* ---- everybody ------------------------------------------------------ */

/* The call may be gone when this returns. */
static void
call_judged(struct rest_call *c, uint64_t now)
{
	struct answer_verdict v = judge(c);
	int status = c->http.reply.status;

	rate_limit_done(c->rest->buckets, c->bucket, &c->endpoint,
	    &c->http.reply, now);
	page_counts_answered(&c->rest->counts.by_route, c->endpoint.route,
	    status);
	if (v.counts)
		rate_limit_invalid_add(&c->queue->invalid, now);
	if (c->proof) {
		rest_hold_proved(&c->rest->hold, &v, status, now);
		rest_call_end(c, REST_OK, "");
		return;
	}
	rest_hold_answered(&c->rest->hold, &v, status, c->endpoint.route, now);
	call_answered(c, &v, now);
}

void
rest_answered(struct http_call *http, const char *error)
{
	struct rest_call *c = container_of(http, struct rest_call, http);
	struct rest *r = c->rest;
	uint64_t now = clock_boot_ms();

	rest_call_landed(c);
	if (error[0] == '\0') {
		call_judged(c, now);
		return;
	}
	rate_limit_done(r->buckets, c->bucket, &c->endpoint, NULL, now);
	if (c->proof) {
		rest_hold_proved(&r->hold, NULL, 0, now);
		rest_call_end(c, REST_LATE, "");
		return;
	}
	call_failed(c, error, now);
}

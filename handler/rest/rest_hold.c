/* SPDX-License-Identifier: MIT */
/* See rest_hold.h. */
#include "handler/rest/rest_hold.h"

#include "shared/base/log.h"

#include <stdarg.h>
#include <string.h>

/* ---- telling, once -------------------------------------------------- */

static void hold_say(struct rest_hold *, enum page_rest, const char *, ...)
    printflike(3, 4);

static void
hold_say(struct rest_hold *h, enum page_rest state, const char *fmt, ...)
{
	char words[PAGE_WORDS];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	str_copy(h->words, words, sizeof(h->words));
	if (state == PAGE_REST_TOKEN)
		log_error("REST: %s", words);
	else
		log_warn("REST: %s", words);
}

/* ---- routes that are blocked ---------------------------------------- */

static uint64_t
ms_of(double s)
{
	return (uint64_t)(s * 1000 + 0.999);
}

static const struct rest_hold_route *
route_find(const struct rest_hold *h, const char *route)
{
	for (size_t i = 0; i < nitems(h->route); i++)
		if (strcmp(h->route[i].route, route) == 0)
			return &h->route[i];
	return NULL;
}

/* Its place, or the one whose block is the oldest. */
static struct rest_hold_route *
route_get(struct rest_hold *h, const char *route, uint64_t now)
{
	struct rest_hold_route *k, *oldest = &h->route[0];
	const struct rest_hold_route *found = route_find(h, route);

	if (found != NULL) {
		k = &h->route[found - h->route];
		if (now - k->blocked_ms > REST_HOLD_FORGET_MS)
			k->times = 0;
		return k;
	}
	for (size_t i = 1; i < nitems(h->route); i++)
		if (h->route[i].blocked_ms < oldest->blocked_ms)
			oldest = &h->route[i];
	*oldest = (struct rest_hold_route) {.times = 0};
	str_copy(oldest->route, route, sizeof(oldest->route));
	return oldest;
}

static unsigned
routes_near(const struct rest_hold *h, uint64_t now)
{
	unsigned n = 0;

	for (size_t i = 0; i < nitems(h->route); i++)
		n += h->route[i].route[0] != '\0'
		    && now - h->route[i].blocked_ms <= REST_HOLD_NEAR_MS;
	return n;
}

/* The others that are blocked now. */
static unsigned
routes_besides(const struct rest_hold *h, const struct rest_hold_route *k,
    uint64_t now)
{
	unsigned n = 0;

	for (size_t i = 0; i < nitems(h->route); i++)
		n += &h->route[i] != k && h->route[i].until_ms > now;
	return n;
}

static void
route_say(struct rest_hold *h, const struct rest_hold_route *k, uint64_t now)
{
	unsigned n = routes_besides(h, k, now);
	char more[32] = "";

	if (h->state != PAGE_REST_ROUTE)
		h->since_ms = k->blocked_ms;
	h->state = PAGE_REST_ROUTE;
	if (n > 0)
		str_format(more, sizeof(more), " and %u more", n);
	hold_say(h, h->state,
	    "Cloudflare in front of Discord blocks %.80s%s (HTTP %d, not "
	    "Discord's own): its calls wait %.0f s",
	    k->route, more, k->status, (double)(k->until_ms - now) / 1000);
}

/* ---- what stops all ------------------------------------------------- */

static void
all_begin(struct rest_hold *h, enum page_rest state, uint64_t now)
{
	if (h->last != state || now - h->last_ms > REST_HOLD_FORGET_MS)
		h->times = 0;
	h->last = state;
	h->last_ms = now;
	h->times++;
	if (h->state < PAGE_REST_BLOCKED)
		h->since_ms = now;
	h->state = state;
	h->wanted_ms = 0;
	h->pausing = false;
}

static void
all_blocked(struct rest_hold *h, double said_s, int status, uint64_t now)
{
	bool told = h->state == PAGE_REST_BLOCKED;

	all_begin(h, PAGE_REST_BLOCKED, now);
	h->until_ms = now + ms_of(answer_blocked_s(said_s, h->times));
	if (!told)
		hold_say(h, h->state,
		    "Cloudflare in front of Discord blocks "
		    "this address (HTTP %d, not Discord's own): no call is "
		    "made until GET " ANSWER_PROOF ", tried each minute or so, "
		    "is let through",
		    status);
}

static void
all_refused(struct rest_hold *h, uint64_t now)
{
	bool told = h->state == PAGE_REST_TOKEN;
	uint64_t wait = REST_HOLD_TOKEN_MS;

	all_begin(h, PAGE_REST_TOKEN, now);
	for (unsigned i = 1; i < h->times && wait < REST_HOLD_TOKEN_MAX_MS; i++)
		wait *= 2;
	h->until_ms = now
	    + (wait < REST_HOLD_TOKEN_MAX_MS ? wait : REST_HOLD_TOKEN_MAX_MS);
	if (!told)
		hold_say(h, h->state,
		    "Discord refuses the bot's token (401, "
		    "for GET " ANSWER_PROOF " too): no call is made. Put the "
		    "new token into token_file, then: shardherd token reload");
}

static void
hold_over(struct rest_hold *h, uint64_t now)
{
	if (h->words[0] != '\0')
		log_notice("REST: calls go on (it was: %s)", h->words);
	h->words[0] = '\0';
	h->state = PAGE_REST_FINE;
	h->until_ms = 0;
	for (size_t i = 0; i < nitems(h->route); i++)
		if (h->route[i].until_ms > now) {
			route_say(h, &h->route[i], now);
			return;
		}
}

static void
global_limit(struct rest_hold *h, double said_s, uint64_t now)
{
	uint64_t wait = ms_of(answer_limited_s(said_s, 1));
	bool told = h->state == PAGE_REST_LIMITED;

	if (h->state > PAGE_REST_LIMITED || wait < REST_HOLD_TELL_MS)
		return;
	if (!told)
		h->since_ms = now;
	h->state = PAGE_REST_LIMITED;
	if (now + wait > h->until_ms)
		h->until_ms = now + wait;
	if (!told)
		hold_say(h, h->state,
		    "the bot's global rate limit: no call but answers to "
		    "interactions for %.0f s",
		    (double)wait / 1000);
}

/* ---- answers -------------------------------------------------------- */

/* Not one for each answer: the next one waits a while. */
static void
want_proof(struct rest_hold *h, bool pausing, uint64_t now)
{
	bool fresh = h->proved_ms != 0
	    && now - h->proved_ms < REST_HOLD_FRESH_MS;

	if (h->wanted_ms == 0)
		h->wanted_ms = fresh ? h->proved_ms + REST_HOLD_FRESH_MS : now;
	h->pausing |= pausing && !fresh;
}

static void
route_blocked(struct rest_hold *h, const struct answer_verdict *v, int status,
    const char *route, uint64_t now)
{
	struct rest_hold_route *k = route_get(h, route, now);
	bool waits = now < k->until_ms;

	k->blocked_ms = now;
	k->status = status;
	/* Those that were under way when it began tell nothing new. */
	if (!waits)
		k->until_ms = now
		    + ms_of(answer_blocked_s(v->wait_s, ++k->times));
	if (h->state >= PAGE_REST_BLOCKED)
		return;
	if (!waits && h->state <= PAGE_REST_ROUTE)
		route_say(h, k, now);
	/* So many outweigh an older proof, and one that is under way; but
	 * somebody may block just them (webhooks, say), so nothing stops all
	 * that is not proved. */
	if (routes_near(h, now) >= REST_HOLD_ROUTES) {
		h->proved_ms = h->wanted_ms = 0;
		h->stale = h->proving;
	}
	want_proof(h, true, now);
}

void
rest_hold_answered(struct rest_hold *h, const struct answer_verdict *v,
    int status, const char *route, uint64_t now)
{
	switch (v->means) {
	case ANSWER_TOKEN:
		if (h->state != PAGE_REST_TOKEN)
			want_proof(h, false, now);
		break;
	case ANSWER_BLOCKED:
		route_blocked(h, v, status, route, now);
		break;
	case ANSWER_GLOBAL:
		global_limit(h, v->wait_s, now);
		break;
	default:
		break;
	}
}

/* Some answer of Discord itself: nobody stands in front of it. */
static bool
is_discords(const struct answer_verdict *v)
{
	return v->means == ANSWER_OK || (v->json && v->means != ANSWER_TROUBLE);
}

void
rest_hold_proved(struct rest_hold *h, const struct answer_verdict *v,
    int status, uint64_t now)
{
	/* What was refused since it was asked is newer than its answer. */
	if (h->wanted_ms != 0 || h->stale)
		h->wanted_ms = h->stale ? now : now + REST_HOLD_FRESH_MS;
	h->pausing = h->stale;
	h->proving = h->stale = false;
	if (v != NULL && v->means == ANSWER_TOKEN) {
		all_refused(h, now);
	} else if (v != NULL && v->means == ANSWER_BLOCKED) {
		all_blocked(h, v->wait_s, status, now);
	} else if (v != NULL
	    && (v->means == ANSWER_OK
		|| (is_discords(v) && h->state != PAGE_REST_TOKEN))) {
		h->proved_ms = now;
		if (h->state >= PAGE_REST_BLOCKED)
			hold_over(h, now);
	} else if (h->state >= PAGE_REST_BLOCKED) {
		/* No answer says nothing: tried again before long. */
		h->until_ms = now + REST_HOLD_FRESH_MS;
	}
}

/* ---- what it means for a call --------------------------------------- */

bool
rest_hold_wants_proof(const struct rest_hold *h, uint64_t now)
{
	return (h->wanted_ms != 0 && now >= h->wanted_ms)
	    || (h->state >= PAGE_REST_BLOCKED && now >= h->until_ms);
}

void
rest_hold_proving(struct rest_hold *h)
{
	h->wanted_ms = 0;
	h->proving = true;
	/* Its end sets the time anew. */
	if (h->state >= PAGE_REST_BLOCKED)
		h->until_ms = UINT64_MAX;
}

const char *
rest_hold_refuses(const struct rest_hold *h, bool bare)
{
	return h->state == PAGE_REST_TOKEN && !bare ? h->words : NULL;
}

uint64_t
rest_hold_wait(const struct rest_hold *h, const char *route, bool urgent,
    uint64_t now)
{
	const struct rest_hold_route *k;

	if (h->state == PAGE_REST_BLOCKED)
		return h->until_ms > now && h->until_ms != UINT64_MAX
		    ? h->until_ms - now
		    : UINT64_MAX;
	if (h->pausing && !urgent)
		return UINT64_MAX;
	k = route_find(h, route);
	return k != NULL && now < k->until_ms ? k->until_ms - now : 0;
}

/* When the state passes by itself, or is to be proved. */
static uint64_t
state_ends(const struct rest_hold *h)
{
	uint64_t at = h->until_ms;

	if (h->state == PAGE_REST_FINE)
		return UINT64_MAX;
	if (h->state == PAGE_REST_ROUTE)
		for (size_t i = 0; i < nitems(h->route); i++)
			if (h->route[i].until_ms > at)
				at = h->route[i].until_ms;
	return at;
}

uint64_t
rest_hold_due(const struct rest_hold *h, uint64_t now)
{
	uint64_t at = state_ends(h);

	if (h->wanted_ms != 0 && h->wanted_ms < at)
		at = h->wanted_ms;
	return at == UINT64_MAX ? at : at > now ? at - now : 0;
}

void
rest_hold_tick(struct rest_hold *h, uint64_t now)
{
	if ((h->state == PAGE_REST_ROUTE || h->state == PAGE_REST_LIMITED)
	    && now >= state_ends(h))
		hold_over(h, now);
}

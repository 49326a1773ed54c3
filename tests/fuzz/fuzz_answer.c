/* SPDX-License-Identifier: MIT */
/*
 * Any answer of REST: to the supervisor's three questions, and to the handler's
 * calls.  First two bytes: the status; lines of the head up to an empty one;
 * then the body.
 * Covers: shared/discord/answer.c supervisor/identify/discord_ask_rest.c
 * supervisor/identify/answer_rules.c handler/rest/rate_limit.c
 * handler/rest/rest_hold.c
 */
#include "tests/fuzz/kit.h"

#include "handler/rest/rate_limit.h"
#include "handler/rest/rest_hold.h"
#include "shared/base/log.h"
#include "supervisor/identify/answer_rules.h"
#include "supervisor/identify/discord_ask_rest.h"

#include <math.h>
#include <string.h>

#define API "https://discord.com/api/v10"

static bool
ends(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

static void
check_words(const struct discord_ask_answer *a)
{
	char out[512];

	must(ends(a->words, sizeof(a->words)) && ends(a->url, sizeof(a->url))
	    && ends(a->user_name, sizeof(a->user_name))
	    && ends(a->user_id, sizeof(a->user_id))
	    && ends(a->app_id, sizeof(a->app_id)));
	answer_rules_words(a, 1, out, sizeof(out));
	must(strchr(out, '\n') == NULL && out[0] != '\0');
}

static void
supervisors(int status, const char *body, size_t len, double retry_s)
{
	struct ask_http h = {.status = status,
	    .body = body,
	    .len = len,
	    .retry_after_s = retry_s > 0 ? retry_s : 0};
	struct discord_ask_answer a = {0};
	double again;

	a.http = status;
	a.status = discord_ask_rest_judge(&h, &a);
	must(a.status < DISCORD_ASK_STATUS_COUNT);
	check_words(&a);
	again = answer_rules_retry_s(&a, 3, 0.99);
	must(isfinite(again) && again >= 0);
	memset(&a, 0, sizeof(a));
	if (discord_ask_rest_gateway(body, len, &a)
	    && answer_rules_answer_ok(&a, API)) {
		must(a.shards >= 1 && a.shards <= ANSWER_RULES_SHARDS_MAX);
		must(a.max_concurrency >= 1 && a.total >= 0 && a.remaining >= 0
		    && a.reset_after_ms >= 0);
		must(strncmp(a.url, "wss://", 6) == 0);
		must(answer_rules_count(0, a.shards) >= 1);
	}
	check_words(&a);
	memset(&a, 0, sizeof(a));
	(void)discord_ask_rest_user(body, len, &a);
	(void)discord_ask_rest_app(body, len, &a);
	check_words(&a);
}

/* The head's lines; the body is behind them. */
static const char *
head(const char *text, const char *end, struct rate_limit_reply *r)
{
	while (text < end) {
		const char *nl = memchr(text, '\n', (size_t)(end - text));
		size_t len = nl != NULL ? (size_t)(nl + 1 - text)
					: (size_t)(end - text);

		if (len == 1)
			return text + 1;
		rate_limit_reply_header(r, text, len);
		must(ends(r->id, sizeof(r->id)));
		text += len;
	}
	return end;
}

static void
handlers(struct rate_limit_reply *r, const char *body, size_t len)
{
	static const char path[] = "/channels/1/messages";
	struct rate_limits *b = rate_limit_new();
	struct rest_hold hold = {0};
	struct endpoint e;
	struct answer a = {.status = r->status,
	    .body = body,
	    .len = len,
	    .retry_after_s = r->retry_after_s,
	    .limits = r->limits,
	    .global = r->global,
	    .shared = r->shared};
	const char *why;
	uint64_t now = 1000000;

	must(endpoint_parse(&e, "POST", path, &why) == 0);
	for (int i = 0; i < 4; i++, now += 700) {
		struct answer_verdict v;
		struct rate_limit *k;

		a.bare = i == 3;
		v = answer_judge(&a);
		must(v.means < ANSWER_MEANINGS && v.wait_s <= ANSWER_WAIT_MAX_S
		    && !isnan(v.wait_s));
		k = rate_limit_take(b, &e, now);
		r->blocked = v.means == ANSWER_BLOCKED;
		rate_limit_done(b, k, &e, r, now);
		/* No answer stops a route for ever. */
		must(rate_limit_wait(b, &e, now)
		    <= (uint64_t)ANSWER_WAIT_MAX_S * 1000 + 60000);
		rest_hold_answered(&hold, &v, r->status, e.route, now);
		if (rest_hold_wants_proof(&hold, now)) {
			rest_hold_proving(&hold);
			rest_hold_proved(&hold, i % 2 != 0 ? &v : NULL,
			    r->status, now);
		}
		must(ends(hold.words, sizeof(hold.words)));
		rest_hold_tick(&hold, now);
		(void)rest_hold_due(&hold, now);
	}
	rate_limit_free(b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int usual[] = {200, 204, 401, 403, 404, 429, 500, 502, 0};
	struct kit k = {data, size};
	unsigned n = kit_number(&k, 2);
	int status = n % 2 != 0 ? usual[n / 2 % nitems(usual)]
				: (int)(n % 1000);
	char *text = kit_text(k.p, k.left);
	struct rate_limit_reply r;
	const char *body;

	log_init(LOG_TO_HOOK, LOG_L_ERROR);
	rate_limit_reply_init(&r);
	body = head(text, text + k.left, &r);
	r.status = status;
	must(answer_seconds(text) <= ANSWER_WAIT_MAX_S);
	supervisors(status, body, (size_t)(text + k.left - body),
	    r.retry_after_s);
	handlers(&r, body, (size_t)(text + k.left - body));
	free(text);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* See answer.h. */
#include "shared/discord/answer.h"

#include <curl/curl.h>
#include <json-c/json.h>
#include <math.h>
#include <string.h>

#include "shared/base/clock.h"

#define CODE_BLOCKED 40333 /* "internal network error": Cloudflare's */

const struct answer_row answer_row[ANSWER_MEANINGS] = {
#define X(n, whom, when, done) [ANSWER_##n] = {ANSWER_##whom, when, done},
    ANSWERS(X)
#undef X
};

const char *const answer_whom_name[ANSWER_WHOMS] = {
    [ANSWER_CALL] = "this call",
    [ANSWER_ROUTE] = "its route",
    [ANSWER_ALL] = "everybody",
};

/* ---- how long to wait ----------------------------------------------- */

static double
plausible(double s)
{
	if (!isfinite(s) && s > 0)
		return ANSWER_WAIT_ODD_S;
	if (!isfinite(s) || s < 0)
		return -1;
	return s <= ANSWER_WAIT_MAX_S ? s : ANSWER_WAIT_ODD_S;
}

double
answer_seconds(const char *text)
{
	char *end;
	double s;
	time_t at;

	if (str_to_double(text, &s))
		return plausible(s);
	/* "1e3", and what no double holds: neither hex nor words. */
	s = strtod(text, &end);
	if (text[0] >= '0' && text[0] <= '9' && *end == '\0'
	    && text[strspn(text, "0123456789.eE+-")] == '\0')
		return plausible(s);
	if (strchr(text, ':') == NULL || (at = curl_getdate(text, NULL)) < 0)
		return -1;
	s = (double)at - (double)clock_wall_ms() / 1000;
	return s > 0 ? plausible(s) : 0;
}

static double
at_least(double said_s, double floor_s, double top_s, unsigned times)
{
	for (unsigned i = 1; i < times && floor_s < top_s; i++)
		floor_s *= 2;
	if (floor_s > top_s)
		floor_s = top_s;
	return said_s > floor_s ? said_s : floor_s;
}

double
answer_limited_s(double said_s, unsigned times)
{
	return at_least(said_s < 0 ? 2 * ANSWER_FLOOR_S : said_s,
	    ANSWER_FLOOR_S, ANSWER_FLOOR_MAX_S, times);
}

double
answer_blocked_s(double said_s, unsigned times)
{
	/* What Cloudflare says counts, but each time more is waited. */
	if (said_s > 0 && times <= 1)
		return said_s > ANSWER_FLOOR_S ? said_s : ANSWER_FLOOR_S;
	return at_least(said_s, ANSWER_BLOCK_S, ANSWER_BLOCK_MAX_S, times);
}

/* ---- what it means -------------------------------------------------- */

struct body {
	bool json, global, blocked, waits;
	double wait_s;
	int64_t code;
};

static double
seconds_of(struct json_object *v)
{
	if (json_object_is_type(v, json_type_string))
		return answer_seconds(json_object_get_string(v));
	if (json_object_is_type(v, json_type_int)
	    || json_object_is_type(v, json_type_double))
		return plausible(json_object_get_double(v));
	return -1;
}

static bool
is_true(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v)
	    && json_object_is_type(v, json_type_boolean)
	    && json_object_get_boolean(v);
}

static struct body
body_read(const struct answer *a)
{
	struct json_tokener *tok = json_tokener_new_ex(32);
	struct json_object *o = NULL, *v;
	struct body b = {.wait_s = -1};

	must(tok != NULL);
	/* Leniently, unlike shared/json: it is judged, not kept, and a 429 with
	 * "retry_after":NaN is a limit all the same, not a page of Cloudflare. */
	if (a->len > 0 && a->len <= ANSWER_BODY_MAX)
		o = json_tokener_parse_ex(tok, a->body, (int)a->len);
	json_tokener_free(tok);
	b.json = json_object_is_type(o, json_type_object)
	    || json_object_is_type(o, json_type_array);
	if (json_object_is_type(o, json_type_object)) {
		if (json_object_object_get_ex(o, "code", &v)
		    && json_object_is_type(v, json_type_int))
			b.code = json_object_get_int64(v);
		b.waits = json_object_object_get_ex(o, "retry_after", &v);
		if (b.waits)
			b.wait_s = seconds_of(v);
		b.global = is_true(o, "global");
		/* Cloudflare's pages, where JSON was asked for. */
		b.blocked = b.code == CODE_BLOCKED
		    || is_true(o, "cloudflare_error");
	}
	json_object_put(o);
	return b;
}

static enum answer_means
means_limited(const struct answer *a, const struct body *b)
{
	/* Discord's has JSON or headers of its own; a page has neither. */
	if (b->blocked
	    || (!b->json && !a->limits && (a->len > 0 || a->retry_after_s < 0)))
		return ANSWER_BLOCKED;
	if (a->global || b->global)
		return ANSWER_GLOBAL;
	/* Any other scope than "shared", one not known yet too, is the bot's. */
	return a->shared ? ANSWER_SHARED : ANSWER_LIMITED;
}

static enum answer_means
means(const struct answer *a, const struct body *b)
{
	if (a->status >= 200 && a->status < 300)
		return ANSWER_OK;
	if (a->status >= 500 || a->status == 0)
		return ANSWER_TROUBLE;
	switch (a->status) {
	case 401:
		return a->bare ? ANSWER_OWN_TOKEN : ANSWER_TOKEN;
	case 403:
		/* A page; nothing at all may be a compatible server's. */
		return b->blocked || (!b->json && a->len > 0)
		    ? ANSWER_BLOCKED
		    : ANSWER_FORBIDDEN;
	case 429:
		return means_limited(a, b);
	default:
		return ANSWER_REFUSED;
	}
}

struct answer_verdict
answer_judge(const struct answer *a)
{
	struct answer_verdict v = {.wait_s = a->retry_after_s};
	struct body b = {.wait_s = -1};

	if (a->status >= 400 && a->status < 500)
		b = body_read(a);
	v.means = means(a, &b);
	/* The body knows better than the header: it has fractions. */
	if (b.wait_s >= 0)
		v.wait_s = b.wait_s;
	v.counts = v.means == ANSWER_TOKEN || v.means == ANSWER_OWN_TOKEN
	    || v.means == ANSWER_FORBIDDEN || v.means == ANSWER_LIMITED
	    || v.means == ANSWER_GLOBAL;
	v.json = b.json;
	v.code = b.code;
	return v;
}

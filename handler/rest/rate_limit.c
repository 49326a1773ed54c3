/* SPDX-License-Identifier: MIT */
/* REST rate limits; see rate_limit.h. */
#include "handler/rest/rate_limit.h"

#include "shared/discord/answer.h"

#include <string.h>
#include <strings.h>

#define BUCKET_HASH 1024
/* A bucket without headers is forgotten after this. */
#define BUCKET_IDLE_MS 600000u

/* Keyed by "bucket id major", or "route major" before the first answer. */
struct rate_limit {
	struct rate_limit *chain;
	struct list age; /* least recently used first */
	char key[400];
	bool known; /* headers were seen */
	int64_t limit, remaining;
	uint64_t reset_ms;   /* when remaining becomes limit again */
	uint64_t blocked_ms; /* no call before this */
	unsigned refused;    /* 429s in a row */
	unsigned flying;
};

/* Route to bucket id, learned from answers. */
struct route_id {
	struct route_id *chain;
	struct list age;
	char route[256], id[64];
};

struct rate_limits {
	struct rate_limit *hash[BUCKET_HASH];
	struct route_id *routes[BUCKET_HASH];
	struct list ages, route_ages;
	size_t count, route_count;
	uint64_t answered[RATE_LIMIT_GLOBAL]; /* ring: the last ones' answers */
	unsigned at, filled, flying;
	uint64_t global_ms;	 /* global 429: nothing before this */
	unsigned global_refused; /* in a row */
	struct rate_limit_invalid invalid;
};

struct rate_limits *
rate_limit_new(void)
{
	struct rate_limits *b = base_alloc(sizeof(*b));

	list_init(&b->ages);
	list_init(&b->route_ages);
	return b;
}

/* ---- lookups -------------------------------------------------------- */

static size_t
key_slot(const char *key)
{
	return base_hash64(key, strlen(key)) % BUCKET_HASH;
}

static struct route_id *
route_find(struct rate_limits *b, const char *route)
{
	struct route_id *r = b->routes[key_slot(route)];

	while (r != NULL && strcmp(r->route, route) != 0)
		r = r->chain;
	return r;
}

static void
route_drop(struct rate_limits *b, struct route_id *r)
{
	struct route_id **at = &b->routes[key_slot(r->route)];

	while (*at != r)
		at = &(*at)->chain;
	*at = r->chain;
	list_remove(&r->age);
	b->route_count--;
	free(r);
}

static void
route_learn(struct rate_limits *b, const char *route, const char *id)
{
	struct route_id *r = route_find(b, route), **at;

	if (r == NULL) {
		if (b->route_count == RATE_LIMIT_MAX)
			route_drop(b,
			    container_of(b->route_ages.next, struct route_id,
				age));
		r = base_alloc(sizeof(*r));
		str_copy(r->route, route, sizeof(r->route));
		at = &b->routes[key_slot(route)];
		r->chain = *at;
		*at = r;
		list_append(&b->route_ages, &r->age);
		b->route_count++;
	}
	str_copy(r->id, id, sizeof(r->id));
}

static void
bucket_drop(struct rate_limits *b, struct rate_limit *k)
{
	struct rate_limit **at = &b->hash[key_slot(k->key)];

	while (*at != k)
		at = &(*at)->chain;
	*at = k->chain;
	list_remove(&k->age);
	b->count--;
	free(k);
}

/* Forgets what no longer limits anything, oldest first, a few per call. */
static void
bucket_expire(struct rate_limits *b, uint64_t now)
{
	for (int i = 0; i < 4 && !list_empty(&b->ages); i++) {
		struct rate_limit *k = container_of(b->ages.next,
		    struct rate_limit, age);
		bool idle = k->flying == 0 && now >= k->reset_ms
		    && now >= k->blocked_ms;

		if (idle
		    && (b->count >= RATE_LIMIT_MAX
			|| now >= k->reset_ms + BUCKET_IDLE_MS)) {
			bucket_drop(b, k);
			continue;
		}
		if (b->count < RATE_LIMIT_MAX)
			return;
		list_remove(&k->age);
		list_append(&b->ages, &k->age);
	}
}

static void
bucket_key(struct rate_limits *b, const struct endpoint *e, char *key,
    size_t size)
{
	struct route_id *r = route_find(b, e->route);

	str_format(key, size, "%s %s", r ? r->id : e->route, e->major);
}

static struct rate_limit *
bucket_find(struct rate_limits *b, const char *key)
{
	struct rate_limit *k = b->hash[key_slot(key)];

	while (k != NULL && strcmp(k->key, key) != 0)
		k = k->chain;
	return k;
}

static struct rate_limit *
bucket_get(struct rate_limits *b, const char *key, uint64_t now)
{
	struct rate_limit *k = bucket_find(b, key), **at;

	if (k == NULL) {
		bucket_expire(b, now);
		k = base_alloc(sizeof(*k));
		str_copy(k->key, key, sizeof(k->key));
		k->reset_ms = now;
		at = &b->hash[key_slot(key)];
		k->chain = *at;
		*at = k;
		b->count++;
		list_init(&k->age);
	}
	list_remove(&k->age);
	list_append(&b->ages, &k->age);
	return k;
}

/* ---- may it go? ----------------------------------------------------- */

static uint64_t
global_wait(struct rate_limits *b, uint64_t now)
{
	while (b->filled > 0 && now >= b->answered[b->at] + 1000) {
		b->at = (b->at + 1) % RATE_LIMIT_GLOBAL;
		b->filled--;
	}
	if (now < b->global_ms)
		return b->global_ms - now;
	if (b->filled + b->flying < RATE_LIMIT_GLOBAL)
		return 0;
	if (b->filled == 0)
		return UINT64_MAX;
	return b->answered[b->at] + 1000 - now;
}

static void
global_answered(struct rate_limits *b, uint64_t now)
{
	if (b->filled == RATE_LIMIT_GLOBAL) { /* taken without asking */
		b->at = (b->at + 1) % RATE_LIMIT_GLOBAL;
		b->filled--;
	}
	b->answered[(b->at + b->filled++) % RATE_LIMIT_GLOBAL] = now;
}

static void
global_done(struct rate_limits *b, uint64_t now)
{
	must(b->flying > 0);
	b->flying--;
	global_answered(b, now);
}

void
rate_limit_others(struct rate_limits *b, unsigned n, uint64_t when)
{
	while (n-- > 0)
		global_answered(b, when);
}

static uint64_t
own_wait(const struct rate_limit *k, uint64_t now)
{
	if (now < k->blocked_ms)
		return k->blocked_ms - now;
	if (!k->known)
		return k->flying < RATE_LIMIT_UNKNOWN ? 0 : UINT64_MAX;
	if (k->remaining > 0)
		return 0;
	if (now < k->reset_ms)
		return k->reset_ms - now;
	/* A new period: its first answer tells when it ends. */
	return (int64_t)k->flying < (k->limit > 0 ? k->limit : 1) ? 0
								  : UINT64_MAX;
}

uint64_t
rate_limit_wait(struct rate_limits *b, const struct endpoint *e, uint64_t now)
{
	char key[400];
	struct rate_limit *k;
	uint64_t all, own;

	bucket_key(b, e, key, sizeof(key));
	k = bucket_find(b, key);
	own = k != NULL ? own_wait(k, now) : 0;
	all = e->exempt ? 0 : global_wait(b, now);
	return own > all ? own : all;
}

struct rate_limit *
rate_limit_take(struct rate_limits *b, const struct endpoint *e, uint64_t now)
{
	char key[400];
	struct rate_limit *k;

	bucket_key(b, e, key, sizeof(key));
	k = bucket_get(b, key, now);
	k->flying++;
	if (k->known && k->remaining <= 0 && now >= k->reset_ms) {
		k->remaining = k->limit - (int64_t)k->flying + 1;
		k->reset_ms = now;
	}
	k->remaining--;
	if (!e->exempt)
		b->flying++;
	return k;
}

/* ---- what an answer teaches ----------------------------------------- */

static void
invalid_roll(struct rate_limit_invalid *v, uint64_t now)
{
	uint64_t minute = now / 60000;

	if (minute - v->minute >= RATE_LIMIT_MINUTES)
		memset(v->count, 0, sizeof(v->count));
	else
		for (uint64_t m = v->minute + 1; m <= minute; m++)
			v->count[m % RATE_LIMIT_MINUTES] = 0;
	v->minute = minute;
}

void
rate_limit_invalid_add(struct rate_limit_invalid *v, uint64_t now)
{
	invalid_roll(v, now);
	v->count[v->minute % RATE_LIMIT_MINUTES]++;
}

unsigned
rate_limit_invalid_sum(struct rate_limit_invalid *v, uint64_t now)
{
	unsigned sum = 0;

	invalid_roll(v, now);
	for (size_t i = 0; i < RATE_LIMIT_MINUTES; i++)
		sum += v->count[i];
	return sum;
}

unsigned
rate_limit_invalid(struct rate_limits *b, uint64_t now)
{
	return rate_limit_invalid_sum(&b->invalid, now);
}

bool
rate_limit_allows(struct rate_limits *b, const struct endpoint *e,
    bool optional, uint64_t now)
{
	unsigned n = rate_limit_invalid(b, now);

	if (e->interaction)
		return true;
	return n
	    < (optional ? RATE_LIMIT_INVALID_SHED : RATE_LIMIT_INVALID_STOP);
}

static uint64_t
later(uint64_t now, double after_s)
{
	return now + (uint64_t)(after_s * 1000 + 0.999);
}

/* An answer may be older than calls that are still under way. */
static void
bucket_learn(struct rate_limit *k, const struct rate_limit_reply *r,
    uint64_t now)
{
	uint64_t reset = later(now, r->reset_after_s);
	int64_t left = r->remaining - (int64_t)k->flying;

	if (k->known && reset <= k->reset_ms + 100 && k->remaining < left)
		left = k->remaining;
	k->known = true;
	k->limit = r->limit > 0 ? r->limit : 1;
	k->remaining = left;
	k->reset_ms = reset;
}

/*
 * How long a 429 holds back what it is for.  Its own word is not enough: one
 * that says 0 again and again would be obeyed as often as the network allows.
 */
static void
refused_until(uint64_t *until, unsigned *times, double said_s, uint64_t now)
{
	uint64_t at;

	/* Those that were under way when it began say nothing new. */
	if (now >= *until)
		++*times;
	at = later(now, answer_limited_s(said_s, *times));
	if (at > *until)
		*until = at;
}

static void
bucket_refused(struct rate_limits *b, struct rate_limit *k,
    const struct endpoint *e, const struct rate_limit_reply *r, uint64_t now)
{
	if (r->global && !e->exempt)
		refused_until(&b->global_ms, &b->global_refused,
		    r->retry_after_s, now);
	else
		refused_until(&k->blocked_ms, &k->refused, r->retry_after_s,
		    now);
}

static void
bucket_passed(struct rate_limits *b, struct rate_limit *k,
    const struct endpoint *e)
{
	k->refused = 0;
	if (!e->exempt)
		b->global_refused = 0;
}

void
rate_limit_done(struct rate_limits *b, struct rate_limit *k,
    const struct endpoint *e, const struct rate_limit_reply *r, uint64_t now)
{
	char key[400];

	must(k->flying > 0);
	k->flying--;
	if (!e->exempt)
		global_done(b, now);
	if (r == NULL)
		return;
	if (r->blocked)
		return; /* Discord has not seen it */
	if (r->status == 401 || r->status == 403
	    || (r->status == 429 && !r->shared))
		rate_limit_invalid_add(&b->invalid, now);
	if (r->id[0] != '\0') {
		route_learn(b, e->route, r->id);
		bucket_key(b, e, key, sizeof(key));
		k = bucket_get(b, key, now);
	}
	if (r->remaining >= 0 && r->reset_after_s >= 0)
		bucket_learn(k, r, now);
	if (r->status == 429)
		bucket_refused(b, k, e, r, now);
	else
		bucket_passed(b, k, e);
}

void
rate_limit_free(struct rate_limits *b)
{
	while (!list_empty(&b->ages))
		bucket_drop(b,
		    container_of(b->ages.next, struct rate_limit, age));
	while (!list_empty(&b->route_ages))
		route_drop(b,
		    container_of(b->route_ages.next, struct route_id, age));
	free(b);
}

/* ---- headers -------------------------------------------------------- */

void
rate_limit_reply_init(struct rate_limit_reply *r)
{
	*r = (struct rate_limit_reply) {.limit = -1,
	    .remaining = -1,
	    .reset_after_s = -1,
	    .retry_after_s = -1};
}

static void
reply_set(struct rate_limit_reply *r, const char *name, const char *value)
{
	r->limits |= strncasecmp(name, "x-ratelimit-", 12) == 0;
	if (strcasecmp(name, "x-ratelimit-bucket") == 0)
		str_copy(r->id, value, sizeof(r->id));
	else if (strcasecmp(name, "x-ratelimit-limit") == 0)
		str_to_i64(value, &r->limit);
	else if (strcasecmp(name, "x-ratelimit-remaining") == 0)
		str_to_i64(value, &r->remaining);
	else if (strcasecmp(name, "x-ratelimit-reset-after") == 0)
		r->reset_after_s = answer_seconds(value);
	else if (strcasecmp(name, "retry-after") == 0)
		r->retry_after_s = answer_seconds(value);
	else if (strcasecmp(name, "x-ratelimit-global") == 0)
		r->global |= strcasecmp(value, "true") == 0;
	else if (strcasecmp(name, "x-ratelimit-scope") == 0) {
		r->shared = strcasecmp(value, "shared") == 0;
		r->global |= strcasecmp(value, "global") == 0;
	}
}

void
rate_limit_reply_header(struct rate_limit_reply *r, const char *line,
    size_t len)
{
	char text[256], *value;

	if (len >= sizeof(text))
		return;
	memcpy(text, line, len);
	text[len] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
	value = strchr(text, ':');
	if (value == NULL)
		return;
	*value++ = '\0';
	reply_set(r, text, value + strspn(value, " \t"));
}

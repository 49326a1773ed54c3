/* SPDX-License-Identifier: MIT */
/* Matching a path against the tables, part by part. */
#include "tools/sim/rest/route.h"

#include "tools/sim/rest/rest_body.h"
#include "tools/sim/rest/rest_form.h"
#include "tools/sim/rest/rest_reply.h"

#include <string.h>

enum match { MATCH_NO, MATCH_YES, MATCH_BAD_ID };

/* A variable part: kept in the call; its name when it is no snowflake. */
static enum match
take(struct rest_call *c, const char *pattern, const char *part, size_t len)
{
	char text[256];

	if (!rest_body_decode(text, sizeof(text), part, len, false))
		return MATCH_NO;
	if (pattern[0] == '*') {
		must(c->words < REST_ARGS_MAX);
		str_copy(c->word[c->words++], text, sizeof(c->word[0]));
		return len > 0 ? MATCH_YES : MATCH_NO;
	}
	must(c->ids < REST_ARGS_MAX);
	if (str_to_u64(text, &c->id[c->ids])) {
		c->ids++;
		return MATCH_YES;
	}
	/* "@me" in the place of an id is another route, not a bad id. */
	if (text[0] == '@')
		return MATCH_NO;
	(void)str_format(c->word[0], sizeof(c->word[0]), "%.*s",
	    (int)strcspn(pattern + 1, "/"), pattern + 1);
	str_copy(c->word[1], text, sizeof(c->word[1]));
	return MATCH_BAD_ID;
}

static enum match
match(struct rest_call *c, const char *pattern)
{
	const char *path = c->path;

	c->ids = c->words = 0;
	while (*pattern == '/' && *path == '/') {
		size_t want = strcspn(++pattern, "/");
		size_t have = strcspn(++path, "/");
		enum match m;

		if (*pattern == ':' || *pattern == '*')
			m = take(c, pattern, path, have);
		else
			m = want == have && memcmp(pattern, path, want) == 0
			    ? MATCH_YES
			    : MATCH_NO;
		if (m != MATCH_YES)
			return m;
		pattern += want;
		path += have;
	}
	return *pattern == '\0' && *path == '\0' ? MATCH_YES : MATCH_NO;
}

/*
 * Is a the closer description of the same path?  The first part in which one
 * is literal and the other is not decides.
 */
static bool
closer(const char *a, const char *b)
{
	while (*a == '/' && *b == '/') {
		bool any_a = *++a == ':' || *a == '*';
		bool any_b = *++b == ':' || *b == '*';

		if (any_a != any_b)
			return any_b;
		a += strcspn(a, "/");
		b += strcspn(b, "/");
	}
	return false;
}

struct finding {
	const struct route *best, *bad; /* fits; would, but for a bad id */
	bool other;			/* one fits but for its method */
};

static void
look(struct rest_call *c, const struct route *r, struct finding *f)
{
	for (; r->method != NULL; r++) {
		enum match m = match(c, r->pattern);

		if (m == MATCH_NO)
			continue;
		if (strcmp(r->method, c->method) != 0)
			f->other |= m == MATCH_YES;
		else if (m == MATCH_BAD_ID)
			f->bad = r;
		else if (f->best == NULL
		    || closer(r->pattern, f->best->pattern))
			f->best = r;
	}
}

bool
route_find(struct rest_call *c)
{
	struct finding f = {0};

	for (size_t i = 0; c->rest->routes[i] != NULL; i++)
		look(c, c->rest->routes[i], &f);
	c->route = f.best ? f.best : f.bad;
	if (c->route == NULL) {
		rest_reply_error(c, f.other ? REST_BAD_METHOD : REST_NOT_FOUND);
		return false;
	}
	if (match(c, c->route->pattern) == MATCH_BAD_ID)
		rest_form_error(c, c->word[0], "NUMBER_TYPE_COERCE",
		    "Value \"%s\" is not snowflake.", c->word[1]);
	return !rest_form_refused(c);
}

uint64_t
route_major(const struct rest_call *c)
{
	if (c->ids == 0)
		return 0;
	if (strncmp(c->route->pattern, ROUTE_HOOK, strlen(ROUTE_HOOK)) == 0)
		return c->id[0] ^ base_hash64(c->word[0], strlen(c->word[0]));
	if (strncmp(c->path, "/channels/", 10) == 0
	    || strncmp(c->path, "/guilds/", 8) == 0)
		return c->id[0];
	return 0;
}

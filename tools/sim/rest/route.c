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

/* NULL: none of this table; *other: none but for the method. */
static const struct route *
find_in(struct rest_call *c, const struct route *r, enum match *m, bool *other)
{
	for (; r->method != NULL; r++) {
		*m = match(c, r->pattern);
		if (*m == MATCH_NO)
			continue;
		if (strcmp(r->method, c->method) == 0)
			return r;
		*other = true;
	}
	return NULL;
}

bool
route_find(struct rest_call *c)
{
	bool other = false;
	enum match m;

	for (size_t i = 0; c->rest->routes[i] != NULL; i++) {
		c->route = find_in(c, c->rest->routes[i], &m, &other);
		if (c->route == NULL)
			continue;
		if (m == MATCH_BAD_ID)
			rest_form_error(c, c->word[0], "NUMBER_TYPE_COERCE",
			    "Value \"%s\" is not snowflake.", c->word[1]);
		return !rest_form_refused(c);
	}
	rest_reply_error(c, other ? REST_BAD_METHOD : REST_NOT_FOUND);
	return false;
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

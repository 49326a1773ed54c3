/* SPDX-License-Identifier: MIT */
/* See proxy_route.h. */
#include "handler/rest/proxy/proxy_route.h"

#include <string.h>

#define API "/api"

/* Is it "/word", and nothing more of a path behind it? */
static bool
path_is(const char *path, const char *word)
{
	size_t len = strcspn(path, "?");

	return len == strlen(word) && memcmp(path, word, len) == 0;
}

/* "/v10/..." of what follows API; false: a version we don't speak. */
static bool
version_parse(struct proxy_route *r, const char *s)
{
	size_t digits;

	r->version = 0;
	r->path = s;
	if (s[0] != '/' || s[1] != 'v')
		return true;
	digits = strspn(s + 2, "0123456789");
	if (digits == 0 || s[2 + digits] != '/')
		return true; /* /voice */
	if (digits == 1 && s[2] == '9')
		r->version = 9;
	else if (digits == 2 && memcmp(s + 2, "10", 2) == 0)
		r->version = 10;
	r->path = s + 2 + digits;
	return r->version != 0;
}

/* Segment n of the path, its length in *len; NULL: there is none. */
static const char *
segment(const char *path, unsigned n, size_t *len)
{
	while (n-- > 0) {
		path += 1 + strcspn(path + 1, "/?");
		if (*path != '/')
			return NULL;
	}
	*len = strcspn(path + 1, "/?");
	return path + 1;
}

static void
bare_parse(struct proxy_route *r)
{
	const char *token, *last;
	size_t len;

	if (!r->endpoint.bare)
		return;
	token = segment(r->path, 2, &len);
	r->hook = !r->endpoint.interaction && token != NULL
	    && len <= PROXY_ROUTE_HOOK_TOKEN;
	last = segment(r->path, 3, &len);
	r->callback = r->endpoint.interaction && last != NULL && len == 8
	    && memcmp(last, "callback", 8) == 0;
}

int
proxy_route_parse(struct proxy_route *r, const char *method, const char *target,
    const char **why)
{
	*r = (struct proxy_route) {.kind = PROXY_ROUTE_CALL};
	*why = "there is nothing at this address: Discord's API is below "
	       "/api/v10 here";
	if (strncmp(target, API "/", strlen(API "/")) != 0)
		return 404;
	*why = "invalid API version: this proxy speaks v10 and v9";
	if (!version_parse(r, target + strlen(API)))
		return 400;
	if (endpoint_parse(&r->endpoint, method, r->path, why) < 0)
		return strncmp(*why, "method", 6) == 0 ? 405 : 400;
	bare_parse(r);
	if (strcmp(method, "GET") != 0)
		return 0;
	if (path_is(r->path, "/gateway"))
		r->kind = PROXY_ROUTE_GATEWAY;
	else if (path_is(r->path, "/gateway/bot"))
		r->kind = PROXY_ROUTE_GATEWAY_BOT;
	return 0;
}

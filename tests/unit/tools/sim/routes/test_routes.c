/* SPDX-License-Identifier: MIT */
/* The tables of routes: none stands twice, and which of several is meant. */
#include "tools/sim/rest/rest_reply.h"
#include "tools/sim/routes/routes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Do they stand for the same paths?  The names of variables do not count. */
static bool
same(const char *a, const char *b)
{
	while (*a == '/' && *b == '/') {
		size_t n = strcspn(++a, "/"), m = strcspn(++b, "/");
		bool any = (*a == ':' || *a == '*') && *a == *b;

		if (!any && (n != m || memcmp(a, b, n) != 0))
			return false;
		a += n;
		b += m;
	}
	return *a == '\0' && *b == '\0';
}

static void
test_no_route_stands_twice(void **state)
{
	const struct route *all[512];
	size_t n = 0;

	for (size_t i = 0; routes_all[i] != NULL; i++)
		for (const struct route *r = routes_all[i]; r->method; r++) {
			assert_true(n < nitems(all));
			all[n++] = r;
		}
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(all[i]->method, all[k]->method) == 0
			    && same(all[i]->pattern, all[k]->pattern))
				fail_msg("%s %s stands twice", all[i]->method,
				    all[i]->pattern);
}

static void
test_a_literal_is_closer(void **state)
{
	static const struct {
		const char *method, *path, *pattern;
	} rows[] = {
	    {"GET", "/channels/5/messages/pins",
		"/channels/:channel_id/messages/pins"},
	    {"GET", "/channels/5/messages/6",
		"/channels/:channel_id/messages/:message_id"},
	    {"PATCH", "/guilds/5/members/@me", "/guilds/:guild_id/members/@me"},
	    {"PATCH", "/guilds/5/members/6",
		"/guilds/:guild_id/members/:user_id"},
	    {"GET", "/guilds/5/members/search",
		"/guilds/:guild_id/members/search"},
	    {"GET", "/users/@me", "/users/@me"},
	    {"GET", "/guilds/templates/abc", "/guilds/templates/*"},
	    {"GET", "/applications/@me", "/applications/@me"},
	};
	struct rest rest = {.routes = routes_all};

	for (size_t i = 0; i < nitems(rows); i++) {
		struct rest_call c = {.rest = &rest, .path = rows[i].path};

		str_copy(c.method, rows[i].method, sizeof(c.method));
		assert_true(route_find(&c));
		assert_string_equal(c.route->pattern, rows[i].pattern);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_no_route_stands_twice),
	    cmocka_unit_test(test_a_literal_is_closer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* What a client may call: what is not known to be allowed is refused. */
#include "handler/rest/proxy/proxy_scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct config_range range[] = {{100, 100}, {200, 200}};
static const struct config_ranges all, its = {range, 2};
static const struct proxy_scope none = {.guilds = &all},
				read = {.rest = PROXY_SCOPE_READ,
				    .guilds = &all},
				full = {.rest = PROXY_SCOPE_FULL,
				    .guilds = &all},
				two = {.rest = PROXY_SCOPE_FULL,
				    .guilds = &its},
				two_read = {.rest = PROXY_SCOPE_READ,
				    .guilds = &its},
				no_guild = {.rest = PROXY_SCOPE_FULL};

/* Channel 1100 is in guild 100, 1300 in 300; 5 is nowhere. */
static uint64_t
guild_of(void *arg, uint64_t channel)
{
	return channel > 1000 ? channel - 1000 : 0;
}

static bool
may(const struct proxy_scope *s, const char *method, const char *path)
{
	char target[300];
	struct proxy_route r;
	const char *why;

	str_format(target, sizeof(target), "/api/v10%s", path);
	assert_int_equal(proxy_route_parse(&r, method, target, &why), 0);
	return proxy_scope_refuses(s, method, &r, guild_of, NULL) == NULL;
}

static void
test_rest(void **state)
{
	assert_false(may(&none, "GET", "/users/@me"));
	assert_true(may(&none, "GET", "/gateway/bot"));
	assert_true(may(&none, "POST", "/interactions/1/tok/callback"));
	assert_true(may(&read, "GET", "/guilds/1/channels"));
	assert_false(may(&read, "POST", "/channels/1/messages"));
	assert_false(may(&read, "DELETE", "/guilds/1"));
	assert_true(may(&read, "POST", "/webhooks/1/tok"));
	assert_true(may(&full, "DELETE", "/guilds/1"));
	assert_true(may(&full, "POST", "/whatever/comes/tomorrow"));
}

static void
test_guilds(void **state)
{
	assert_true(may(&two, "GET", "/guilds/100"));
	assert_true(may(&two, "PATCH", "/guilds/200/members/5"));
	assert_true(may(&two, "GET", "/guilds/200?with_counts=true"));
	assert_true(may(&two, "PUT", "/applications/7/guilds/100/commands"));
	assert_true(may(&two, "GET", "/users/@me/guilds/100/member"));
	assert_false(may(&two, "GET", "/guilds/300"));
	assert_false(may(&two, "POST", "/guilds"));
	assert_false(may(&two, "GET", "/guilds/templates/abc"));
	assert_false(may(&two, "PUT", "/applications/7/guilds/300/commands"));
	assert_false(may(&two, "DELETE", "/users/@me/guilds/300"));
	assert_false(may(&two_read, "PATCH", "/guilds/100"));
	assert_true(may(&two_read, "GET", "/guilds/100"));
	assert_false(may(&no_guild, "GET", "/guilds/100"));
}

static void
test_channels(void **state)
{
	assert_true(may(&two, "POST", "/channels/1100/messages"));
	assert_true(may(&two, "DELETE", "/channels/1200"));
	assert_true(may(&two, "PUT",
	    "/channels/1100/messages/5/reactions/%F0%9F%98%80/@me"));
	assert_false(may(&two, "POST", "/channels/1300/messages"));
	/* One that nobody knows, a private one say. */
	assert_false(may(&two, "POST", "/channels/5/messages"));
	assert_false(may(&no_guild, "GET", "/channels/5"));
	/* Its body names another channel. */
	assert_false(may(&two, "POST", "/channels/1100/followers"));
}

/* The same to Discord, perhaps, and another to us. */
static void
test_disguises(void **state)
{
	assert_false(may(&two, "GET", "/guilds/%33%30%30"));
	assert_false(may(&two, "GET",
	    "/guilds/0100"
	    "000000000000000000000"));
	assert_false(may(&two, "GET", "/guilds%2F300"));
	assert_false(may(&two, "GET", "/guilds/100%2F..%2F300"));
	assert_false(may(&two, "GET", "/Guilds/300"));
	assert_false(may(&two, "GET", "/guilds/100;300"));
	assert_false(may(&two, "GET", "/guilds/18446744073709551716"));
	assert_false(may(&two, "GET", "/guilds/0"));
	assert_false(may(&two, "GET", "/guilds/+100"));
	assert_false(may(&two, "GET", "/guilds?/100"));
}

static void
test_nobodys(void **state)
{
	static const char *const reads[] = {"/users/@me", "/users/5",
	    "/oauth2/applications/@me", "/applications/@me",
	    "/applications/7/commands", "/applications/7/commands/8",
	    "/voice/regions", "/sticker-packs", "/soundboard-default-sounds"};
	static const char *const never[] = {"/users/@me/guilds",
	    "/users/@me/channels", "/invites/abc", "/webhooks/5", "/stickers/5",
	    "/skus/1/subscriptions", "/applications/7/entitlements",
	    "/what/comes/tomorrow"};

	for (size_t i = 0; i < nitems(reads); i++) {
		assert_true(may(&two, "GET", reads[i]));
		assert_true(may(&no_guild, "GET", reads[i]));
		assert_false(may(&two, "PATCH", reads[i]));
		assert_false(may(&two, "PUT", reads[i]));
	}
	for (size_t i = 0; i < nitems(never); i++)
		assert_false(may(&two, "GET", never[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rest),
	    cmocka_unit_test(test_guilds),
	    cmocka_unit_test(test_channels),
	    cmocka_unit_test(test_disguises),
	    cmocka_unit_test(test_nobodys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

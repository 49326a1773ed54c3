/* SPDX-License-Identifier: MIT */
/* Which URLs from outside may be dialled: the one rule for all of them. */
#include "shared/discord/gateway_url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define HTTPS "https://discord.com/api/v10"
#define HTTP "http://127.0.0.1:8080/api"

static bool
ok(const char *url, const char *api)
{
	char why[GATEWAY_URL_WHY_MAX] = "";
	bool yes = gateway_url_ok(url, api, why);

	assert_true(yes == (why[0] == '\0'));
	for (const char *p = why; *p != '\0'; p++)
		assert_true(*p >= ' ' && *p <= '~');
	return yes;
}

static void
test_form(void **state)
{
	assert_true(ok("wss://gateway.discord.gg", HTTPS));
	assert_true(ok("WSS://gateway.discord.gg/", HTTPS));
	assert_true(ok("wss://h:4433/path?v=9", HTTPS));
	assert_true(ok("wss://[::1]:4433", HTTPS));
	for (const char *const *p = (const char *const[]) {"", "wss://",
		 "wss:///x", "wss://:80", "https://h", "ws:/h", "h",
		 "wss://h\n", "wss://a b", "wss://user@h", "wss://h\x1b[2J",
		 "wss://\xfcml", "wss://h\"", NULL};
	     *p != NULL; p++) {
		assert_false(ok(*p, HTTPS));
		assert_false(ok(*p, HTTP));
	}
}

/* The token never goes out in the clear because somebody outside says so. */
static void
f_b6_no_downgrade(void **state)
{
	assert_false(ok("ws://gateway.discord.gg", HTTPS));
	assert_false(ok("ws://127.0.0.1:80", HTTPS));
	assert_false(ok("WS://localhost", HTTPS));
	assert_false(ok("ws://localhost", ""));
	assert_false(ok("ws://localhost", NULL));
	/* A simulator without TLS, on this machine. */
	assert_true(ok("ws://127.0.0.1:4000/", HTTP));
	assert_true(ok("ws://127.8.9.1", "HTTP://localhost"));
	assert_true(ok("ws://localhost:1", HTTP));
	assert_true(ok("ws://[::1]:1/", HTTP));
	assert_true(ok("wss://gateway.example", HTTP));
	/* Not even it may send us elsewhere without TLS. */
	assert_false(ok("ws://gateway.discord.gg", HTTP));
	assert_false(ok("ws://127.example.com", HTTP));
	assert_false(ok("ws://localhost.example.com", HTTP));
	assert_false(ok("ws://10.0.0.1", HTTP));
	assert_false(ok("ws://[::2]", HTTP));
	assert_false(ok("ws://[::1", HTTP));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_form),
	    cmocka_unit_test(f_b6_no_downgrade),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

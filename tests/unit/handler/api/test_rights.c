/* SPDX-License-Identifier: MIT */
/*
 * What a plugin may name in its calls.  The handler has rights that a plugin
 * has not, so a parameter must never name a thing of the handler's world that
 * is then used with the handler's rights (C1: upload {path} read the token).
 */
#include "handler/rest/endpoint.h"
#include "handler/api/rpc_impl.h"
#include "tests/unit/rig/fake_plugin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

/* In whose world a parameter names something. */
enum world {
	DISCORDS, /* looked up there, with the bot's rights, which plugins have */
	OWN,	  /* the plugin's own namespace, or nothing: a text, a number */
	PUBLIC,	  /* of what every plugin is shown: a shard's number */
	BELOW_API /* a path below the api's url, see f_c1_rest_stays_below */
};

/* Whoever adds a parameter decides here, and shows it in a test. */
static const struct {
	const char *name;
	enum world world;
} known[] = {
    {"channel_id", DISCORDS},
    {"message_id", DISCORDS},
    {"user_id", DISCORDS},
    {"guild_id", DISCORDS},
    {"reply_to", DISCORDS},
    {"emoji", DISCORDS},
    {"application_id", DISCORDS},
    {"token", DISCORDS},
    {"user_ids", DISCORDS},
    {"actor_id", DISCORDS},
    {"actor_roles", DISCORDS},
    {"roles", DISCORDS},
    {"id", DISCORDS},
    {"member", DISCORDS},
    {"kind", OWN},
    {"rank", OWN},
    {"content", OWN},
    {"embeds", OWN},
    {"components", OWN},
    {"flags", OWN},
    {"nonce", OWN},
    {"allowed_mentions", OWN},
    {"reason", OWN},
    {"files", OWN}, /* f_c1_upload_takes_no_path */
    {"type", OWN},
    {"data", OWN},
    {"ephemeral", OWN},
    {"update", OWN},
    {"method", OWN},
    {"path", BELOW_API},
    {"body", OWN},
    {"level", OWN},
    {"text", OWN},
    {"fields", OWN},
    {"first", PUBLIC},
    {"limit", OWN},
    {"shard", PUBLIC},
    {"payload", OWN},
    {"query", OWN},
    {"presences", OWN},
    {"stream", OWN},
    {"status", OWN},
    {"activities", OWN},
    {"afk", OWN},
    {"since", OWN},
    {"self_mute", OWN},
    {"self_deaf", OWN},
    {"key", OWN},
    {"value", OWN},
    {"prefix", OWN},
    {"cursor", OWN},
    {"values", OWN},
    {"ops", OWN}, /* test_plugin_storage: namespaces */
    {"name", OWN},
    {"at_ms", OWN},
    {"after", OWN},
    {"daily", OWN},
    {"cron", OWN},
};

static bool
is_known(const char *word, size_t len)
{
	for (size_t i = 0; i < nitems(known); i++)
		if (strlen(known[i].name) == len
		    && memcmp(known[i].name, word, len) == 0)
			return true;
	return false;
}

static void
f_c1_every_parameter_is_judged(void **state)
{
	const struct rpc_method *m;
	size_t methods = 0;

	for (; (m = rpc_method_at(methods)) != NULL; methods++) {
		const char *p = m->params + strspn(m->params, " ");

		for (; *p != '\0'; p += strspn(p, " ")) {
			size_t len = strcspn(p, " ");

			if (!is_known(p, len))
				fail_msg("%s: %.*s", m->name, (int)len, p);
			p += len;
		}
	}
	assert_true(methods > 30);
}

static void
refused(const char *method, const char *params)
{
	static struct config config;
	static struct rpc rpc;

	fake_plugin_begin(&config);
	fake_plugin_call(&rpc, 0, method, params);
	assert_int_equal(fake_plugin.answers, 1);
	assert_int_equal(fake_plugin.code, RPC_BAD_PARAMS);
}

static void
f_c1_upload_takes_no_path(void **state)
{
	char file[] = "/tmp/rights-XXXXXX", params[256];
	int fd = mkstemp(file);

	assert_true(fd >= 0);
	close(fd);
	str_format(params, sizeof(params),
	    "{\"channel_id\":\"1\",\"files\":"
	    "[{\"name\":\"x\",\"path\":\"%s\"}]}",
	    file);
	refused("upload", params);
	assert_non_null(strstr(fake_plugin.answer, "the plugin reads it"));
	/* It is not even looked at: one that is not there reads the same. */
	unlink(file);
	refused("upload", params);
	assert_non_null(strstr(fake_plugin.answer, "the plugin reads it"));
	refused("upload",
	    "{\"channel_id\":\"1\",\"files\":[{\"name\":\"x\","
	    "\"path\":\"/etc/hostname\",\"base64\":\"aGVsbG8K\"}]}");
	refused("upload",
	    "{\"channel_id\":\"1\",\"path\":\"/etc/hostname\","
	    "\"files\":[{\"name\":\"x\",\"base64\":\"aGVsbG8K\"}]}");
}

/* The token goes where the path says: nowhere but below the api's url. */
static void
f_c1_rest_stays_below(void **state)
{
	static const char *const paths[] = {"/../x", "/channels/../../x",
	    "/%2e%2e/x", "/channels/1/%2E./x", "/.%2e", "/%2e", "//evil/x",
	    "http://evil/", "@evil/x", ":1/x", "/a b", "/x#y", "/x\\..\\y"};
	struct endpoint e;
	const char *why;

	for (size_t i = 0; i < nitems(paths); i++)
		assert_int_equal(endpoint_parse(&e, "GET", paths[i], &why), -1);
	assert_int_equal(endpoint_parse(&e, "GET", "/users/@me", &why), 0);
	assert_int_equal(endpoint_parse(&e, "GET", "/a/%2e%2e%2e/.b", &why), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(f_c1_every_parameter_is_judged),
	    cmocka_unit_test(f_c1_upload_takes_no_path),
	    cmocka_unit_test(f_c1_rest_stays_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

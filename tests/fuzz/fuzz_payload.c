/* SPDX-License-Identifier: MIT */
/*
 * What a shard reads of HELLO, READY, op 9 and RATE_LIMITED, and the URLs in
 * them.  Of what is JSON json-c has the second word.
 * Covers: shard/session/payload.c shared/discord/gateway_url.c
 */
#include "tests/fuzz/kit.h"

#include "shard/session/payload.h"
#include "shared/discord/gateway_url.h"
#include "shared/json/json.h"

#include <math.h>
#include <string.h>

static void
urls(const char *text)
{
	char why[GATEWAY_URL_WHY_MAX] = "";

	if (!gateway_url_ok(text, "https://discord.com/api/v10", why))
		must(why[0] != '\0' && strchr(why, '\n') == NULL);
	else
		must(strncmp(text, "wss://", 6) == 0);
	(void)gateway_url_ok(text, "http://127.0.0.1:1/api", why);
	(void)gateway_url_loopback(text);
}

/* Keys as they are looked for: an escape in one, or a key twice, may be read
 * otherwise, and is not compared. */
static bool
plain(const char *text, size_t size)
{
	static const char *const keys[] = {"\"d\"", "\"heartbeat_interval\"",
	    "\"session_id\"", "\"guilds\""};

	if (memchr(text, '\\', size) != NULL)
		return false;
	for (size_t i = 0; i < nitems(keys); i++) {
		const char *p = strstr(text, keys[i]);

		if (p != NULL && strstr(p + 1, keys[i]) != NULL)
			return false;
	}
	return true;
}

static void
second_word(const char *text, size_t size)
{
	struct json_object *o = json_parse_as(text, size, json_type_object), *v,
			   *d;
	uint64_t ms = payload_hello(text, size);
	struct payload_ready r;

	payload_ready(text, size, &r);
	if (o == NULL || !plain(text, size)) {
		json_object_put(o);
		return;
	}
	d = json_get_of(o, "d", json_type_object);
	v = json_get_of(d, "heartbeat_interval", json_type_int);
	if (v != NULL && json_object_get_int64(v) > 0
	    && json_object_get_int64(v) < 1000000)
		must(ms == (uint64_t)json_object_get_int64(v));
	if (json_get(d, "heartbeat_interval") == NULL)
		must(ms == 0);
	v = json_get_of(d, "session_id", json_type_string);
	if (v == NULL)
		must(r.session[0] == '\0');
	else if (json_object_get_string_len(v) < CONTRACT_SESSION_MAX)
		must(strcmp(r.session, json_object_get_string(v)) == 0);
	v = json_get(o, "d");
	must(payload_resumable(text, size)
	    == (json_object_is_type(v, json_type_boolean)
		&& json_object_get_boolean(v)));
	v = json_get_of(d, "guilds", json_type_array);
	if (v == NULL)
		must(r.guilds == 0);
	else
		must(r.guilds <= json_object_array_length(v));
	json_object_put(o);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = kit_text(data, size), out[PAYLOAD_MAX + 1];
	struct payload_limited l;

	if (payload_limited((const char *)data, size, &l))
		must(l.retry_after_s >= 0 && isfinite(l.retry_after_s)
		    && l.opcode <= 255);
	(void)payload_full_list((const char *)data, size);
	if (strlen(text) == size)
		second_word(text, size);
	must(payload_presence(out, text) <= PAYLOAD_MAX);
	urls(text);
	free(text);
	return 0;
}

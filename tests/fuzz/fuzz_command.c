/* SPDX-License-Identifier: MIT */
/*
 * Events that may be commands, by every road: what is recognised of them can
 * be told to a plugin in one line.
 * Covers: handler/command/invocation.c
 */
#include "tests/fuzz/kit.h"

#include "handler/command/invocation.h"

#include <string.h>

static const char declared[] =
    "[{\"name\":\"roll\",\"help\":\"h\","
    "\"emoji\":\"\xe2\x9c\x82\",\"options\":[{\"type\":1,\"name\":\"on\","
    "\"options\":[{\"type\":6,\"name\":\"who\",\"required\":true},{\"type\":"
    "10,\"name\":\"n\",\"max_value\":9},{\"type\":3,\"name\":\"text\"}]},"
    "{\"type\":1,\"name\":\"off\"}]}]";

static struct command_table *
the_roster(void)
{
	static struct config config = {.plugins = 1};
	static struct command_table r;
	struct json_object *o;

	if (r.config != NULL)
		return &r;
	command_table_init(&r, &config);
	o = json_tokener_parse(declared);
	must(command_table_set(&r, 0, o));
	json_object_put(o);
	return &r;
}

static void
check_call(const struct invocation *c)
{
	struct json_object *o = invocation_json(c);

	must(c->command != NULL && c->user_id[0] != '\0');
	must(strchr(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN),
		 '\n')
	    == NULL);
	json_object_put(o);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct invocation_ways ways = {.prefix = "!", .bot = "99"};
	char *raw = malloc(size + 1);
	struct invocation c;

	must(raw != NULL);
	memcpy(raw, data, size);
	raw[size] = '\0';
	for (int i = 0; i < ROADS; i++) {
		if (!invocation_find(&c, the_roster(), &ways, (enum road)i, raw,
			size))
			continue;
		check_call(&c);
		invocation_free(&c);
	}
	free(raw);
	return 0;
}

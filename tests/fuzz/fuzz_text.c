/* SPDX-License-Identifier: MIT */
/*
 * Foreign bytes as text: one line of UTF-8 that fits, and clean text stays as
 * it is; a JSON document of such bytes is one that every reader takes, with the
 * same words for whoever reads it.
 * Covers: shared/base/text.c shared/base/str.c shared/base/base64.c
 * handler/timer/cron.c handler/rest/endpoint.c shared/config/config_ranges.c
 */
#include "tests/fuzz/kit.h"

#include "handler/rest/endpoint.h"
#include "handler/timer/cron.h"
#include "shared/base/base64.h"
#include "shared/base/text.h"
#include "shared/config/config_ranges.h"
#include "shared/json/json.h"

#include <string.h>

static void
cleaned(const uint8_t *data, size_t n, size_t size)
{
	char *to = malloc(size), *again = malloc(size);
	size_t len;

	must(to != NULL && again != NULL);
	len = text_clean(to, size, data, n);
	must(len < size && strlen(to) == len && text_is_utf8(to, len));
	for (size_t i = 0; i < len; i++)
		must((uint8_t)to[i] >= 32 && to[i] != 127);
	must(text_clean(again, size, to, len) == len
	    && memcmp(to, again, len) == 0);
	must(text_cut(to, len, 7) <= 7 && text_whole(data, n) <= n);
	(void)text_count(data, n);
	(void)str_copy(again, to, size);
	free(to);
	free(again);
}

static void
in_json(const char *text)
{
	struct json_object *o = json_object_new_object(), *back;
	char *json;

	json_object_object_add(o, "k", json_object_new_string(text));
	json = text_json(json_object_to_json_string(o));
	back = json_parse_as(json, strlen(json), json_type_object);
	must(back != NULL);
	must(text_is_utf8(json, strlen(json)));
	/* DEL goes. */
	if (text_is_utf8(text, strlen(text)) && strchr(text, 0x7f) == NULL)
		must(strcmp(json_get_text(back, "k"), text) == 0);
	json_object_put(back);
	json_object_put(o);
	free(json);
}

static void
small_parsers(char *text)
{
	struct endpoint e;
	const char *why = NULL;
	struct config_ranges r;
	struct cron c;
	char out[64];
	size_t len;
	double d;
	uint64_t u;
	int64_t i;

	if (endpoint_parse(&e, "GET", text, &why) == -1)
		must(why != NULL);
	else
		must(text[0] == '/' && !kit_climbs(text));
	(void)endpoint_encode(out, sizeof(out), text);
	if (cron_parse(&c, text, &why) == -1)
		must(why != NULL);
	else
		must(cron_next(&c, 1790000000) == -1
		    || cron_next(&c, 1790000000) > 1790000000);
	(void)cron_parse_daily(&c, text, &why);
	if (config_ranges_parse(&r, text) == 0) {
		must(r.n <= CONFIG_RANGES_MAX);
		for (size_t n = 0; n < r.n; n++)
			must(r.range[n].low <= r.range[n].high
			    && (n == 0 || r.range[n].low > r.range[n - 1].high)
			    && config_ranges_have(&r, r.range[n].low));
	}
	config_ranges_free(&r);
	free(base64_decode(text, &len));
	(void)str_to_double(text, &d);
	(void)str_to_u64(text, &u);
	(void)str_to_i64(text, &i);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = kit_text(data, size);

	cleaned(data, size, 16 + size % 23);
	cleaned(data, size, 4 * size + 16);
	in_json(text);
	small_parsers(text);
	free(text);
	return 0;
}

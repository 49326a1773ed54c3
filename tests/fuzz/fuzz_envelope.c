/* SPDX-License-Identifier: MIT */
/*
 * The envelope scanner meets any bytes: every offset it gives lies inside the
 * text, and what it calls valid JSON is what the plain reading of the grammar
 * calls so.
 * Covers: shared/json/envelope.c shared/json/envelope_valid.c
 */
#include "tests/fuzz/kit.h"

#include "shared/json/envelope.h"
#include "tests/unit/rig/plain_json.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const keys[] = {"t", "s", "op", "d", ""};
	const char *text = (const char *)data;
	struct envelope e;
	size_t off, len;

	(void)envelope_scan(text, size, &e);
	must(e.t_off + e.t_len <= size);
	must(e.s_off + e.s_len <= size && (!e.has_s || e.s_len > 0));
	must(e.d_off <= size);
	for (size_t i = 0; i < nitems(keys); i++)
		if (envelope_find(text, size, keys[i], &off, &len) == 0)
			must(off < size && len > 0 && len <= size - off);
	must(envelope_valid(text, size, 1024) == plain_json(text, size, 1024));
	must(envelope_valid(text, size, 3) == plain_json(text, size, 3));
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * A walk over any bytes stays within them and ends; of what is JSON every span
 * is JSON itself, and the walk ends at its closing bracket.
 * Covers: shared/json/walk.c shared/json/edit.c
 */
#include "tests/fuzz/kit.h"

#include "shared/json/edit.h"
#include "shared/json/envelope.h"
#include "shared/json/walk.h"

#define DEEP 48	   /* levels looked into, of any number */
#define ITEMS 4096 /* spans looked at in one input */

static void
walk_all(struct walk first, const char *text, size_t size, bool valid)
{
	struct walk stack[DEEP] = {first};
	struct walk_item item;
	int depth = 1;

	for (int n = 0; depth > 0 && n < ITEMS; n++) {
		struct walk *w = &stack[depth - 1];
		const char close = w->close;

		if (!walk_next(w, &item)) {
			must(!valid || w->p < text + size);
			depth--;
			continue;
		}
		must(item.value >= text && item.len > 0
		    && item.len <= (size_t)(text + size - item.value));
		must((close == '}') == (item.key != NULL));
		if (valid && item.len < 2048)
			must(envelope_valid(item.value, item.len, 1024));
		if (depth < DEEP
		    && walk_into(&stack[depth], item.value, item.len))
			depth++;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct buf out = {0};
	struct edit e;
	struct walk w;

	if (walk_document(&w, text, size, 1024)) {
		walk_all(w, text, size, true);
		if (w.close == '}') {
			edit_begin(&e, &out);
			edit_merge(&e, text, size, text, size, NULL, 0);
			edit_end(&e);
			must(envelope_valid(buf_data(&out), buf_len(&out),
			    1024));
		}
	} else if (walk_into(&w, text, size)) {
		walk_all(w, text, size, false);
	}
	buf_free(&out);
	return 0;
}

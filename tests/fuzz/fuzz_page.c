/* SPDX-License-Identifier: MIT */
/*
 * A stats page of any content but its head, as a writer that was killed or a
 * bad disk left it: whoever reads it, judges it and shows it stays within its
 * bounds, and a supervisor that takes it over finds its cursors or none.  The
 * input changes bytes: three of place, one of length, these.
 * Covers: shared/page/page.c shared/page/verdict.c shared/page/verdict_fleet.c
 * shared/page/verdict_gate.c shared/page/verdict_parts.c
 * shared/page/verdict_shards.c shared/view/view.c shared/view/status_json.c
 */
#include "tests/fuzz/kit.h"

#include "shared/base/buf.h"
#include "shared/base/text.h"
#include "shared/json/json.h"
#include "shared/page/page.h"
#include "shared/view/status_json.h"
#include "shared/view/view.h"

#include <string.h>
#include <sys/stat.h>

#define SHARDS 3

static struct page page;
static char *fresh;
static size_t body; /* of the head that may be changed: from here on */

static void
begin(void)
{
	struct err e;

	(void)mkdir(kit_path("run"), 0700);
	must(page_create(&page, kit_path("run"), SHARDS, &e) == 0);
	page.head->cluster.pid = 1;
	page.head->cluster.local = page.head->cluster.shard_count = SHARDS;
	page_cursor_set(&page.slot[0], 77, 5);
	page_heard_set(&page.slot[1], 77, 9);
	fresh = kit_text(page.head, page.size);
	body = offsetof(struct page_head, cluster);
}

static void
show(void)
{
	struct json_object *o;
	struct view v;

	memset(&v, 0, sizeof(v));
	view_own(&v, &page, kit_dir());
	(void)view_note(&v);
	(void)view_unanswered(&v);
	(void)view_backlog(&v);
	(void)view_behind(&v);
	o = status_json(&v, NULL, 0);
	must(o != NULL);
	free(text_json(json_text(o)));
	json_object_put(o);
	view_free(&v);
}

static void
cursors(void)
{
	uint64_t seq;

	for (int i = 0; i < SHARDS; i++) {
		(void)page_cursor_get(&page.slot[i], 77);
		(void)page_heard_get(&page.slot[i], 77, &seq);
		page_cursor_set(&page.slot[i], 78, 11);
		must(page_cursor_get(&page.slot[i], 78) == 11);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kit k = {data, size};

	if (fresh == NULL)
		begin();
	memcpy(page.head, fresh, page.size);
	while (k.left > 4) {
		size_t at = body + kit_number(&k, 3) % (page.size - body);
		size_t n = kit_byte(&k);
		const uint8_t *p = kit_take(&k, &n);

		n = n < page.size - at ? n : page.size - at;
		memcpy((uint8_t *)page.head + at, p, n);
	}
	show();
	cursors();
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * A spool's directory as a stranger or a bad disk left it: two segments and a
 * place of any bytes.  Everything that is taken checks, nothing is taken twice,
 * and what is appended behind it comes back whole.  What looks like a record
 * gets a valid sum, so that its length is believed: the checks are met after
 * it.
 * Covers: shared/spool/spool.c shared/spool/segment.c shared/spool/place.c
 */
#include "tests/fuzz/kit.h"

#include "shared/base/log.h"
#include "shared/spool/segment.h"
#include "shared/spool/spool.h"

#include <string.h>
#include <sys/stat.h>

static void
put(const char *name, struct kit *k, size_t n)
{
	const uint8_t *p = kit_take(k, &n);
	uint8_t *copy = (uint8_t *)kit_text(p, n);

	if (strstr(name, ".seg") != NULL && n % 4 != 0)
		kit_seal(copy, n);
	kit_write(kit_path(name), copy, n);
	free(copy);
}

static void
take_all(struct spool *s, const char *last)
{
	struct up_hdr h;
	bool seen = false;

	for (int n = 0; spool_peek(s, &h) == 1; n++) {
		char *to = base_alloc(h.len + 1);

		must(n < 100000 && h.len <= UP_PAYLOAD_MAX);
		if (spool_take(s, to) == 0) {
			seen = h.len == strlen(last)
			    && memcmp(to, last, h.len) == 0;
			if (n % 3 == 0)
				spool_release(s, 1);
		}
		free(to);
	}
	must(seen && spool_empty(s));
}

/* Up to where a session is safe with it; what is dropped is all that goes. */
static void
follow(struct spool *s, uint64_t session, uint64_t from)
{
	struct spool_stats before, after;
	uint64_t dropped = 0, again = 0, to;

	spool_stats(s, &before);
	to = spool_follow(s, session, from, &dropped);
	spool_stats(s, &after);
	must(to >= from && before.events == after.events + dropped);
	must(spool_follow(s, session, from, &again) == to && again == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char last[] = "the last one of all";
	struct spool_limits l = {.bytes = 1 << 20,
	    .segment_bytes = 4096,
	    .age_ms = 0};
	struct up_hdr h = {.type = UP_EVENT, .len = sizeof(last) - 1, .ord = 9};
	struct iovec v = {(void *)(uintptr_t)last, sizeof(last) - 1};
	struct kit k = {data, size};
	struct place_file *done;
	struct place at;
	struct spool *s;
	struct err e = {0};
	unsigned n;

	log_init(LOG_TO_HOOK, LOG_L_ERROR);
	kit_empty();
	(void)mkdir(kit_path("spool"), 0700);
	n = kit_byte(&k);
	put("spool/done", &k, n);
	if (n % 2 != 0) {
		done = place_open(kit_path("spool/done"), &e);
		must(done != NULL);
		at.seg = kit_byte(&k);
		at.off = kit_number(&k, 2);
		place_store(done, at);
		place_close(done);
	}
	put("spool/00000001.seg", &k, kit_number(&k, 2));
	put("spool/00000002.seg", &k, k.left);
	for (int i = 0; i < 2; i++) {
		s = spool_open(kit_path("spool"), &l, &e);
		if (s == NULL) {
			must(e.text[0] != '\0');
			return 0;
		}
		(void)spool_at(s);
		if (n % 4 > 1)
			follow(s, size % 3, n);
		if (spool_append(s, &h, &v, 1, &e) == 0) {
			spool_rewind(s);
			take_all(s, last);
		}
		spool_close(s);
	}
	return 0;
}

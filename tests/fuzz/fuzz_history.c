/* SPDX-License-Identifier: MIT */
/*
 * The history's file as it may be found: damaged, torn, another's.  What is
 * made of it stays within its bounds, and a new look at a fleet is taken.  The
 * input changes records of a good file: where, and with what; most get a sum
 * that fits.
 * Covers: tools/web/history/history.c tools/web/history/history_file.c
 * tools/web/history/outage.c
 */
#include "tests/fuzz/kit.h"

#include "tests/unit/rig/fake_time.h"
#include "tests/unit/rig/made_view.h"
#include "tools/web/history/history_file.c"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 64

static struct history_file good;
static struct view view;

/* A file with slots and incidents that were written as they are. */
static void
good_file(void)
{
	struct history *h;
	int fd;

	fake_time_reset();
	made_view(&view, 4);
	kit_empty();
	h = history_open(kit_path("h"));
	for (int i = 0; i < 100; i++) {
		made_view_shard(&view, 1,
		    i % 30 < 15 ? SHARD_READY : SHARD_WAITING, 10000);
		history_take(h, &view);
		fake_time_advance(10000);
		made_view_now(&view);
	}
	history_close(h);
	fd = open(kit_path("h/" HISTORY_FILE), O_RDONLY);
	must(fd != -1 && read(fd, &good, sizeof(good)) == sizeof(good));
	close(fd);
}

static void
seal(struct history_file *file, size_t at)
{
	size_t first = offsetof(struct history_file, slot);
	size_t then = offsetof(struct history_file, incident);
	struct history_file_slot *s;
	struct history_file_incident *i;

	if (at < first)
		return;
	if (at < then) {
		s = &file->slot[(at - first) / sizeof(*s)];
		s->check = check_slot(s);
	} else {
		i = &file->incident[(at - then) / sizeof(*i)];
		i->check = check_incident(i);
	}
}

static void
shown(void)
{
	static struct history_time days[HISTORY_DAYS], slots[200];
	static struct history_incident in[HISTORY_INCIDENTS];
	struct history *h = history_open(kit_path("h"));
	int64_t now = clock_wall_ms();
	char words[512];
	size_t n;

	must(strchr(history_note(h), '\n') == NULL);
	for (int i = 0; i < 3; i++) {
		history_take(h, i == 1 ? NULL : &view);
		fake_time_advance(i == 1 ? 40000 : 10000);
		made_view_now(&view);
	}
	history_days(h, now, days);
	for (size_t i = 0; i < HISTORY_DAYS; i++)
		must(days[i].known_ms <= (uint64_t)HISTORY_DAY_MS + 60000
		    && days[i].less_ms + days[i].lost_ms
			<= days[i].known_ms + 60000);
	history_slots(h, now, nitems(slots), slots);
	n = history_incidents(h, now, in, nitems(in));
	must(n <= nitems(in));
	for (size_t i = 0; i < n; i++) {
		must(in[i].kind < OUTAGE_KINDS);
		outage_words_then(in[i].kind, in[i].out, in[i].shards, words,
		    sizeof(words));
		must(words[0] != '\0');
	}
	history_close(h);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct history_file f;
	struct kit k = {data, size};
	size_t len;

	if (good.head.magic == 0)
		good_file();
	fake_time_reset();
	made_view_now(&view);
	f = good;
	len = kit_byte(&k);
	while (k.left > 4) {
		size_t at = kit_number(&k, 3) % sizeof(f), n = kit_byte(&k);
		const uint8_t *p = kit_take(&k, &n);
		bool sealed = n % 4 != 0;

		n = n < sizeof(f) - at ? n : sizeof(f) - at;
		memcpy((uint8_t *)&f + at, p, n);
		if (sealed)
			seal(&f, at);
	}
	kit_empty();
	(void)mkdir(kit_path("h"), 0700);
	kit_write(kit_path("h/" HISTORY_FILE), &f,
	    len == 7 ? sizeof(f) / 2 : sizeof(f));
	shown();
	return 0;
}

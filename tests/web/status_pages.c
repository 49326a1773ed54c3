/* SPDX-License-Identifier: MIT */
/*
 * Status pages of fleets that are made up, for who looks at them with a
 * browser: status_pages DIR writes NAME.html for each, and what the policy of
 * their header is.  By a clock that stands still, so they are the same each
 * time.
 */
#include "tools/web/history/history_file.h"
#include "tools/web/page/status_page.h"

#include "tests/unit/rig/fake_time.h"
#include "tests/unit/rig/made_view.h"

#include <err.h>
#include <string.h>

#define MINUTE_MS (INT64_C(60) * 1000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define GUILD "197038439483310086"

static char dir[256];
static uint32_t incidents;

/* ---- histories ------------------------------------------------------ */

static void
no_past(void)
{
	char path[300];

	str_format(path, sizeof(path), "%s/" HISTORY_FILE, dir);
	remove(path);
	incidents = 0;
}

static void
put_slot(struct history_disk *d, int64_t wall_ms, uint32_t less_ms,
    uint32_t lost_ms)
{
	uint32_t number = (uint32_t)(wall_ms / HISTORY_SLOT_MS);
	size_t index = number % HISTORY_SLOTS;
	struct history_file_slot *s = &d->file.slot[index];

	memset(s, 0, sizeof(*s));
	s->number = number;
	s->known_ms = HISTORY_SLOT_MS;
	s->less_ms = less_ms;
	s->lost_ms = lost_ms;
	s->rtt_n = 90;
	s->rtt_sum = s->rtt_n * (40 + number % 17);
	history_file_put_slot(d, index);
}

static void
put_incident(struct history_disk *d, enum outage_kind kind, int64_t begin_ms,
    int64_t for_ms, uint32_t out, uint32_t shards)
{
	size_t index = incidents++ % HISTORY_INCIDENTS;
	struct history_file_incident *i = &d->file.incident[index];

	memset(i, 0, sizeof(*i));
	i->number = incidents;
	str_copy(i->kind, outage_name[kind], sizeof(i->kind));
	i->begin_ms = begin_ms;
	i->end_ms = for_ms > 0 ? begin_ms + for_ms : 0;
	i->seen_ms = for_ms > 0 ? i->end_ms : clock_wall_ms();
	i->out = out;
	i->shards = shards;
	history_file_put_incident(d, index);
}

/* 75 days that are known, but for some hours; four troubles in them. */
static void
some_past(uint32_t shards)
{
	static struct history_disk d;
	int64_t now = clock_wall_ms(), slot = HISTORY_SLOT_MS;

	no_past();
	history_file_open(&d, dir);
	for (int64_t at = now - 75 * DAY_MS; at <= now - slot; at += slot) {
		int64_t ago = now - at;

		if (ago > 30 * DAY_MS && ago < 30 * DAY_MS + 7 * HOUR_MS)
			continue;
		put_slot(&d, at,
		    ago > 12 * DAY_MS && ago < 12 * DAY_MS + 5 * HOUR_MS
			? HISTORY_SLOT_MS * 9 / 10
			: 0,
		    ago > 43 * DAY_MS && ago < 43 * DAY_MS + 3 * HOUR_MS
			? HISTORY_SLOT_MS
			: ago > 6 * HOUR_MS && ago < 6 * HOUR_MS + 4 * slot
			? HISTORY_SLOT_MS / 8
			: 0);
	}
	put_incident(&d, OUTAGE_HANDLER, now - 43 * DAY_MS - 3 * HOUR_MS,
	    3 * HOUR_MS, 0, shards);
	put_incident(&d, OUTAGE_FUNCTION, now - 30 * DAY_MS - 8 * HOUR_MS,
	    HOUR_MS, 0, shards);
	d.file.incident[1].flags = HISTORY_FILE_UNSURE;
	d.file.incident[1].seen_ms = now - 30 * DAY_MS;
	history_file_put_incident(&d, 1);
	put_incident(&d, OUTAGE_ANSWERS, now - 12 * DAY_MS - 5 * HOUR_MS,
	    4 * HOUR_MS + 30 * MINUTE_MS, 0, shards);
	put_incident(&d, OUTAGE_SHARDS, now - 7 * HOUR_MS, 58 * MINUTE_MS,
	    (shards + 7) / 8, shards);
	history_file_close(&d);
}

/* As many incidents as there is room for, and no day without. */
static void
bad_past(uint32_t shards)
{
	static struct history_disk d;
	int64_t now = clock_wall_ms();

	no_past();
	history_file_open(&d, dir);
	for (int64_t at = now - 89 * DAY_MS; at <= now; at += HISTORY_SLOT_MS)
		put_slot(&d, at, HISTORY_SLOT_MS / 3,
		    (uint32_t)(at / DAY_MS % 7 * HISTORY_SLOT_MS / 10));
	for (int i = HISTORY_INCIDENTS; i-- > 0;)
		put_incident(&d, (enum outage_kind)(i % OUTAGE_KINDS),
		    now - i * 8 * HOUR_MS, i == 0 ? 0 : HOUR_MS + i * 1000,
		    shards - 1, shards);
	history_file_close(&d);
}

/* ---- pages ---------------------------------------------------------- */

static void
page(const char *name, const struct view *v, const char *guild,
    const char *title)
{
	struct status_page_ask ask = {.guild = guild, .title = title};
	struct history *h = history_open(dir);
	struct buf b = {0};
	char path[300];
	FILE *f;

	status_page_html(&b, v, h, &ask);
	str_format(path, sizeof(path), "%s/%s.html", dir, name);
	f = fopen(path, "w");
	if (f == NULL || fwrite(buf_data(&b), buf_len(&b), 1, f) != 1
	    || fclose(f) != 0)
		errx(1, "%s can't be written", path);
	buf_free(&b);
	history_close(h);
}

static void
few(void)
{
	struct view v;

	made_view(&v, 16);
	some_past(16);
	page("well", &v, NULL, "Marvin");
	page("asked", &v, GUILD, "Marvin");
	page("no-id", &v, "the one with the cats", "Marvin");
	made_view_shard(&v, 3, SHARD_RESUMING, 4000);
	made_view_shard(&v, 7, SHARD_DOWN, 90000);
	v.shard[9].silent = 1u << CLASS_INTERACTIONS;
	v.shard[12].s.rtt_ms = 180;
	v.shard[13].s.rtt_ms = 900;
	made_view_failing(&v);
	made_view_now(&v);
	page("trouble", &v, GUILD, "Marvin");
	view_free(&v);
}

static void
many(void)
{
	struct view v;

	made_view(&v, 1024);
	for (uint32_t i = 0; i < v.n; i++)
		v.shard[i].s.rtt_ms = 30 + i * 37 % 61 + (i % 41 == 7) * 120
		    + (i % 97 == 5) * 300;
	for (uint32_t i = 640; i < 655; i++)
		made_view_shard(&v, i, SHARD_DOWN, 200000);
	made_view_shard(&v, 77, SHARD_RESUMING, 2000);
	made_view_shard(&v, 300, SHARD_PERMIT, 61000);
	v.shard[512].silent = 1u << CLASS_INTERACTIONS;
	made_view_now(&v);
	some_past(1024);
	page("many", &v, NULL, "Marvin");
	view_free(&v);
}

static void
gone(void)
{
	struct view v;

	made_view(&v, 2);
	no_past();
	page("new", &v, NULL, NULL);
	v.alive = false;
	made_view_now(&v);
	page("unwatched", &v, NULL, "Marvin");
	v.handler_alive = false;
	v.handler.state = HANDLER_DOWN;
	made_view_shard(&v, 0, SHARD_DOWN, 5000);
	made_view_shard(&v, 1, SHARD_DOWN, 5000);
	page("stopped", &v, GUILD, "Marvin");
	page("unknown", NULL, GUILD, "Marvin");
	fake_time_pass(3 * 60 * 1000);
	page("old", &v, NULL, "Marvin");
	view_free(&v);
}

/* What could break out of its place, and what is too long for it. */
static void
hostile(void)
{
	const char *title = "</title><script>alert(1)</script> & \"Marvin\" "
			    "Donaudampfschifffahrtselektrizitaetenhaupt"
			    "betriebswerkbauunterbeamtengesellschaft";
	struct view v;

	made_view(&v, 200);
	v.cluster.shard_count = 4000000000u;
	v.cluster.first = 3999999800u;
	for (uint32_t i = 0; i < v.n; i++) {
		v.shard[i].id = v.cluster.first + i;
		v.shard[i].s.rtt_ms = 4000000000u;
		made_view_shard(&v, v.shard[i].id,
		    (enum shard_state)(i % SHARD_STATES), i * 1000000u);
	}
	v.handler.rest = PAGE_REST_TOKEN;
	made_view_held(&v);
	made_view_now(&v);
	bad_past(4000000000u);
	page("hostile", &v, "\"><img src=x onerror=alert(2)>\xff\x1b[31m",
	    title);
	view_free(&v);
}

int
main(int argc, char **argv)
{
	char policy[STATUS_PAGE_POLICY_MAX], path[300];
	FILE *f;

	if (argc != 2)
		errx(64, "usage: status_pages DIR");
	str_copy(dir, argv[1], sizeof(dir) - 20);
	fake_time_reset();
	fake_time_pass(100 * (uint64_t)DAY_MS);
	str_format(path, sizeof(path), "%s/policy", dir);
	f = fopen(path, "w");
	status_page_policy(policy);
	if (f == NULL || fputs(policy, f) == EOF || fclose(f) != 0)
		errx(1, "%s can't be written", path);
	few();
	many();
	gone();
	hostile();
	return 0;
}

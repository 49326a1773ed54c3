/* SPDX-License-Identifier: MIT */
/* Many shards, the fleet as a whole, and what runs short. */
#include "shard/events/traffic.h"
#include "shared/page/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define NOW UINT64_C(100000000)
#define HOUR UINT64_C(3600000)
#define SHARDS 16

static struct page_shard shard[SHARDS];
static struct page_watch watch[SHARDS];
static struct page_cluster cluster;
static struct page_handler handler;
static struct page_plugins plugins;
static struct verdict_process process[PAGE_CLIENTS];
static struct page_watch bot;
static bool stopped[SHARDS], orphan[SHARDS];
static uint64_t now;
static struct verdict_facts facts;
static struct verdict_fleet fleet;

static int
set_up(void **state)
{
	now = NOW;
	memset(watch, 0, sizeof(watch));
	memset(process, 0, sizeof(process));
	memset(stopped, 0, sizeof(stopped));
	memset(orphan, 0, sizeof(orphan));
	memset(&plugins, 0, sizeof(plugins));
	memset(&bot, 0, sizeof(bot));
	for (unsigned i = 0; i < SHARDS; i++)
		shard[i] = (struct page_shard) {.state = SHARD_READY,
		    .state_since_ms = now - HOUR,
		    .ack_ms = now,
		    .frame_ms = now,
		    .heartbeat_ms = now - 40,
		    .interval_ms = 41250};
	cluster = (struct page_cluster) {.pid = 7, .shard_count = SHARDS};
	handler = (struct page_handler) {.state = HANDLER_READY};
	facts = (struct verdict_facts) {.cluster = &cluster,
	    .handler = &handler,
	    .plugins = &plugins,
	    .process = process,
	    .alive = true,
	    .handler_alive = true};
	return 0;
}

static const struct verdict_finding *
find(enum verdict_code code)
{
	for (size_t i = 0; i < fleet.n; i++)
		if (fleet.found[i].code == code)
			return &fleet.found[i];
	return NULL;
}

static void
look(void)
{
	static struct verdict_shards all;

	memset(&all, 0, sizeof(all));
	for (uint32_t i = 0; i < SHARDS; i++) {
		struct verdict_shard f = {.s = &shard[i],
		    .w = &watch[i],
		    .cluster = &cluster,
		    .id = i,
		    .alive = shard[i].state != SHARD_DOWN,
		    .stopped = stopped[i],
		    .orphan = orphan[i]};

		verdict_shards_add(&all, &f, now);
	}
	facts.shards = &all;
	facts.now_ms = now;
	facts.wall_ms = 1000000000000 + (int64_t)now;
	verdict_fleet(&facts, &fleet);
}

static void
shows(enum verdict_code code, uint32_t count, const char *name,
    const char *text, const char *detail)
{
	const struct verdict_finding *f = find(code);

	if (f == NULL)
		fail_msg("%s is not found", verdict_code_name[code]);
	assert_int_equal(f->count, count);
	assert_string_equal(f->name, name);
	assert_non_null(strstr(f->text, text));
	if (strstr(f->detail, detail) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", detail, f->detail);
}

static void
test_all_well(void **state)
{
	look();
	assert_int_equal(fleet.n, 0);
	assert_int_equal(fleet.state, VERDICT_READY);
	assert_int_equal(fleet.exit, EXIT_FINE);
}

/* Alike is one finding: how many, which, and the one that is so for longest. */
static void
test_groups(void **state)
{
	static const unsigned deaf[] = {0, 1, 2, 3, 7, 12};

	for (unsigned i = 0; i < nitems(deaf); i++)
		shard[deaf[i]].ack_ms = now - 90000 - i * 1000;
	shard[5].state = SHARD_WAITING;
	shard[5].state_since_ms = now - 3000;
	shard[5].until_ms = now + 20000;
	str_copy(shard[5].note, "no route", sizeof(shard[5].note));
	stopped[6] = true;
	shard[8].spool_events = 812;
	shard[9].heartbeat_ms = now - 7000;
	shard[9].ack_ms = now - 48000;
	orphan[10] = true;
	look();
	shows(VERDICT_CODE_SHARD_DEAF, 6, "12", "6 of 16 shards deaf",
	    "0-3, 7, 12; shard 12: last heartbeat acknowledged 95 s ago");
	shows(VERDICT_CODE_SHARD_WAITING, 1, "5", "shard 5 waiting",
	    "waiting, no route, goes on in 20 s");
	assert_int_equal(find(VERDICT_CODE_SHARD_WAITING)->until_ms,
	    facts.wall_ms + 20000);
	assert_int_equal(find(VERDICT_CODE_SHARD_WAITING)->age_ms, 3000);
	shows(VERDICT_CODE_SHARD_HUNG, 1, "6", "shard 6 hung", "is stopped");
	shows(VERDICT_CODE_SHARD_LAGGING, 2, "9", "2 of 16 shards lagging",
	    "8, 9; shard 9: its heartbeat of 7 s ago is not acknowledged");
	shows(VERDICT_CODE_SHARD_ORPHANED, 1, "10", "shard 10 orphaned", "");
	assert_int_equal(fleet.exit, EXIT_DEGRADED);
	assert_int_equal(facts.shards->ready, 8);
	/* With no handler the shards' spools are told as its trouble. */
	handler.state = HANDLER_DOWN;
	shard[9].ack_ms = now;
	look();
	assert_null(find(VERDICT_CODE_SHARD_LAGGING));
	assert_non_null(find(VERDICT_CODE_HANDLER_DOWN));
}

static void
test_many_fit(void **state)
{
	for (unsigned i = 0; i < SHARDS; i += 2)
		shard[i].state = SHARD_RESUMING;
	look();
	shows(VERDICT_CODE_SHARD_RESUMING, 8, "0", "8 of 16 shards resuming",
	    "0, 2, 4, 6, 8, 10, 12, 14; ");
	for (unsigned i = 0; i < SHARDS; i++)
		shard[i].state = SHARD_DOWN;
	look();
	shows(VERDICT_CODE_SHARD_DOWN, 16, "0", "16 of 16 shards down", "0-15");
	assert_int_equal(find(VERDICT_CODE_SHARD_DOWN)->rank, PAGE_CRITICAL);
}

static void
hear(unsigned i, const char *name)
{
	shard[i].frame_ms = now;
	traffic_dispatch(&shard[i], name, strlen(name));
}

/* As status_page.c adds them up. */
static void
add_up(void)
{
	uint64_t last[CLASSES] = {0};

	cluster.traffic = 0;
	memset(cluster.class_seen, 0, sizeof(cluster.class_seen));
	memset(cluster.class_over, 0, sizeof(cluster.class_over));
	memset(cluster.class_longest, 0, sizeof(cluster.class_longest));
	for (unsigned i = 0; i < SHARDS; i++) {
		cluster.traffic += shard[i].traffic;
		for (unsigned c = 0; c < CLASSES; c++) {
			const struct page_class *k = &shard[i].class[c];

			cluster.class_seen[c] += k->seen;
			cluster.class_over[c] += k->over;
			cluster.class_longest[c] += k->longest;
			if (k->last_ms > last[c])
				last[c] = k->last_ms;
		}
	}
	for (unsigned c = 0; c < CLASSES; c++) {
		if (last[c] != cluster.class_last_ms[c])
			cluster.class_mark[c] = cluster.traffic;
		cluster.class_last_ms[c] = last[c];
	}
	for (unsigned i = 0; i < SHARDS; i++)
		(void)traffic_tick(&shard[i], &cluster, 2, now);
}

/* Each shard hears too few interactions to know; together they do. */
static void
test_the_fleet_is_partly_deaf(void **state)
{
	cluster.silence_ms = 600000;
	for (unsigned n = 0; n < 160; n++) {
		for (unsigned m = 0; m < 20; m++) {
			now += 500;
			hear(m % SHARDS, "MESSAGE_CREATE");
		}
		hear(n % SHARDS, "INTERACTION_CREATE");
		add_up();
	}
	look();
	assert_null(find(VERDICT_CODE_FLEET_PARTLY_DEAF));
	for (unsigned n = 0; n < 4000; n++) {
		now += 500;
		hear(n % SHARDS, "MESSAGE_CREATE");
		add_up();
	}
	for (unsigned i = 0; i < SHARDS; i++)
		shard[i].ack_ms = shard[i].heartbeat_ms = shard[i].frame_ms =
		    now;
	look();
	shows(VERDICT_CODE_FLEET_PARTLY_DEAF, 1, "0", "no interactions",
	    "none for 33 min on any of 16 shards (usually one in 20 other "
	    "events, at today's pace 6.0/min); 4000 others arrived meanwhile");
	assert_int_equal(fleet.state, VERDICT_DEGRADED);
	/* One that has a new session and hears them again ends it. */
	hear(0, "INTERACTION_CREATE");
	add_up();
	look();
	assert_null(find(VERDICT_CODE_FLEET_PARTLY_DEAF));
}

/* A day and a night of a fleet that hardly anybody uses: heartbeats alone for
 * hours, a message now and then, few interactions. */
static void
test_quiet_is_not_deaf_for_a_day(void **state)
{
	uint64_t end = now + 24 * HOUR;
	unsigned looks = 0;

	cluster.silence_ms = 600000;
	for (unsigned i = 0; i < SHARDS; i++)
		traffic_session(&shard[i], false);
	for (; now < end; now += 1000) {
		uint64_t s = (now - NOW) / 1000, hour = s / 3600;
		bool night = hour >= 8 && hour < 16;

		for (unsigned i = 0; i < SHARDS; i++) {
			uint64_t beat = (s + i * 3) % 41;

			if (beat == 0)
				shard[i].heartbeat_ms = now;
			if (beat == 1)
				shard[i].ack_ms = shard[i].frame_ms = now;
			if ((s + i * 97) % (night ? 9001 : 61) == 0)
				hear(i, "MESSAGE_CREATE");
			if ((s + i * 31) % (night ? 80001 : 607) == 0)
				hear(i, "INTERACTION_CREATE");
			if ((s + i * 7) % 7001 == 0)
				hear(i, "VOICE_STATE_UPDATE");
			if ((s + i * 7) % 40009 == 0)
				hear(i, "GUILD_CREATE");
		}
		if (s % 10 != 0)
			continue;
		add_up();
		look();
		looks++;
		if (fleet.n > 0)
			fail_msg("after %llu s: %s: %s", (unsigned long long)s,
			    fleet.found[0].text, fleet.found[0].detail);
	}
	assert_int_equal(looks, 8640);
}

static void
test_what_runs_short(void **state)
{
	static struct page_watch of_handler = {.sampled_ms = 1,
	    .fds = 820,
	    .fd_limit = 1024,
	    .rss_kb = 100 << 10};

	cluster.fetched_wall_ms = 1;
	cluster.total = 1000;
	cluster.remaining = 90;
	cluster.reserve = 100;
	cluster.left_least = 100;
	cluster.foreign_1h = 3;
	cluster.foreign_24h = 9;
	cluster.foreign_least = 1;
	cluster.crashing = 1;
	cluster.memory_limit[PAGE_MEMORY_SHARD] = 10 << 20;
	watch[3] = watch[4] = (struct page_watch) {.sampled_ms = 1,
	    .rss_kb = 9 << 10,
	    .fds = 10,
	    .fd_limit = 1024};
	facts.handler_watch = &of_handler;
	facts.disk_known = true;
	facts.disk_size = UINT64_C(100) << 30;
	facts.disk_free = 4096;
	look();
	shows(VERDICT_CODE_BUDGET_SHORT, 1, "", "90 of 1000 IDENTIFYs", "");
	shows(VERDICT_CODE_BUDGET_FOREIGN, 1, "", "3 IDENTIFYs were spent", "");
	shows(VERDICT_CODE_SHARDS_CRASHING, 1, "", "died alike", "");
	shows(VERDICT_CODE_FDS_SHORT, 1, "",
	    "The handler has 820 of 1024 file descriptors open (80 %)", "");
	assert_int_equal(find(VERDICT_CODE_FDS_SHORT)->subject,
	    VERDICT_OF_HANDLER);
	shows(VERDICT_CODE_MEMORY_SHORT, 2, "3",
	    "The shard 3 takes 9 of 10 MiB of memory (90 %)", "with 1 more");
	shows(VERDICT_CODE_DISK_FULL, 1, "", "is full", "");
	assert_int_equal(fleet.exit, EXIT_DOWN);
	cluster.remaining = 500;
	cluster.forecast_s = 1800;
	cluster.forecast_least_s = 14400;
	look();
	assert_null(find(VERDICT_CODE_BUDGET_SHORT));
	shows(VERDICT_CODE_BUDGET_FORECAST, 1, "", "gone in 30 min", "");
}

static void
test_processes_of_clients(void **state)
{
	static const enum verdict_code down[] = {VERDICT_CODE_CLIENT_DOWN,
	    VERDICT_CODE_NONE};

	process[2] = (struct verdict_process) {.name = "music", .w = &bot};
	bot.ended_ms = now - 5000;
	bot.restart_ms = now + 1000;
	str_copy(bot.last_end, "exited with code 1", sizeof(bot.last_end));
	look();
	shows(VERDICT_CODE_CLIENT_DOWN, 1, "music", "client music down",
	    "exited with code 1, it is started again");
	assert_int_equal(find(VERDICT_CODE_CLIENT_DOWN)->age_ms, 5000);
	assert_null(verdict_find(&fleet, down, 0)); /* nobody is woken yet */
	bot.strikes = VERDICT_STRIKES;
	look();
	assert_non_null(verdict_find(&fleet, down, 0));
	bot.restart_ms = 0;
	look();
	shows(VERDICT_CODE_CLIENT_DOWN, 1, "music", "client music held",
	    "not started again");
	process[2].alive = process[2].up = process[2].stopped = true;
	look();
	shows(VERDICT_CODE_CLIENT_HUNG, 1, "music", "client music hung", "");
	process[2].runner_stopped = true;
	look();
	shows(VERDICT_CODE_RUNNER_HUNG, 1, "music", "the parent of", "");
	process[2].stopped = process[2].runner_stopped = false;
	look();
	assert_int_equal(fleet.n, 0);
}

static void
test_plugins(void **state)
{
	struct page_plugin *p = plugins.plugin;

	plugins.count = 4;
	for (unsigned i = 0; i < 4; i++) {
		str_format(p[i].name, sizeof(p[i].name), "p%u", i);
		p[i].state = PLUGIN_UP;
	}
	look();
	assert_int_equal(fleet.n, 0);
	p[0].state = PLUGIN_HELD;
	p[1].state = PLUGIN_STARTING;
	p[1].strikes = 1;
	p[2].lag_ms = VERDICT_LAG_MS;
	p[2].backlog_events = 40;
	facts.plugins_stopped = 1u << 3;
	look();
	shows(VERDICT_CODE_PLUGIN_HELD, 1, "p0", "2 of 4 plugins up, p0 held",
	    "");
	shows(VERDICT_CODE_PLUGIN_DOWN, 1, "p1", "p1 starting", "");
	assert_true(find(VERDICT_CODE_PLUGIN_DOWN)->fresh);
	shows(VERDICT_CODE_PLUGIN_LAGGING, 1, "p2", "plugin p2 lagging",
	    "40 events wait");
	shows(VERDICT_CODE_PLUGIN_HUNG, 1, "p3", "plugin p3 hung", "");
}

static void
test_web(void **state)
{
	static struct page_watch web;

	web = (struct page_watch) {.starts = 2,
	    .ended_ms = now - 1000,
	    .restart_ms = now + 500,
	    .strikes = 1};
	facts.web_watch = &web;
	look();
	assert_int_equal(fleet.n, 0); /* the config has none */
	cluster.web = 1;
	look();
	shows(VERDICT_CODE_WEB_DOWN, 1, "", "web down", "");
	assert_true(find(VERDICT_CODE_WEB_DOWN)->fresh);
	facts.web_alive = facts.web_stopped = true;
	look();
	shows(VERDICT_CODE_WEB_HUNG, 1, "", "web hung", "");
	facts.web_stopped = false;
	look();
	assert_int_equal(fleet.n, 0);
}

/* Gone without a word, and what it has left behind. */
static void
test_nobody_watches(void **state)
{
	for (unsigned i = 0; i < SHARDS; i++)
		orphan[i] = true;
	shard[4].state = SHARD_DOWN;
	facts.alive = false;
	look();
	assert_int_equal(fleet.state, VERDICT_CRASHED);
	assert_non_null(find(VERDICT_CODE_FLEET_CRASHED));
	shows(VERDICT_CODE_SHARD_ORPHANED, 15, "0", "15 of 16 shards orphaned",
	    "0-3, 5-15");
	assert_null(find(VERDICT_CODE_SHARD_DOWN));
	assert_int_equal(fleet.exit, EXIT_DOWN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_all_well, set_up),
	    cmocka_unit_test_setup(test_groups, set_up),
	    cmocka_unit_test_setup(test_many_fit, set_up),
	    cmocka_unit_test_setup(test_the_fleet_is_partly_deaf, set_up),
	    cmocka_unit_test_setup(test_quiet_is_not_deaf_for_a_day, set_up),
	    cmocka_unit_test_setup(test_what_runs_short, set_up),
	    cmocka_unit_test_setup(test_processes_of_clients, set_up),
	    cmocka_unit_test_setup(test_plugins, set_up),
	    cmocka_unit_test_setup(test_web, set_up),
	    cmocka_unit_test_setup(test_nobody_watches, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tools/web/page/status_page.h"

#include "tests/unit/rig/fake_time.h"
#include "tests/unit/rig/made_view.h"
#include "tests/unit/rig/scratch.h"
#include "tools/web/page/status_page_impl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define GUILD "197038439483310086" /* shard 5 of 9, 0 of 4 */
#define TICK_MS 10000
#define DAY_MS (24 * 3600 * UINT64_C(1000))

static char dir[SCRATCH_MAX];
static struct history *h;
static struct view v;
static struct buf page;

static int
begin(void **state)
{
	fake_time_reset();
	fake_time_pass(24 * 3600 * 1000);
	if (scratch_make(dir, sizeof(dir)) == -1)
		return -1;
	made_view(&v, 9);
	h = history_open(dir);
	return 0;
}

static int
end(void **state)
{
	history_close(h);
	view_free(&v);
	buf_free(&page);
	return scratch_remove(dir);
}

static const char *
ask(const char *guild)
{
	struct status_page_ask a = {.guild = guild, .title = "Marvin"};

	buf_free(&page);
	status_page_html(&page, &v, h, &a);
	buf_add(&page, "", 1);
	return buf_data(&page);
}

#define has(text) assert_non_null(strstr(buf_data(&page), text))
#define has_not(text) assert_null(strstr(buf_data(&page), text))

static void
watch(uint64_t ms)
{
	for (uint64_t t = 0; t < ms; t += TICK_MS) {
		fake_time_pass(TICK_MS);
		made_view_now(&v);
		history_take(h, &v);
	}
}

/* ---- now ------------------------------------------------------------ */

static void
test_well(void **state)
{
	ask(NULL);
	has("<!DOCTYPE html>");
	has("<title>Marvin</title>");
	has("Everything works.");
	has("All 9 connections to Discord are up; Discord answers heartbeats "
	    "in 52&nbsp;ms.");
	has("<time datetime=\"2026-09-22T");
	has_not("<script");
	has_not("style=");
}

static void
test_each_trouble_is_told(void **state)
{
	made_view_shard(&v, 3, SHARD_DOWN, 90000);
	made_view_failing(&v);
	ask(NULL);
	has_not("Everything works");
	has("<h2 id=\"now\">Some servers are not reached: 1 of 9 connections "
	    "to Discord is not up.</h2>");
	has("<li>One of the bot&#39;s functions does not work as it should."
	    "</li>");
	has("The other 8 connections are up");
	has("<div>Shard 3<span>down</span></div>");
}

static void
test_gone(void **state)
{
	v.alive = v.handler_alive = false;
	v.handler.state = HANDLER_DOWN;
	made_view_now(&v);
	ask(NULL);
	has("the part of it that answers is not at work.</h2>");
	has("What looks after the bot is not at work");
	for (uint32_t i = 0; i < 9; i++)
		made_view_shard(&v, i, SHARD_DOWN, 0);
	ask(NULL);
	has("<h2 id=\"now\">The bot is not running.</h2>");
	has_not("connections are up");
}

static void
test_not_known(void **state)
{
	struct status_page_ask a = {.guild = GUILD};

	status_page_html(&page, NULL, h, &a);
	buf_add(&page, "", 1);
	has("can't be told now.</h2>");
	has("Which shard that server is on can't be told now.");
	has("<title>Status of the bot</title>");
	has_not("Everything works");
}

static void
test_old_says_how_old(void **state)
{
	ask(NULL);
	has_not(" ago</p>\n</header>");
	fake_time_pass(200 * 1000);
	ask(NULL);
	has(", which is 3 minutes ago</p>\n</header>");
	history_take(h, &v);
	fake_time_pass(60 * 1000);
	ask(NULL);
	has_not("Nothing was added");
	fake_time_pass(600 * 1000);
	ask(NULL);
	has("Nothing was added to the history since <time");
}

/* ---- is it my server? ----------------------------------------------- */

static void
test_my_server(void **state)
{
	ask(GUILD);
	has("Server " GUILD " is on <strong>shard 5</strong> of 9. That shard "
	    "has been ready since <time ");
	has("and answers in 42&nbsp;ms");
	has("class=\"answer ok\"");
	has("value=\"" GUILD "\"");
	made_view_shard(&v, 5, SHARD_RESUMING, 61000);
	ask(" \t" GUILD "+\r\n");
	has("That shard has been resuming since <time ");
	has("class=\"answer lost\"");
	has("not your server alone");
	made_view_shard(&v, 5, SHARD_READY, 0);
	v.handler_alive = false;
	made_view_now(&v);
	ask(GUILD);
	has("It is not the connection, then");
}

static void
test_elsewhere(void **state)
{
	v.cluster.shard_count = 18;
	v.cluster.first = 9;
	for (uint32_t i = 0; i < 9; i++)
		v.shard[i].id = 9 + i;
	ask(GUILD); /* 14 of 18 */
	has("<strong>shard 14</strong> of 18");
	has("That shard has been ready since");
	has("Shards 9 to 17 of 18 are here");
	v.cluster.first = 0;
	for (uint32_t i = 0; i < 9; i++)
		v.shard[i].id = i;
	ask(GUILD);
	has("runs on another machine");
	v.cluster.shard_count = 0;
	ask(GUILD);
	has("can't be told now");
}

static void
test_no_id(void **state)
{
	static const char *const bad[] = {"cats", "-197038439483310086",
	    "1970384394833100861970384394833100861970384394833100861970",
	    "99999999999999999999", "197038439483310086x",
	    "0x12345678901234567", "1", "\xff\xfe", "197 038 439 483 310 086",
	    "\xd9\xa1\xd9\xa2"};

	for (size_t i = 0; i < nitems(bad); i++) {
		ask(bad[i]);
		has("is not the ID of a server");
		has("<p class=\"answer\" role=\"status\">Sorry, ");
	}
	ask("");
	has_not("class=\"answer");
	ask(" + ");
	has_not("class=\"answer");
	ask("18446744073709551615");
	has("no server has that ID yet");
	ask("\"><script>alert(1)</script>");
	has_not("<script");
	has("&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;");
}

/* ---- shards --------------------------------------------------------- */

static void
test_many_shards(void **state)
{
	view_free(&v);
	made_view(&v, 1000);
	for (uint32_t i = 100; i < 110; i++)
		made_view_shard(&v, i, SHARD_DOWN, 120000);
	made_view_shard(&v, 500, SHARD_PERMIT, 3000);
	ask(NULL);
	has("title=\"42: ready, ");
	has("<li>Shards 100 to 109: down for 2 minutes</li>");
	has("<li>Shard 500: queued for 3 seconds</li>");
	has("not connected: 10</li>");
	assert_true(buf_len(&page) < 90000);
	for (uint32_t i = 0; i < 1000; i++)
		made_view_shard(&v, i, SHARD_DOWN, i * 1000);
	ask(NULL);
	has("<li>and 9");
}

static void
test_latency_is_no_last_value(void **state)
{
	v.shard[2].s.rtt_ms = 0;
	v.shard[4].s.rtt_ms = 777;
	made_view_shard(&v, 4, SHARD_WAITING, 0);
	ask(NULL);
	has("ready, not measured yet: 1");
	has_not("777");
}

/* ---- history -------------------------------------------------------- */

static void
test_history(void **state)
{
	ask(NULL);
	has("Nothing is known of the last 90 days.");
	has("Nothing is known of the last 24 hours.");
	has("None are known in the last 90 days.");
	has_not("<svg class=\"bars\"");
	history_take(h, &v);
	watch(3600 * 1000);
	ask(NULL);
	has("For 1 hour of the last 90 days it is known how the bot was: it "
	    "worked 100&nbsp;% of that time.");
	/* A second of nine shards of hours: it is not all, however little. */
	made_view_shard(&v, 0, SHARD_DOWN, 0);
	watch(TICK_MS);
	made_view_shard(&v, 0, SHARD_READY, 0);
	watch(8 * 3600 * 1000);
	ask(NULL);
	has("99.99&nbsp;%");
	has("<rect class=\"d\"");
	made_view_shard(&v, 0, SHARD_DOWN, 0);
	watch(300 * 1000);
	ask(NULL);
	has("it goes on: 5 minutes</p>\n<p>Some servers are not "
	    "reached: 1 of 9");
	made_view_shard(&v, 0, SHARD_READY, 0);
	watch(600 * 1000);
	ask(NULL);
	has(", for 5 minutes</p>\n<p>Some servers were not reached: 1 of 9");
	fake_time_pass(3 * DAY_MS);
	ask(NULL);
	has("</time> to <time");
	has("not known</td>");
}

/* An hour is not a day: what is not known of it is not green. */
static void
test_part_of_a_day(void **state)
{
	fake_time_set_wall(-(clock_wall_ms() % (int64_t)DAY_MS));
	history_take(h, &v);
	watch(3600 * 1000);
	ask(NULL);
	has("<rect class=\"w\" x=\"891\" y=\"0.0\" width=\"8\" "
	    "height=\"100.0\"/>");
	fake_time_pass(DAY_MS);
	ask(NULL);
	has("<rect class=\"u\" x=\"881\" y=\"81.0\" width=\"8\" "
	    "height=\"5.0\"/><rect class=\"w\" x=\"881\" y=\"88.0\" "
	    "width=\"8\" height=\"12.0\"/>");
	has("100&nbsp;% of 1 hour known</td>");
}

/* ---- what must not be on it ----------------------------------------- */

static void
test_nothing_secret(void **state)
{
	made_view_failing(&v);
	made_view_held(&v);
	made_view_shard(&v, 3, SHARD_DOWN, 0);
	v.shard[4].silent = 1;
	v.cluster.gate = 1;
	str_copy(v.gate.note, MADE_VIEW_SECRET, sizeof(v.gate.note));
	v.handler.rest = PAGE_REST_TOKEN;
	str_copy(v.handler.rest_note, MADE_VIEW_SECRET, 32);
	v.cluster.probe.scheduled = 1;
	v.cluster.probe.code = 2;
	str_copy(v.cluster.probe.text, MADE_VIEW_SECRET, 32);
	made_view_now(&v);
	history_take(h, &v);
	watch(300 * 1000);
	ask(GUILD);
	has_not(MADE_VIEW_SECRET);
	has_not("7003"); /* a pid */
	has_not("6900");
	view_free(&v);
	made_view(&v, 300);
	made_view_shard(&v, 3, SHARD_DOWN, 0);
	ask(GUILD);
	has_not(MADE_VIEW_SECRET);
	has_not("7003");
}

static void
test_a_title_is_text(void **state)
{
	struct status_page_ask a = {
	    .title = "</title><script>x</script>\x1b[31m\xff &"};

	status_page_html(&page, &v, h, &a);
	buf_add(&page, "", 1);
	has_not("<script");
	has_not("\x1b");
	has_not("\xff");
	has("&lt;script&gt;x&lt;/script&gt;\\x1b[31m\\xff &amp;");
}

static void
test_policy(void **state)
{
	char policy[STATUS_PAGE_POLICY_MAX];

	status_page_policy(policy);
	assert_non_null(strstr(policy,
	    "default-src 'none'; style-src "
	    "'sha256-"));
	assert_null(strstr(policy, "unsafe"));
}

static void
test_spans(void **state)
{
	static const struct {
		int64_t ms;
		const char *words;
	} row[] = {{-5, "less than a second"}, {999, "less than a second"},
	    {1000, "1 second"}, {61000, "1 minute"}, {120000, "2 minutes"},
	    {3600000, "1 hour"}, {3661000, "1 hour 1 minute"},
	    {3601000, "1 hour"}, {86400000, "1 day"},
	    {90000000, "1 day 1 hour"}, {86460000, "1 day"}, {INT64_MAX, NULL}};
	char out[STATUS_PAGE_FOR_MAX];

	for (size_t i = 0; i < nitems(row); i++) {
		status_page_for(row[i].ms, out);
		if (row[i].words != NULL)
			assert_string_equal(out, row[i].words);
	}
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
	    T(test_well),
	    T(test_each_trouble_is_told),
	    T(test_gone),
	    T(test_not_known),
	    T(test_old_says_how_old),
	    T(test_my_server),
	    T(test_elsewhere),
	    T(test_no_id),
	    T(test_many_shards),
	    T(test_latency_is_no_last_value),
	    T(test_history),
	    T(test_part_of_a_day),
	    T(test_nothing_secret),
	    T(test_a_title_is_text),
	    T(test_policy),
	    T(test_spans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "tools/web/metrics/metrics.h"

#include "shared/base/clock.h"
#include "tools/web/metrics/metrics_table.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct view view;
static struct buf out;

static void
shard(uint32_t id, enum shard_state state)
{
	struct view_shard *s = &view.shard[id];

	s->id = id;
	s->alive = true;
	s->s.state = state;
	s->s.rtt_ms = 40 + id;
	s->s.interval_ms = 41250;
	s->s.ack_ms = view.now_ms - 1500;
	s->s.events = 100 + id;
	s->state = page_shard_state_name[state];
}

static int
make(void **state)
{
	memset(&view, 0, sizeof(view));
	view.now_ms = clock_boot_ms() + 1000000;
	view.alive = true;
	view.n = 4;
	view.shard = base_alloc(4 * sizeof(*view.shard));
	for (uint32_t i = 0; i < 4; i++)
		shard(i, SHARD_READY);
	view.ready = 4;
	view.cluster.forecast_s = -1;
	view.cluster.remaining = -1;
	return 0;
}

static int
drop(void **state)
{
	view_free(&view);
	buf_free(&out);
	return 0;
}

static const char *
written(size_t worst, bool text)
{
	buf_free(&out);
	metrics_write(&out,
	    &(struct metrics_ask) {.view = &view,
		.worst = worst,
		.text = text});
	buf_add(&out, "", 1);
	return buf_data(&out);
}

static void
has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("no %s in:\n%s", part, text);
}

static void
lacks(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		fail_msg("%s in:\n%s", part, text);
}

static void
test_two_forms(void **state)
{
	const char *text = written(METRICS_ALL, false);

	has(text,
	    "# TYPE shardherd_shard_events counter\n# HELP "
	    "shardherd_shard_events ");
	has(text, "\nshardherd_shard_events_total{shard=\"3\"} 103\n");
	has(text, "# UNIT shardherd_shard_ack_age_seconds seconds\n");
	has(text, "shardherd_shard_ack_age_seconds{shard=\"0\"} 1.500\n");
	has(text, "# TYPE shardherd_build info\n");
	assert_string_equal(text + strlen(text) - 6, "# EOF\n");
	text = written(METRICS_ALL, true);
	has(text, "# TYPE shardherd_shard_events_total counter\n");
	has(text, "# TYPE shardherd_build_info gauge\n");
	lacks(text, "# UNIT");
	lacks(text, "# EOF");
}

/* No number rather than the last good one. */
static void
test_what_is_not_known_is_absent(void **state)
{
	const char *text;

	view.shard[1].s.ack_ms = view.now_ms - 100000;
	view.shard[2].alive = false;
	text = written(METRICS_ALL, false);
	has(text, "rtt_seconds{shard=\"0\"} 0.040\n");
	lacks(text, "rtt_seconds{shard=\"1\"}");
	lacks(text, "rtt_seconds{shard=\"2\"}");
	lacks(text, "ack_age_seconds{shard=\"2\"}");
	lacks(text, "budget_remaining");
	lacks(text, "budget_forecast");
	lacks(text, "gate_clients");
	view.cluster.fetched_wall_ms = 1;
	view.cluster.remaining = 0;
	has(written(METRICS_ALL, false), "shardherd_budget_remaining 0\n");
}

static void
test_the_worst_first(void **state)
{
	const char *text;

	shard(2, SHARD_RESUMING);
	view.shard[3].deaf = true;
	text = written(2, false);
	has(text, "state{shard=\"2\",state=\"resuming\"} 1\n");
	has(text, "state{shard=\"3\",state=\"deaf\"} 1\n");
	has(text, "state{shard=\"3\",state=\"ready\"} 0\n");
	lacks(text, "shard=\"0\"");
	lacks(text, "shard=\"1\"");
	lacks(written(0, false), "shard=");
	has(written(0, false), "shardherd_shards 4\n");
}

/* Nobody's name ends a line or a label. */
static void
test_foreign_names(void **state)
{
	struct page_plugin *p = &view.plugins.plugin[5];
	const char *text;

	str_copy(p->name, "a\"b\\c\nd", sizeof(p->name));
	p->events = 7;
	p->errors = 2;
	p->answered = 7;
	p->worked_ms = 1250;
	text = written(METRICS_ALL, false);
	has(text, "{plugin=\"a\\\"b\\\\c\\nd\",result=\"ok\"} 5\n");
	has(text, "{plugin=\"a\\\"b\\\\c\\nd\",result=\"error\"} 2\n");
	has(text,
	    "plugin_duration_seconds_sum{plugin=\"a\\\"b\\\\c\\nd\"} "
	    "1.250\n");
}

static void
test_findings_are_counted_by_code(void **state)
{
	struct verdict_fleet *v = &view.verdict;

	for (int i = 0; i < 3; i++) {
		v->found[i].code = VERDICT_CODE_PLUGIN_ERRING;
		v->found[i].subject = VERDICT_OF_PLUGIN;
		v->found[i].rank = PAGE_WARNING;
	}
	v->found[1].code = VERDICT_CODE_SHARD_DEAF;
	v->found[1].subject = VERDICT_OF_SHARD;
	v->found[1].count = 4;
	v->n = 3;
	has(written(METRICS_ALL, false),
	    "shardherd_finding{code=\"plugin-erring\",subject=\"plugin\","
	    "rank=\"warning\"} 2\n"
	    "shardherd_finding{code=\"shard-deaf\",subject=\"shard\","
	    "rank=\"warning\"} 4\n");
}

static void
test_without_a_view(void **state)
{
	buf_free(&out);
	metrics_write(&out, &(struct metrics_ask) {.worst = METRICS_ALL});
	buf_add(&out, "", 1);
	has(buf_data(&out), "shardherd_supervisor_up 0\n");
	has(buf_data(&out), "process_cpu_seconds_total ");
}

static void
test_events_by_age_and_kind(void **state)
{
	struct page_counts *c = &view.handler.counts;
	const char *text;

	page_counts_aged(c, 5);
	page_counts_aged(c, 6);
	page_counts_aged(c, 70000);
	c->type[DISPATCH_MESSAGE_CREATE] = 9;
	c->type[DISPATCH_UNKNOWN] = 1;
	page_counts_answered(c, "POST /channels/:id/messages", 200);
	page_counts_answered(c, "POST /channels/:id/messages", 429);
	page_counts_answered(c, "GET /sticker-packs", 0);
	page_counts_answered(c, "GET /sticker-packs", 600);
	text = written(METRICS_ALL, false);
	has(text, "age_seconds_bucket{le=\"0.005\"} 1\n");
	has(text, "age_seconds_bucket{le=\"0.01\"} 2\n");
	has(text, "age_seconds_bucket{le=\"30.0\"} 2\n");
	has(text, "age_seconds_bucket{le=\"+Inf\"} 3\n");
	has(text, "age_seconds_count 3\n");
	has(text, "age_seconds_sum 70.011\n");
	has(text, "events_total{event_type=\"MESSAGE_CREATE\"} 9\n");
	has(text, "events_total{event_type=\"other\"} 1\n");
	has(text, "{route=\"channels\",status_class=\"2xx\"} 1\n");
	has(text, "{route=\"channels\",status_class=\"4xx\"} 1\n");
	lacks(text, "route=\"other\"");
}

/* ---- the manual ----------------------------------------------------- */

static char *
manual(void)
{
	FILE *in = fopen("man/shardherd-web.7", "r");
	char *text = base_alloc(1 << 20);

	if (in == NULL)
		fail_msg("start this test at the top of the sources");
	text[fread(text, 1, (1 << 20) - 1, in)] = '\0';
	fclose(in);
	return text;
}

static void
table(struct buf *b)
{
	for (size_t i = 0; i < METRICS_IDS; i++) {
		const struct metrics_row *m = &metrics_row[i];

		buf_printf(b, ".It Li %s%s\n.Pq %s%s%s\n%s\n", m->name,
		    m->type == METRICS_COUNTER	  ? "_total"
			: m->type == METRICS_INFO ? "_info"
						  : "",
		    metrics_type_name[m->type],
		    m->labels[0] != '\0' ? ", by " : "", m->labels, m->help);
	}
	buf_add(b, "", 1);
}

static void
test_the_manual_has_the_table(void **state)
{
	static const char begin[] = ".\\\" begin metrics\n",
			  end[] = ".\\\" end metrics\n";
	char *page = manual(), *from, *to;
	struct buf want = {0};

	table(&want);
	assert_non_null(from = strstr(page, begin));
	assert_non_null(to = strstr(page, end));
	*to = '\0';
	assert_string_equal(from + strlen(begin), buf_data(&want));
	buf_free(&want);
	free(page);
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, make, drop)
	const struct CMUnitTest tests[] = {
	    T(test_two_forms),
	    T(test_what_is_not_known_is_absent),
	    T(test_the_worst_first),
	    T(test_foreign_names),
	    T(test_findings_are_counted_by_code),
	    T(test_without_a_view),
	    T(test_events_by_age_and_kind),
	    T(test_the_manual_has_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* A fleet of any size, however ill, in the rows and columns there are. */
#include "tools/cli/status/status_screen.h"

#include "shared/base/clock.h"
#include "tools/cli/see/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW 100000000u
#define WALL INT64_C(1700000000000)

static struct {
	struct view v;
	struct past past;
	char *out, **line;
	size_t lines;
} t;

static void
make_fleet(size_t shards)
{
	struct view *v = &t.v;

	memset(v, 0, sizeof(*v));
	v->now_ms = NOW;
	v->wall_ms = WALL;
	v->alive = v->handler_alive = true;
	v->handler_state = "ready";
	v->gate_state = "down";
	v->cluster.shard_count = v->cluster.local = (uint32_t)shards;
	v->cluster.started_ms = NOW - 5000000;
	v->cluster.pid = 4321;
	v->cluster.total = 1000;
	v->cluster.remaining = 120;
	v->cluster.fetched_wall_ms = WALL - 1000;
	v->cluster.reset_wall_ms = WALL + 7200000;
	v->cluster.forecast_s = 5400;
	v->cluster.identifies_24h = 880;
	v->supervisor_watch.uss_kb = 2048;
	v->handler.state = HANDLER_READY;
	v->handler_watch.pid = 4322;
	v->handler_watch.starts = 4;
	v->handler_watch.uss_kb = 4096;
	v->verdict.state = VERDICT_READY;
	str_copy(v->cluster.name, "main", sizeof(v->cluster.name));
	str_copy(v->cluster.version, "1.0", sizeof(v->cluster.version));
	v->n = v->ready = (uint32_t)shards;
	v->in_state[SHARD_READY] = v->ready;
	v->shard = base_alloc(shards * sizeof(*v->shard));
	for (uint32_t i = 0; i < shards; i++) {
		struct view_shard *s = &v->shard[i];

		s->id = i;
		s->alive = true;
		s->pid = 10000 + (int32_t)i;
		s->s.state = SHARD_READY;
		s->state = "ready";
		s->s.state_since_ms = s->w.started_ms = NOW - 60000;
		s->s.events = UINT64_C(123456789012);
		s->w.starts = 3;
		s->w.uss_kb = 555;
	}
}

static void
make_ill(uint32_t id, const char *word, enum shard_state state, bool deaf)
{
	struct view_shard *s = &t.v.shard[id];

	s->state = word;
	s->s.state = state;
	s->deaf = deaf;
	str_copy(s->s.note,
	    "a note that is far longer than there is any room for on a line of "
	    "a terminal of that many columns, so that it has to be cut",
	    sizeof(s->s.note));
	t.v.ready--;
	t.v.in_state[SHARD_READY]--;
	t.v.in_state[state] += !deaf;
	t.v.deaf += deaf;
}

static void
make_finding(enum page_rank rank, const char *text)
{
	struct verdict_finding *f = &t.v.verdict.found[t.v.verdict.n++];

	memset(f, 0, sizeof(*f));
	f->code = VERDICT_CODE_SHARD_DEAF;
	f->rank = rank;
	f->age_ms = 725000;
	str_copy(f->name, "7", sizeof(f->name));
	str_copy(f->text, text, sizeof(f->text));
	str_copy(f->detail,
	    "heard nothing: last ACK 12m05s ago, and a detail that goes on for "
	    "longer than one line",
	    sizeof(f->detail));
}

static void
make_past(size_t n)
{
	t.past.n = n;
	for (size_t i = 0; i < n; i++) {
		struct past_event *e = &t.past.event[i];

		memset(e, 0, sizeof(*e));
		e->at_ms = WALL - (int64_t)(n - i) * 1000;
		e->shard = -1;
		str_format(e->text, sizeof(e->text),
		    "event %zu asked for by alice on pts/3, with more words "
		    "behind it than fit",
		    i);
	}
}

/* Judges what holds for every screen. */
static void
show(size_t rows, size_t columns)
{
	size_t size;
	FILE *f;
	char *p;

	free(t.out);
	free(t.line);
	t.line = NULL;
	t.lines = 0;
	f = open_memstream(&t.out, &size);
	status_screen(&t.v, &t.past, rows, columns, false, f);
	fclose(f);
	for (p = t.out; *p != '\0'; p += strlen(p) + 1) {
		char *end = strchr(p, '\n');

		assert_non_null(end);
		*end = '\0';
		t.line = base_realloc(t.line, (t.lines + 1) * sizeof(char *));
		t.line[t.lines++] = p;
		if (strlen(p) > columns)
			fail_msg("%zu columns: %s", columns, p);
	}
	if (t.lines > rows)
		fail_msg("%zu lines, there are %zu", t.lines, rows);
}

/* The first line with these words, from 1; 0: none. */
static size_t
at(const char *words)
{
	for (size_t i = 0; i < t.lines; i++)
		if (strstr(t.line[i], words) != NULL)
			return i + 1;
	return 0;
}

static int
tear_down(void **state)
{
	free(t.v.shard);
	free(t.out);
	free(t.line);
	memset(&t, 0, sizeof(t));
	return 0;
}

static const size_t sizes[] = {1, 16, 64, 1000};

static void
test_well_at_any_size(void **state)
{
	for (size_t i = 0; i < nitems(sizes); i++) {
		free(t.v.shard);
		make_fleet(sizes[i]);
		make_past(30);
		show(23, 80);
		assert_int_equal(at("main"), 1);
		assert_true(at("120/1000 IDENTIFYs left") > 0);
		assert_true(at("empty in 1h30m") > 0);
		assert_true(at("supervisor") > 0);
		assert_true(at("private of") > 0);
		assert_true(at("RESTARTS") > 0 && at("PRIVATE") > 0);
		/* What happened last is the last line. */
		assert_int_equal(at("event 29"), t.lines);
		show(50, 200);
		assert_true(at("event 29") == t.lines && t.lines <= 50);
	}
	/* All rows of one that has room for them. */
	free(t.v.shard);
	make_fleet(16);
	show(60, 120);
	assert_int_equal(at("more shards"), 0);
	assert_true(at("15     ready") > 0);
}

/* Everything wrong at once: the worst is there, and what is not is counted. */
static void
test_however_ill(void **state)
{
	for (size_t i = 1; i < nitems(sizes); i++) {
		free(t.v.shard);
		make_fleet(sizes[i]);
		make_past(30);
		for (uint32_t k = 0; k < 9; k++)
			make_ill(k, "resuming", SHARD_RESUMING, false);
		make_ill(12, "deaf", SHARD_READY, true);
		make_ill(14, "down", SHARD_DOWN, false);
		for (size_t k = 0; k < 3; k++)
			make_finding(PAGE_CRITICAL, "the worst of all");
		for (size_t k = 0; k < 15; k++)
			make_finding(PAGE_WARNING, "something else");
		show(23, 80);
		assert_true(at("critical the worst of all") == 2);
		assert_true(at("-> \"shardherd shard 7 reconnect\"") > 0);
		assert_true(at("more: \"shardherd why\"") > 0);
		assert_true(at("14     down") > 0);
		assert_true(at("deaf") > 0);
		assert_true(at("more shards (--all): ") > 0);
		assert_int_equal(at("event 29"), t.lines);
		for (size_t rows = STATUS_SCREEN_LEAST - 1; rows < 70; rows++)
			for (size_t columns = 41; columns < 220; columns += 13)
				show(rows, columns);
	}
}

/* Hidden and shown together are all there are. */
static void
test_the_fold_adds_up(void **state)
{
	size_t hidden = 0, rows = 0;
	char *fold;

	make_fleet(1000);
	for (uint32_t k = 0; k < 500; k++)
		make_ill(2 * k, k < 200 ? "resuming" : "connecting",
		    k < 200 ? SHARD_RESUMING : SHARD_CONNECTING, false);
	show(23, 80);
	fold = t.line[at("more shards (--all): ") - 1];
	hidden = strtoul(fold, NULL, 10);
	for (size_t i = at("SHARD"); i < t.lines && t.line[i] != fold; i++)
		rows++;
	assert_int_equal(hidden + rows, 1000);
	assert_non_null(strstr(fold, "500 ready"));
	assert_non_null(strstr(fold, "300 connecting"));
}

static void
test_shares(void **state)
{
	struct status_screen_part p[] = {{5, 9, 9, 0}, {3, 4, 100, 0},
	    {6, 6, 6, 0}};

	status_screen_share(p, 3, 14);
	assert_int_equal(p[0].get + p[1].get + p[2].get, 14);
	status_screen_share(p, 3, 19);
	assert_int_equal(p[0].get, 9);
	assert_int_equal(p[1].get, 4);
	status_screen_share(p, 3, 50);
	assert_int_equal(p[1].get, 35);
	status_screen_share(p, 3, 4);
	assert_int_equal(p[0].get + p[1].get + p[2].get, 4);
}

int
main(void)
{
#define T(f) cmocka_unit_test_teardown(f, tear_down)
	static const struct CMUnitTest tests[] = {
	    T(test_well_at_any_size),
	    T(test_however_ill),
	    T(test_the_fold_adds_up),
	    T(test_shares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* See board.h. */
#include "tools/cli/top/board.h"

#include "shared/base/text.h"
#include "tools/cli/base/client_rows.h"
#include "tools/cli/base/human.h"
#include "tools/cli/top/spark.h"

#include <stdarg.h>
#include <string.h>

const char *const board_tab_name[BOARD_TABS_N] = {
#define X(n, s) [BOARD_##n] = s,
    BOARD_TABS(X)
#undef X
};

/* No line is wider than 80; the first column gets what is left of more. */
static const struct board_column columns[BOARD_TABS_N][BOARD_COLUMNS + 1] = {
    [BOARD_SHARDS] = {{"SHARD", 5}, {"STATE", -11}, {"FOR", 7}, {"EV/S", 7},
	{"", -BOARD_SPARK}, {"LATENCY", 7}, {"WAITING", 7}, {"RESTARTS", 8},
	{"PRIVATE", 7}, {NULL, 0}},
    [BOARD_PLUGINS] = {{"PLUGIN", -9}, {"STATE", -8}, {"FOR", 6}, {"EV/S", 5},
	{"", -BOARD_SPARK}, {"EACH", 5}, {"ERRORS", 6}, {"WAITS", 5},
	{"RESTARTS", 8}, {"PRIVATE", 7}, {NULL, 0}},
    [BOARD_CLIENTS] = {{"CLIENT", -12}, {"STATE", -7}, {"SHARDS", 6},
	{"EV/S", 6}, {"", -BOARD_SPARK}, {"LAG", 7}, {"HEARD", 6},
	{"OVERRUNS", 8}, {"RESTARTS", 8}, {NULL, 0}},
    [BOARD_PROCESSES] = {{"PROCESS", -22}, {"STATE", -9}, {"UP", 7},
	{"RESTARTS", 8}, {"PRIVATE", 7}, {"PID", 8}, {NULL, 0}},
};

/* ---- rates ---------------------------------------------------------- */

static void
name_of(char out[72], const char *kind, const char *name)
{
	str_format(out, 72, "%s%s", kind, name);
}

/* Where each is kept: the fleet's first, then the shards', then the others'. */
void
board_count(struct rates *r, const struct view *v)
{
	uint64_t sum = 0;
	char name[72];

	(void)rates_find(r, "fleet", 0);
	for (size_t i = 0; i < v->n; i++) {
		str_format(name, sizeof(name), "s%u", v->shard[i].id);
		rates_take(rates_find(r, name, i + 1), v->shard[i].s.events,
		    v->now_ms);
		sum += v->shard[i].s.events;
	}
	rates_take(rates_find(r, "fleet", 0), sum, v->now_ms);
	for (uint32_t i = 0; i < v->plugins.count && i < PAGE_PLUGINS; i++) {
		const struct page_plugin *p = &v->plugins.plugin[i];

		if (p->name[0] == '\0')
			continue;
		name_of(name, "p ", p->name);
		rates_take(rates_find(r, name, v->n + 1 + i), p->events,
		    v->now_ms);
	}
	for (uint32_t i = 0; i < v->gate.clients; i++) {
		const struct page_client *c = &v->gate.client[i];

		if (c->name[0] == '\0')
			continue;
		name_of(name, "c ", c->name);
		rates_take(rates_find(r, name, v->n + 1 + i), c->events,
		    v->now_ms);
	}
}

static const struct rates_of *
look_up(const struct rates *r, const char *name, size_t guess)
{
	if (guess < r->n && strcmp(r->of[guess].name, name) == 0)
		return &r->of[guess];
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->of[i].name, name) == 0)
			return &r->of[i];
	return NULL;
}

/* ---- rows ----------------------------------------------------------- */

static struct board_row *
add(struct board *b)
{
	if (b->n == b->room) {
		b->room = b->room * 2 + 32;
		b->row = base_realloc(b->row, b->room * sizeof(*b->row));
	}
	memset(&b->row[b->n], 0, sizeof(b->row[0]));
	return &b->row[b->n++];
}

static void put(struct board_row *, size_t, double, const char *, ...)
    printflike(4, 5);

static void
put(struct board_row *r, size_t column, double key, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_vformat(r->cell[column], BOARD_CELL, fmt, ap);
	va_end(ap);
	r->key[column] = key;
}

static void
put_age(struct board_row *r, size_t column, int64_t ms)
{
	char age[24];

	put(r, column, (double)ms, "%s", human_age(ms, age));
}

static void
put_size(struct board_row *r, size_t column, uint64_t kb)
{
	char size[24];

	put(r, column, (double)kb, "%s",
	    kb > 0 ? human_size(kb * 1024, size) : "-");
}

static void
put_count(struct board_row *r, size_t column, uint64_t n)
{
	put(r, column, (double)n, "%llu", (unsigned long long)n);
}

/* The rate, and the bars behind it. */
static void
put_rate(struct board_row *r, size_t column, const struct rates *all,
    const char *name, size_t guess, bool utf8)
{
	const struct rates_of *of = look_up(all, name, guess);
	char bars[SPARK_BYTES(BOARD_SPARK)];
	double past[RATES_KEPT], now = of != NULL ? rates_now(of) : 0;

	put(r, column, now, now < 10 ? "%.1f" : "%.0f", now);
	r->key[column + 1] = now;
	if (of == NULL)
		return;
	spark_draw(past, rates_past(of, past), BOARD_SPARK, utf8, bars,
	    sizeof(bars));
	str_copy(r->spark, bars, sizeof(r->spark));
}

static void
add_shard(struct board *b, const struct view *v, const struct view_shard *s,
    const struct rates *rates, bool utf8)
{
	struct board_row *r = add(b);
	uint64_t waits = s->s.queue_events > s->s.spool_events
	    ? s->s.queue_events
	    : s->s.spool_events;
	char name[24];

	r->id = s->id;
	str_format(name, sizeof(name), "s%u", s->id);
	put_count(r, 0, s->id);
	put(r, 1, 0, "%s", s->state);
	put_age(r, 2, s->alive ? view_age(v, s->s.state_since_ms) : -1);
	put_rate(r, 3, rates, name, s->id - v->cluster.first + 1, utf8);
	put(r, 5, s->s.rtt_ms, s->alive && s->s.rtt_ms > 0 ? "%ums" : "-",
	    s->s.rtt_ms);
	put_count(r, 6, s->alive ? waits : s->s.spool_events);
	put_count(r, 7, s->w.restarts);
	put_size(r, 8, s->alive ? s->w.uss_kb : 0);
	r->urgency = s->deaf || s->s.state == SHARD_DOWN
		|| s->s.state == SHARD_HELD
	    ? 3
	    : s->s.state != SHARD_READY ? 2
	    : s->silent != 0		? 1
					: 0;
	r->key[1] = r->urgency;
	r->mood = r->urgency == 3 ? BOARD_BAD
	    : r->urgency > 0	  ? BOARD_ODD
				  : BOARD_WELL;
}

static const struct processes_row *
process_of(const struct processes *p, enum processes_kind kind,
    const char *name)
{
	static const struct processes_row none = {.up_ms = -1};

	for (size_t i = 0; i < p->n; i++)
		if (p->row[i].kind == kind && strcmp(p->row[i].name, name) == 0)
			return &p->row[i];
	return &none;
}

/* What one event has cost it, on the average. */
static void
put_each(struct board_row *r, size_t column, const struct page_plugin *p)
{
	double ms = p->answered > 0 ? (double)p->worked_ms / (double)p->answered
				    : 0;

	if (p->answered == 0)
		put(r, column, -1, "-");
	else if (ms < 1000)
		put(r, column, ms, ms < 10 ? "%.1fms" : "%.0fms", ms);
	else
		put(r, column, ms, "%.1fs", ms / 1000);
}

static void
add_plugin(struct board *b, const struct view *v, uint32_t i,
    const struct rates *rates, const struct processes *all, bool utf8)
{
	const struct page_plugin *p = &v->plugins.plugin[i];
	struct board_row *r = add(b);
	bool well = processes_plugin_well(v, i);
	char name[72];

	str_copy(r->name, p->name, sizeof(r->name));
	name_of(name, "p ", p->name);
	put(r, 0, i, "%s", p->name);
	put(r, 1, well ? 0 : 1, "%s", processes_plugin_state(v, i));
	put_age(r, 2, view_age(v, p->state_since_ms));
	put_rate(r, 3, rates, name, v->n + 1 + i, utf8);
	put_each(r, 5, p);
	put_count(r, 6, p->errors);
	put_count(r, 7, page_plugin_waits(p));
	put_count(r, 8, p->restarts);
	put_size(r, 9, process_of(all, PROCESSES_PLUGIN, p->name)->private_kb);
	r->urgency = well ? 0 : p->state == PLUGIN_UP ? 1 : 2;
	r->mood = well		    ? BOARD_WELL
	    : p->state == PLUGIN_UP ? BOARD_ODD
				    : BOARD_BAD;
}

static void
add_client(struct board *b, const struct view *v, uint32_t i,
    const struct rates *rates, const struct processes *all, bool utf8)
{
	const struct page_client *c = &v->gate.client[i];
	struct verdict_client one = verdict_client(&v->gate, c, v->now_ms);
	struct board_row *r = add(b);
	char name[72];

	str_copy(r->name, c->name, sizeof(r->name));
	name_of(name, "c ", c->name);
	put(r, 0, i, "%s", c->name);
	put(r, 1, -(double)one.state, "%s", verdict_client_name[one.state]);
	put(r, 2, c->connected, "%u/%u", c->connected, c->sessions);
	put_rate(r, 3, rates, name, v->n + 1 + i, utf8);
	put_count(r, 5, c->lag_events);
	put_age(r, 6, view_age(v, c->heard_ms));
	put_count(r, 7, c->overruns);
	put_count(r, 8, process_of(all, PROCESSES_CLIENT, c->name)->restarts);
	r->urgency = VERDICT_CLIENT_STATES - (unsigned)one.state
	    + (one.overran ? VERDICT_CLIENT_STATES : 0);
	r->mood = one.state == VERDICT_CLIENT_HERE
		|| one.state == VERDICT_CLIENT_NEVER
	    ? BOARD_WELL
	    : one.state <= VERDICT_CLIENT_FALLING ? BOARD_BAD
						  : BOARD_ODD;
}

static void
add_process(struct board *b, const struct processes_row *p, size_t i)
{
	struct board_row *r = add(b);

	str_copy(r->name, p->name, sizeof(r->name));
	r->id = p->kind;
	put(r, 0, (double)i, "%s%s%s", processes_kind_name[p->kind],
	    p->name[0] != '\0' ? " " : "", p->name);
	put(r, 1, p->well ? 0 : 1, "%s", p->state);
	put_age(r, 2, p->up_ms);
	put_count(r, 3, p->restarts);
	put_size(r, 4, p->private_kb);
	put(r, 5, p->pid, p->pid != 0 ? "%d" : "-", p->pid);
	r->urgency = p->well ? 0 : p->pid != 0 ? 1 : 2;
	r->mood = p->well ? BOARD_WELL : p->pid != 0 ? BOARD_ODD : BOARD_BAD;
}

void
board_fill(struct board *b, enum board_tab tab, const struct view *v,
    const struct rates *rates, bool utf8)
{
	struct processes *all = base_alloc(sizeof(*all));

	b->tab = tab;
	b->column = columns[tab];
	b->n = 0;
	if (tab != BOARD_SHARDS)
		processes_list(v, all);
	for (size_t i = 0; tab == BOARD_SHARDS && i < v->n; i++)
		add_shard(b, v, &v->shard[i], rates, utf8);
	for (uint32_t i = 0;
	     tab == BOARD_PLUGINS && i < v->plugins.count && i < PAGE_PLUGINS;
	     i++)
		if (v->plugins.plugin[i].name[0] != '\0')
			add_plugin(b, v, i, rates, all, utf8);
	for (uint32_t i = 0; tab == BOARD_CLIENTS && i < v->gate.clients; i++)
		if (v->gate.client[i].name[0] != '\0')
			add_client(b, v, i, rates, all, utf8);
	for (size_t i = 0; tab == BOARD_PROCESSES && i < all->n; i++)
		add_process(b, &all->row[i], i);
	free(all);
}

/* ---- order ---------------------------------------------------------- */

static bool
goes_before(const struct board_row *a, const struct board_row *b, int column,
    bool reverse)
{
	double x = column < 0 ? a->urgency : a->key[column];
	double y = column < 0 ? b->urgency : b->key[column];

	return reverse ? x < y : x > y;
}

/* Merged from the bottom up: stable, which qsort() is not. */
void
board_sort(struct board *b, int column, bool reverse)
{
	struct board_row *other = base_alloc(
	    (b->n + 1) * sizeof(struct board_row));
	struct board_row *from = b->row, *to = other;

	for (size_t run = 1; run < b->n; run *= 2) {
		for (size_t at = 0; at < b->n; at += 2 * run) {
			size_t l = at, le = at + run < b->n ? at + run : b->n;
			size_t r = le, re = le + run < b->n ? le + run : b->n;

			for (size_t i = at; i < re; i++)
				if (l < le
				    && (r == re
					|| !goes_before(&from[r], &from[l],
					    column, reverse)))
					to[i] = from[l++];
				else
					to[i] = from[r++];
		}
		struct board_row *was = from;

		from = to;
		to = was;
	}
	if (from == other)
		memcpy(b->row, other, b->n * sizeof(*other));
	free(other);
}

size_t
board_columns(const struct board *b)
{
	size_t n = 0;

	while (n < BOARD_COLUMNS && b->column[n].title != NULL)
		n++;
	return n;
}

void
board_free(struct board *b)
{
	free(b->row);
	*b = (struct board) {0};
}

/* SPDX-License-Identifier: MIT */
/* Many shards, and what they have in common: see verdict.h. */
#include "shared/page/verdict_impl.h"

#include <string.h>

/* ---- groups --------------------------------------------------------- */

/* The run of numbers that has come to its end. */
static void
end_run(struct verdict_group *g)
{
	size_t len = strlen(g->ids);
	char run[32];

	if (g->from == g->to)
		str_format(run, sizeof(run), "%u", g->from);
	else
		str_format(run, sizeof(run), "%u%s%u", g->from,
		    g->to == g->from + 1 ? ", " : "-", g->to);
	if (g->more || len + strlen(run) + 8 > sizeof(g->ids)) {
		if (!g->more)
			str_copy(g->ids + len, ", ...", sizeof(g->ids) - len);
		g->more = true;
		return;
	}
	str_format(g->ids + len, sizeof(g->ids) - len, "%s%s",
	    len > 0 ? ", " : "", run);
}

static void
join(struct verdict_group *g, const struct verdict_shard *f,
    const struct verdict *v, uint64_t now_ms)
{
	if (g->n > 0 && f->id == g->to + 1) {
		g->to++;
	} else {
		if (g->n > 0)
			end_run(g);
		g->from = g->to = f->id;
	}
	if (g->n++ > 0 && v->age_ms <= g->age_ms)
		return;
	g->first = f->id;
	g->age_ms = v->age_ms;
	g->until_ms = v->until_ms;
	verdict_evidence(f, v, now_ms, g->words);
}

static void
near(struct verdict_near *t, uint32_t id, uint64_t used, uint64_t limit)
{
	if (limit == 0 || used < limit / 100 * VERDICT_SHORT
	    || used * 100 < limit * VERDICT_SHORT)
		return;
	if (t->n++ > 0
	    && (double)used / (double)limit
		<= (double)t->used / (double)t->limit)
		return;
	t->first = id;
	t->used = used;
	t->limit = limit;
}

struct verdict
verdict_shards_add(struct verdict_shards *t, const struct verdict_shard *f,
    uint64_t now_ms)
{
	struct verdict v = verdict_look(f, now_ms);

	t->n++;
	t->ready += v.ready;
	t->deaf += v.deaf;
	t->partly += v.silent != 0;
	if (v.code != VERDICT_CODE_NONE)
		join(&t->group[v.code - VERDICT_CODE_SHARD_FIRST], f, &v,
		    now_ms);
	if (!f->alive || f->w == NULL || f->w->sampled_ms == 0)
		return v;
	near(&t->fds, f->id, f->w->fds, f->w->fd_limit);
	if (f->cluster != NULL)
		near(&t->memory, f->id, f->w->rss_kb * 1024,
		    f->cluster->memory_limit[PAGE_MEMORY_SHARD]);
	return v;
}

/* ---- findings ------------------------------------------------------- */

/* "partly deaf" of "shard-partly-deaf". */
static const char *
word(enum verdict_code code, char out[32])
{
	str_copy(out, verdict_code_name[code] + strlen("shard-"), 32);
	for (char *p = out; *p != '\0'; p++)
		if (*p == '-')
			*p = ' ';
	return out;
}

/* Those that work count as ready. */
static bool
works(enum verdict_code code)
{
	return code == VERDICT_CODE_SHARD_PARTLY_DEAF
	    || code == VERDICT_CODE_SHARD_LAGGING
	    || code == VERDICT_CODE_SHARD_ORPHANED;
}

static void
look_group(const struct verdict_facts *f, enum verdict_code code,
    struct verdict_fleet *v)
{
	const struct verdict_shards *all = f->shards;
	struct verdict_group g = all->group[code - VERDICT_CODE_SHARD_FIRST];
	enum page_rank rank = all->ready == 0 && !works(code)
	    ? PAGE_CRITICAL
	    : verdict_code_rank[code];
	struct verdict_finding *w;
	char name[32];

	if (g.n == 0)
		return;
	end_run(&g);
	if (g.n == 1)
		w = verdict_found_as(v, code, rank, g.age_ms, "shard %u %s",
		    g.first, word(code, name));
	else
		w = verdict_found_as(v, code, rank, g.age_ms,
		    "%u of %u shards %s", g.n, all->n, word(code, name));
	verdict_name(w, g.n, "%u", g.first);
	w->until_ms = verdict_wall(f, g.until_ms);
	if (g.n == 1)
		verdict_detail(w, "%s", g.words);
	else if (g.words[0] != '\0')
		verdict_detail(w, "%s; shard %u: %s", g.ids, g.first, g.words);
	else
		verdict_detail(w, "%s", g.ids);
}

void
verdict_look_shards(const struct verdict_facts *f, struct verdict_fleet *v)
{
	/* The handler's trouble is told as such. */
	bool handler = f->handler_alive && !f->handler_stopped
	    && f->handler_silent_s == 0 && f->handler->state == HANDLER_READY;

	if (f->shards->n == 0 && f->alive)
		verdict_found(v, VERDICT_CODE_FLEET_STARTING, -1,
		    "no shard was started yet");
	for (unsigned c = VERDICT_CODE_SHARD_FIRST;
	     c <= VERDICT_CODE_SHARD_LAST; c++) {
		if (!f->alive
		    && (c == VERDICT_CODE_SHARD_DOWN
			|| c == VERDICT_CODE_SHARD_HELD))
			continue;
		if (c != VERDICT_CODE_SHARD_LAGGING || handler)
			look_group(f, (enum verdict_code)c, v);
	}
}

/* ---- deaf all alike -------------------------------------------------- */

/* As verdict_allowed() of one shard.  What was the longest for each of them is,
 * added up, at least the longest of all. */
static double
allowed(const struct page_cluster *c, unsigned class)
{
	double n;

	if (c->class_seen[class] < VERDICT_SEEN)
		return 0;
	n = VERDICT_USUAL * c->class_over[class] / c->class_seen[class];
	if (n < VERDICT_LONGEST * c->class_longest[class])
		n = VERDICT_LONGEST * c->class_longest[class];
	return n < VERDICT_TRAFFIC ? VERDICT_TRAFFIC : n;
}

static bool
fleet_silent(const struct verdict_facts *f, unsigned class)
{
	const struct page_cluster *c = f->cluster;
	uint64_t last = c->class_last_ms[class];
	double most = allowed(c, class);

	return most > 0 && last != 0 && c->silence_ms != 0 && f->now_ms > last
	    && f->now_ms - last >= c->silence_ms
	    && c->traffic > c->class_mark[class]
	    && (double)(c->traffic - c->class_mark[class]) > most;
}

static void
fleet_words(const struct verdict_facts *f, unsigned class,
    struct verdict_finding *w)
{
	const struct page_cluster *c = f->cluster;
	double others = (double)(c->traffic - c->class_mark[class]);
	double usual = c->class_over[class] / c->class_seen[class];
	double minutes = (double)w->age_ms / 60000;

	if (usual < 1)
		usual = 1;
	verdict_detail(w,
	    "none for %.0f min on any of %u shards (usually one in %.0f other "
	    "events, at today's pace %.*f/min); %.0f others arrived meanwhile. "
	    "A RESUME does not help, a new session did so before",
	    minutes, f->shards->n, usual, others / usual / minutes < 10 ? 1 : 0,
	    others / usual / minutes, others);
}

/*
 * A shard alone may hear too little of a class to know; all of them together
 * do.  Of one shard it is that shard's finding.
 */
void
verdict_look_fleet_deaf(const struct verdict_facts *f, struct verdict_fleet *v)
{
	uint32_t canary = f->cluster->first;
	struct verdict_finding *w;

	if (f->shards->n < 2 || f->shards->ready == 0)
		return;
	for (unsigned i = 0; i < CLASS_EVENTS; i++) {
		if (!fleet_silent(f, i))
			continue;
		w = verdict_found(v, VERDICT_CODE_FLEET_PARTLY_DEAF,
		    verdict_age(f, f->cluster->class_last_ms[i]),
		    "fleet partly deaf: no %s", page_class_name[i]);
		w->note = true;
		verdict_name(w, 1, "%u", canary);
		fleet_words(f, i, w);
	}
}

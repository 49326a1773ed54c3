/* SPDX-License-Identifier: MIT */
/* See status_screen.h. */
#include "tools/cli/status/status_screen.h"

#include "shared/base/text.h"
#include "tools/cli/base/human.h"
#include "tools/cli/see/status.h"

#include <string.h>
#include <time.h>

#define LABEL 9	      /* columns, "critical " */
#define LAST_WANTED 8 /* things that happened, before all shards are shown */
#define DAY_MS 86400000LL

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* ---- shares --------------------------------------------------------- */

static size_t
sum_of(const struct status_screen_part *p, size_t n)
{
	size_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += p[i].get;
	return sum;
}

/* From who has most, the last of them: that is the least urgent. */
static void
take_one(struct status_screen_part *p, size_t n)
{
	size_t most = 0;

	for (size_t i = 1; i < n; i++)
		if (p[i].get >= p[most].get)
			most = i;
	p[most].get--;
}

/* A line each in turn, as long as there are some. */
static size_t
deal(struct status_screen_part *p, size_t n, size_t left, bool all)
{
	bool any = true;

	while (left > 0 && any) {
		any = false;
		for (size_t i = 0; i < n && left > 0; i++) {
			if (p[i].get >= (all ? p[i].most : p[i].want))
				continue;
			p[i].get++;
			left--;
			any = true;
		}
	}
	return left;
}

void
status_screen_share(struct status_screen_part *p, size_t n, size_t rows)
{
	size_t left;

	for (size_t i = 0; i < n; i++)
		p[i].get = p[i].least;
	while (sum_of(p, n) > rows)
		take_one(p, n);
	left = deal(p, n, rows - sum_of(p, n), false);
	(void)deal(p, n, left, true);
}

/* ---- lines ---------------------------------------------------------- */

struct lines {
	char *text, **line;
	size_t n;
};

static void
lines_of(struct lines *l, char *text)
{
	char *rest, *line;

	*l = (struct lines) {.text = text};
	for (line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		l->line = base_realloc(l->line, (l->n + 1) * sizeof(*l->line));
		l->line[l->n++] = line;
	}
}

static void
lines_free(struct lines *l)
{
	free(l->line);
	free(l->text);
}

/* The last of them says what there is no room for. */
static void
lines_print(const struct lines *l, size_t from, size_t get, const char *more,
    FILE *f)
{
	size_t n = l->n - from;

	if (get == 0)
		return;
	for (size_t i = 0; i < (n > get ? get - 1 : n); i++)
		fprintf(f, "%s\n", l->line[from + i]);
	if (n > get)
		fprintf(f, "%*s%zu more lines: %s\n", STATUS_INDENT, "",
		    n - get + 1, more);
}

/* ---- one look ------------------------------------------------------- */

enum { WRONG, SHARDS, LINES, PROCESSES, LAST, CLIENTS, PARTS };

struct look {
	const struct view *v;
	const struct past *past;
	size_t columns;
	bool colour;
	struct status_screen_part part[PARTS];
	struct processes processes;
	struct lines head, clients; /* head: the fleet's line is the first */
	const struct view_shard **shard; /* worst first */
	size_t ill;			 /* of them */
};

/* ---- what is wrong -------------------------------------------------- */

static void
put_finding(const struct look *l, const struct verdict_finding *w, bool advice,
    FILE *f)
{
	static const char *const paint[PAGE_RANKS_N] = {"\033[31m", "\033[33m",
	    ""};
	char line[sizeof(w->text) + sizeof(w->detail) + 64], age[24];
	char todo[VERDICT_WORDS];
	bool last = w->detail[0] == '\0';

	if (w->rank >= PAGE_RANKS_N)
		return;
	fprintf(f, "%s%-*s%s", l->colour ? paint[w->rank] : "", LABEL,
	    page_rank_name[w->rank], l->colour ? "\033[0m" : "");
	str_format(line, sizeof(line), "%s%s%s%s%s%s", w->text,
	    last ? "" : ": ", w->detail, w->age_ms >= 0 ? " (for " : "",
	    w->age_ms >= 0 ? human_age(w->age_ms, age) : "",
	    w->age_ms >= 0 ? ")" : "");
	table_wrap(f, line, LABEL, LABEL, l->columns);
	if (!advice)
		return;
	verdict_advise(w, todo);
	if (todo[0] == '\0')
		return;
	fprintf(f, "%*s", LABEL, "");
	str_format(line, sizeof(line), "-> %s", todo);
	table_wrap(f, line, LABEL, LABEL + 3, l->columns);
}

static void
render_wrong(const struct look *l, size_t n, size_t advised, struct lines *out)
{
	const struct verdict_fleet *w = &l->v->verdict;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	must(f != NULL);
	for (size_t i = 0; i < n; i++)
		put_finding(l, &w->found[i], i < advised, f);
	if (n < w->n)
		fprintf(f, "%*s%zu more: \"shardherd why\"\n", LABEL, "",
		    w->n - n);
	must(fclose(f) == 0);
	lines_of(out, text);
}

/* All with what to do, or that of the first alone, or only the first few. */
static void
put_wrong(const struct look *l, FILE *f)
{
	size_t n = l->v->verdict.n, advised = n, get = l->part[WRONG].get;
	struct lines lines;

	for (;;) {
		render_wrong(l, n, advised, &lines);
		if (lines.n <= get || (n <= 1 && advised == 0))
			break;
		lines_free(&lines);
		if (advised > 1)
			advised = 1;
		else if (n > 1)
			n--;
		else
			advised = 0;
	}
	lines_print(&lines, 0, get, "\"shardherd why\"", f);
	lines_free(&lines);
}

/* ---- shards --------------------------------------------------------- */

static unsigned
urgency(const struct view_shard *s)
{
	if (s->deaf)
		return 2;
	if (s->s.state == SHARD_DOWN)
		return 0;
	if (s->s.state == SHARD_HELD)
		return 1;
	if (s->s.state != SHARD_READY)
		return 3;
	return s->silent != 0 ? 4 : 5;
}

static int
by_urgency(const void *a, const void *b)
{
	const struct view_shard *x = *(const struct view_shard *const *)a;
	const struct view_shard *y = *(const struct view_shard *const *)b;
	unsigned ux = urgency(x), uy = urgency(y);

	if (ux != uy)
		return ux < uy ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static void
sort_shards(struct look *l)
{
	const struct view *v = l->v;

	l->shard = base_alloc((v->n + 1) * sizeof(*l->shard));
	for (size_t i = 0; i < v->n; i++) {
		l->shard[i] = &v->shard[i];
		l->ill += urgency(&v->shard[i]) < 5;
	}
	qsort(l->shard, v->n, sizeof(*l->shard), by_urgency);
}

/* A line that is cut where it does not fit. */
static void
put_line(const struct look *l, const char *line, size_t used, FILE *f)
{
	char cut[512];

	text_clean(cut, least(sizeof(cut), l->columns - used + 1), line,
	    strlen(line));
	fprintf(f, "%s\n", cut);
}

/* "985 more shards (--all): 980 ready, 5 resuming", worst first */
static void
put_fold(const struct look *l, size_t from, FILE *f)
{
	size_t n = l->v->n, size;
	char *line = NULL;
	FILE *m = open_memstream(&line, &size);

	must(m != NULL);
	fprintf(m, "%zu%s shards (--all): ", n - from, from > 0 ? " more" : "");
	for (size_t i = from, same; i < n; i += same) {
		for (same = 1; i + same < n
		     && strcmp(l->shard[i + same]->state, l->shard[i]->state)
			 == 0;
		     same++)
			;
		fprintf(m, "%s%zu %s", i > from ? ", " : "", same,
		    l->shard[i]->state);
	}
	must(fclose(m) == 0);
	put_line(l, line, 0, f);
	free(line);
}

static void
put_shards(const struct look *l, FILE *f)
{
	size_t n = l->v->n, get = l->part[SHARDS].get, shown;
	struct table t;

	if (n == 0 || get == 0)
		return;
	/* One row of many is not worth a heading. */
	shown = n < get ? n : get < 3 ? 0 : get - 2;
	if (shown > 0) {
		status_shards(l->v, l->shard, shown, &t);
		t.fit = l->columns;
		t.cut = true;
		table_print(&t, f, l->colour);
		table_free(&t);
	}
	if (shown < n)
		put_fold(l, shown, f);
}

/* ---- the other parts ------------------------------------------------ */

static void
put_processes(const struct look *l, FILE *f)
{
	size_t n = l->processes.n, get = l->part[PROCESSES].get, shown;
	struct table t;

	if (get < 2)
		return;
	shown = n < get ? n : get - 2;
	if (shown > 0) {
		status_processes(&l->processes, shown, &t);
		t.fit = l->columns;
		t.cut = true;
		table_print(&t, f, l->colour);
		table_free(&t);
	}
	if (shown < n)
		fprintf(f, "%zu more processes (--all)\n", n - shown);
}

/* The day only where it is another one. */
static void
put_last(const struct look *l, FILE *f)
{
	const struct past *p = l->past;
	size_t get = l->part[LAST].get, from = p->n - get;
	char words[PAST_LINE], line[PAST_LINE + 64], when[32];
	time_t s;
	struct tm tm;

	for (size_t i = from; i < p->n; i++) {
		s = (time_t)(p->event[i].at_ms / 1000);
		when[0] = '\0';
		if (localtime_r(&s, &tm) != NULL)
			strftime(when, sizeof(when),
			    l->v->wall_ms - p->event[i].at_ms < DAY_MS
				? "%H:%M:%S"
				: "%m-%d %H:%M",
			    &tm);
		past_words(&p->event[i], words, sizeof(words));
		str_format(line, sizeof(line), "%s  %s", when, words);
		fprintf(f, "%-*s", STATUS_INDENT, i == from ? "last" : "");
		put_line(l, line, STATUS_INDENT, f);
	}
}

/* ---- all of it ------------------------------------------------------ */

static void
read_head(struct look *l)
{
	char *raw = NULL, *text = NULL;
	size_t size;
	struct lines lines;
	FILE *f = open_memstream(&raw, &size);

	must(f != NULL);
	status_lines(l->v, true, f);
	status_memory(&l->processes, 0, f);
	must(fclose(f) == 0);
	lines_of(&lines, raw);
	f = open_memstream(&text, &size);
	must(f != NULL);
	for (size_t i = 0; i < lines.n; i++)
		table_wrap(f, lines.line[i], 0, STATUS_INDENT, l->columns);
	must(fclose(f) == 0);
	lines_free(&lines);
	lines_of(&l->head, text);
}

static void
read_clients(struct look *l)
{
	struct status_pick pick = {.room = l->columns};
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	must(f != NULL);
	status_gate_clients(l->v, &pick, f, l->colour);
	must(fclose(f) == 0);
	lines_of(&l->clients, text);
}

static void
set_parts(struct look *l)
{
	size_t n = l->v->n, shards = n > 0 ? n + 1 : 0;
	size_t ill = l->ill > 0 ? l->ill + 2 : 1;
	struct lines wrong;

	render_wrong(l, l->v->verdict.n, l->v->verdict.n, &wrong);
#define PART(p, few, some, all)                                                \
	l->part[p] = (struct status_screen_part) {.least = least(few, all),    \
	    .want = least(some, all),                                          \
	    .most = all}
	PART(WRONG, 5, wrong.n, wrong.n);
	PART(SHARDS, ill > 1 ? 3 : 1, ill, shards);
	PART(LINES, 6, l->head.n, l->head.n - 1);
	PART(PROCESSES, 3, l->processes.n + 1, l->processes.n + 1);
	PART(LAST, 3, LAST_WANTED, l->past->n);
	PART(CLIENTS, 2, l->clients.n, l->clients.n);
#undef PART
	lines_free(&wrong);
}

void
status_screen(const struct view *v, const struct past *past, size_t rows,
    size_t columns, bool colour, FILE *f)
{
	struct look *l = base_alloc(sizeof(*l));

	l->v = v;
	l->past = past;
	l->columns = columns;
	l->colour = colour;
	processes_list(v, &l->processes);
	read_head(l);
	read_clients(l);
	sort_shards(l);
	set_parts(l);
	status_screen_share(l->part, PARTS, rows - 1);
	fprintf(f, "%s\n", l->head.line[0]);
	put_wrong(l, f);
	lines_print(&l->head, 1, l->part[LINES].get, "--all", f);
	put_shards(l, f);
	put_processes(l, f);
	lines_print(&l->clients, 0, l->part[CLIENTS].get, "client list", f);
	put_last(l, f);
	lines_free(&l->head);
	lines_free(&l->clients);
	free(l->shard);
	free(l);
}

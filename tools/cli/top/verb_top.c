/* SPDX-License-Identifier: MIT */
/* top: the loop, the keys. */
#include "tools/cli/top/verb.h"

#include "shared/base/clock.h"
#include "tools/cli/base/load.h"
#include "tools/cli/base/option.h"
#include "tools/cli/top/top.h"
#include "tools/cli/why/story.h"

#include <curses.h>
#include <string.h>

#define EVERY_S 1.0
#define EVERY_MIN_S 0.1

/* ---- looking -------------------------------------------------------- */

/* Rows have moved: the chosen one is the same. */
static void
find_row(struct top *t)
{
	const struct board *b = &t->board;

	for (size_t i = 0; i < b->n; i++)
		if (b->row[i].id == t->id
		    && strcmp(b->row[i].name, t->name) == 0) {
			t->row = i;
			return;
		}
	if (t->row >= b->n)
		t->row = b->n > 0 ? b->n - 1 : 0;
}

static void
choose(struct top *t, size_t row)
{
	if (t->board.n == 0)
		return;
	t->row = row < t->board.n ? row : t->board.n - 1;
	t->id = t->board.row[t->row].id;
	str_copy(t->name, t->board.row[t->row].name, sizeof(t->name));
}

static const struct page_plugin *
plugin_of(const struct view *v, const char *name)
{
	for (uint32_t i = 0; i < v->plugins.count && i < PAGE_PLUGINS; i++)
		if (strcmp(v->plugins.plugin[i].name, name) == 0)
			return &v->plugins.plugin[i];
	return NULL;
}

/* Of a process as of what it is; the fleet's for those that are no other. */
static void
tell(struct top *t)
{
	struct story *st = story_new(&t->view, &t->cli->config);
	bool process = t->tab == BOARD_PROCESSES;
	const struct page_plugin *p = plugin_of(&t->view, t->name);

	if (t->tab == BOARD_SHARDS && t->row < t->board.n)
		story_of_shard(st, view_shard(&t->view, t->id, NULL));
	else if ((t->tab == BOARD_PLUGINS
		     || (process && t->id == PROCESSES_PLUGIN))
	    && p != NULL)
		story_of_plugin(st, p);
	else if (t->tab == BOARD_CLIENTS
	    || (process && t->id == PROCESSES_CLIENT))
		story_of_client(st, t->name);
	else
		story_of_fleet(st);
	free(t->text);
	t->text = story_text(st);
	free(st);
}

static void
fill(struct top *t)
{
	if (!t->seen)
		return;
	board_fill(&t->board, t->tab, &t->view, &t->rates, t->utf8);
	board_sort(&t->board, t->sort[t->tab], t->reverse[t->tab]);
	find_row(t);
	if (t->story)
		tell(t);
}

/* What was seen last stays when nothing is seen. */
void
top_look(struct top *t)
{
	struct view v;
	struct err e = {0};

	if (view_read(&v, &t->cli->config, &e) == -1) {
		str_copy(t->trouble, e.text, sizeof(t->trouble));
		return;
	}
	t->trouble[0] = '\0';
	if (t->seen)
		view_free(&t->view);
	t->view = v;
	t->seen = true;
	board_count(&t->rates, &v);
	fill(t);
}

/* ---- keys ----------------------------------------------------------- */

static void
turn_to(struct top *t, unsigned tab)
{
	t->tab = tab % BOARD_TABS_N;
	t->story = false;
	t->row = t->first = 0;
	fill(t);
	choose(t, 0);
}

static void
sort_by(struct top *t, int step)
{
	int n = (int)board_columns(&t->board), at = t->sort[t->tab] + step;

	/* The bars are of the rate before them. */
	if (at >= 0 && at < n && t->board.column[at].title[0] == '\0')
		at += step;
	t->sort[t->tab] = at < -1 ? n - 1 : at >= n ? -1 : at;
	fill(t);
}

static void
move_by(struct top *t, long rows)
{
	size_t *at = t->story ? &t->line : &t->row;

	if (rows < 0 && *at < (size_t)-rows)
		*at = 0;
	else
		*at = (size_t)((long)*at + rows);
	if (!t->story)
		choose(t, t->row);
}

static void
leave(struct top *t)
{
	if (t->story)
		t->story = false;
	else
		t->over = true;
}

static void
enter(struct top *t)
{
	if (t->story || t->board.n == 0)
		return;
	choose(t, t->row);
	t->story = true;
	t->line = 0;
	tell(t);
}

bool
top_key(struct top *t, int key)
{
	long page = (long)top_rows();

	if (key >= '1' && key < '1' + (int)BOARD_TABS_N)
		turn_to(t, (unsigned)key - '1');
	else if (key == '\t')
		turn_to(t, t->tab + 1);
	else if (key == KEY_BTAB)
		turn_to(t, t->tab + BOARD_TABS_N - 1);
	else if (key == KEY_UP || key == 'k')
		move_by(t, -1);
	else if (key == KEY_DOWN || key == 'j')
		move_by(t, 1);
	else if (key == KEY_PPAGE)
		move_by(t, -page);
	else if (key == KEY_NPAGE || key == ' ')
		move_by(t, page);
	else if (key == KEY_HOME || key == 'g')
		move_by(t, -1000000);
	else if (key == KEY_END || key == 'G')
		move_by(t, 1000000);
	else if (key == '<' || key == KEY_LEFT)
		sort_by(t, -1);
	else if (key == '>' || key == KEY_RIGHT)
		sort_by(t, 1);
	else if (key == 'r')
		t->reverse[t->tab] = !t->reverse[t->tab];
	else if (key == 'w')
		t->sort[t->tab] = -1;
	else if (key == '\r' || key == '\n' || key == KEY_ENTER)
		enter(t);
	else if (key == 'q' || key == 'Q' || key == 27 || key == KEY_BACKSPACE)
		leave(t);
	else
		return key == KEY_RESIZE;
	if (key == 'r' || key == 'w')
		fill(t);
	return true;
}

/* ---- the loop ------------------------------------------------------- */

static int
run(struct top *t, double every_s)
{
	uint64_t next = 0;
	int key, code;

	while (!t->over) {
		if (clock_boot_ms() >= next) {
			top_look(t);
			next = clock_boot_ms() + (uint64_t)(every_s * 1000);
		}
		top_draw(t);
		while (!t->over && (key = top_screen_key(t, next)) != -1)
			if (top_key(t, key))
				break;
	}
	code = t->seen ? t->view.verdict.exit : EXIT_UNKNOWN;
	top_screen_end();
	return code;
}

const char *
verb_top_curses(void)
{
	return curses_version();
}

int
verb_top(struct cli *c)
{
	struct top *t;
	double every_s = EVERY_S;
	const struct option opts[] = {
	    {"--every", &every_s},
	};
	int code;

	if (option_take(c, opts, nitems(opts)) == -1 || load_look(c) == -1)
		return cli_fail(c);
	if (every_s < EVERY_MIN_S)
		every_s = EVERY_MIN_S;
	t = base_alloc(sizeof(*t));
	t->cli = c;
	for (size_t i = 0; i < BOARD_TABS_N; i++)
		t->sort[i] = -1;
	/* One that was never started is said without a screen. */
	if (view_read(&t->view, &c->config, &c->err) == -1
	    || (t->seen = true, top_screen_begin(t, &c->err)) == -1) {
		code = cli_fail(c);
	} else {
		code = run(t, every_s);
	}
	if (t->seen)
		view_free(&t->view);
	rates_free(&t->rates);
	board_free(&t->board);
	free(t->text);
	free(t);
	return code;
}

/* SPDX-License-Identifier: MIT */
/* What `top` shows: the fleet above, rows or a story, the keys below. */
#include "tools/cli/top/top.h"

#include "shared/base/text.h"
#include "tools/cli/base/human.h"
#include "tools/cli/base/table.h"
#include "tools/cli/see/status.h"
#include "tools/cli/top/spark.h"

#include <curses.h>
#include <string.h>

#define HEAD 5 /* lines above the headings */

static int
paint_of(const struct top *t, enum board_mood mood)
{
	return t->colour ? (int)COLOR_PAIR(1 + mood) : A_NORMAL;
}

/* A line, cut at the right edge; bytes are never fewer than columns. */
static void
put_line(int y, int x, int paint, const char *text)
{
	int room = COLS - x;
	char cut[1024];

	if (y < 0 || y >= LINES || room < TEXT_CHAR_MAX * 4)
		return;
	text_clean(cut,
	    (size_t)room + 1 < sizeof(cut) ? (size_t)room + 1 : sizeof(cut),
	    text, strlen(text));
	attrset(paint);
	(void)mvaddstr(y, x, cut);
	attrset(A_NORMAL);
}

/* ---- above ---------------------------------------------------------- */

/* The first lines of status: the fleet, its shards, its budget. */
static int
draw_status(const struct top *t)
{
	char *text = NULL, *line, *rest;
	size_t size;
	int y = 0;
	FILE *f = open_memstream(&text, &size);

	must(f != NULL);
	status_lines(&t->view, true, f);
	must(fclose(f) == 0);
	for (line = strtok_r(text, "\n", &rest); line != NULL && y < HEAD - 2;
	     line = strtok_r(NULL, "\n", &rest)) {
		put_line(y, 0, y == 0 ? A_BOLD : A_NORMAL, line);
		y++;
	}
	free(text);
	return y;
}

static void
draw_rate(const struct top *t, int y, const char *label,
    const struct rates_of *of)
{
	char line[96 + SPARK_BYTES(SPARK_MAX)], bars[SPARK_BYTES(SPARK_MAX)];
	double past[RATES_KEPT];
	int width = COLS - 30;

	if (of == NULL || width < 1)
		return;
	spark_draw(past, rates_past(of, past),
	    (size_t)(width < SPARK_MAX ? width : SPARK_MAX), t->utf8, bars,
	    sizeof(bars));
	str_format(line, sizeof(line), "%-8s%.1f/s", label, rates_now(of));
	put_line(y, 0, A_NORMAL, line);
	(void)mvaddstr(y, 22, bars);
}

static void
draw_worst(const struct top *t, int y)
{
	const struct verdict_fleet *w = &t->view.verdict;
	char line[512], more[48] = "";

	if (w->n == 0)
		return;
	if (w->n > 1)
		str_format(more, sizeof(more), " (%zu more: why)", w->n - 1);
	str_format(line, sizeof(line), "%s: %s%s%.200s%s",
	    page_rank_name[w->found[0].rank], w->found[0].text,
	    w->found[0].detail[0] != '\0' ? ": " : "", w->found[0].detail,
	    more);
	put_line(y, 0,
	    paint_of(t,
		w->found[0].rank == PAGE_CRITICAL      ? BOARD_BAD
		    : w->found[0].rank == PAGE_WARNING ? BOARD_ODD
						       : BOARD_WELL),
	    line);
}

static void
draw_head(const struct top *t)
{
	const struct rates_of *fleet = t->rates.n > 0 ? &t->rates.of[0] : NULL;
	int y;

	if (t->trouble[0] != '\0') {
		put_line(0, 0, A_BOLD | paint_of(t, BOARD_BAD), t->trouble);
		return;
	}
	y = draw_status(t);
	draw_rate(t, y, "events", fleet);
	draw_worst(t, y + 1);
}

static void
draw_tabs(const struct top *t, int y)
{
	int x = 0;

	for (unsigned i = 0; i < BOARD_TABS_N; i++) {
		char word[32];

		str_format(word, sizeof(word), " %u %s ", i + 1,
		    board_tab_name[i]);
		put_line(y, x, i == t->tab ? A_REVERSE : A_NORMAL, word);
		x += (int)strlen(word) + 1;
	}
}

/* ---- rows ----------------------------------------------------------- */

/* The first column gets what is left of the line. */
static int
width_of(const struct board *b, size_t column)
{
	int sum = 0, width = b->column[column].width;

	if (column > 0)
		return width;
	for (size_t i = 0; i < board_columns(b); i++)
		sum += abs(b->column[i].width) + 1;
	if (width < 0 && sum <= COLS)
		width -= COLS - sum;
	return width;
}

static void
put_cell(int y, int *x, int width, int paint, const char *text)
{
	int wide = abs(width);
	char cut[512];

	if (*x + wide > COLS)
		return;
	str_format(cut, sizeof(cut), width < 0 ? "%-*s" : "%*s", wide, text);
	attrset(paint);
	(void)mvaddnstr(y, *x, cut,
	    (int)text_cut(cut, strlen(cut), (size_t)wide));
	*x += wide + 1;
}

static void
draw_headings(const struct top *t, int y)
{
	const struct board *b = &t->board;
	int x = 0;

	for (size_t i = 0; i < board_columns(b); i++) {
		bool by = t->sort[t->tab] == (int)i;

		put_cell(y, &x, width_of(b, i),
		    A_UNDERLINE | (by ? A_REVERSE : A_BOLD),
		    b->column[i].title);
	}
	attrset(A_NORMAL);
}

static void
draw_row(const struct top *t, int y, size_t at)
{
	const struct board *b = &t->board;
	const struct board_row *r = &b->row[at];
	int x = 0, paint = at == t->row ? (int)A_REVERSE : 0;

	for (size_t i = 0; i < board_columns(b); i++) {
		int colour = i == 1 ? paint_of(t, r->mood) : 0;

		if (b->column[i].title[0] != '\0') {
			put_cell(y, &x, width_of(b, i), paint | colour,
			    r->cell[i]);
			continue;
		}
		if (x + BOARD_SPARK <= COLS) {
			attrset(paint);
			(void)mvaddstr(y, x, r->spark);
		}
		x += BOARD_SPARK + 1;
	}
	attrset(A_NORMAL);
}

size_t
top_rows(void)
{
	return LINES > HEAD + 4 ? (size_t)LINES - HEAD - 3 : 1;
}

static void
draw_rows(struct top *t)
{
	size_t room = top_rows();

	if (t->row < t->first)
		t->first = t->row;
	if (t->row >= t->first + room)
		t->first = t->row + 1 - room;
	draw_headings(t, HEAD + 1);
	for (size_t i = 0; i < room && t->first + i < t->board.n; i++)
		draw_row(t, HEAD + 2 + (int)i, t->first + i);
	if (t->board.n == 0)
		put_line(HEAD + 2, 0, A_NORMAL, "There are none.");
}

/* ---- a story -------------------------------------------------------- */

static void
draw_story(struct top *t)
{
	size_t room = top_rows() + 1, lines = 0, size;
	char *text = NULL, *line, *rest;
	FILE *f = open_memstream(&text, &size);
	int y = HEAD + 1;

	must(f != NULL);
	for (line = t->text; *line != '\0'; line = rest) {
		size_t n = strcspn(line, "\n");
		char *copy = base_strdup(line);

		copy[n] = '\0';
		table_wrap(f, copy, 0, 2, (size_t)COLS - 1);
		free(copy);
		rest = line + n + (line[n] == '\n');
	}
	must(fclose(f) == 0);
	for (char *p = text; *p != '\0'; p++)
		lines += *p == '\n';
	if (t->line + room > lines)
		t->line = lines > room ? lines - room : 0;
	lines = 0;
	for (line = text; *line != '\0' && y <= HEAD + (int)room; lines++) {
		size_t n = strcspn(line, "\n");

		rest = line + n + (line[n] == '\n');
		line[n] = '\0';
		if (lines >= t->line)
			put_line(y++, 0, A_NORMAL, line);
		line = rest;
	}
	free(text);
}

/* ---- all of it ------------------------------------------------------ */

void
top_draw(struct top *t)
{
	static const char rows[] = "q quit  Enter more  Tab view  < > sort by  "
				   "r reverse  w worst first  arrows move";
	static const char story[] = "q back  arrows, page keys scroll";

	(void)erase();
	draw_head(t);
	draw_tabs(t, HEAD);
	if (t->story && t->text != NULL)
		draw_story(t);
	else if (t->seen)
		draw_rows(t);
	put_line(LINES - 1, 0, A_REVERSE, t->story ? story : rows);
	(void)refresh();
}

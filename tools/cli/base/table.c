/* SPDX-License-Identifier: MIT */
#include "tools/cli/base/table.h"

#include "shared/base/text.h"

#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CELL_MAX 512
/* Columns of text that may be cut: others make room for so many, with less it
 * is left out. */
#define CUT_WANTED 32
#define CUT_LEAST 16

static const char *const escape[] = {
    [TABLE_PLAIN] = "",
    [TABLE_GREEN] = "\033[32m",
    [TABLE_YELLOW] = "\033[33m",
    [TABLE_RED] = "\033[31m",
};

void
table_add(struct table *t, const char *fmt, ...)
{
	char text[CELL_MAX];
	va_list ap;
	size_t n = t->rows;

	if (n == t->room) {
		t->room = t->room * 2 + 64;
		t->cell = base_realloc(t->cell, t->room * sizeof(*t->cell));
	}
	va_start(ap, fmt);
	text_vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	t->cell[n].text = base_strdup(text);
	t->cell[n].colour = TABLE_PLAIN;
	t->rows++; /* counts cells until it is printed */
}

void
table_colour(struct table *t, enum table_colour colour)
{
	must(t->rows > 0);
	t->cell[t->rows - 1].colour = colour;
}

void
table_init(struct table *t, const char *headings)
{
	size_t n;

	memset(t, 0, sizeof(*t));
	for (; *headings != '\0'; headings += n + strspn(headings + n, " ")) {
		must(t->columns < TABLE_COLUMNS_MAX);
		t->spare[t->columns] = *headings == '?';
		headings += t->spare[t->columns];
		t->right[t->columns] = *headings == '>';
		headings += t->right[t->columns];
		n = strcspn(headings, " ");
		table_add(t, "%.*s", (int)n, headings);
		t->columns++;
	}
}

/* ---- what fits ------------------------------------------------------ */

/* How it is printed: the columns left out have no width. */
struct layout {
	size_t width[TABLE_COLUMNS_MAX];
	size_t columns; /* without the last one when it goes below */
	size_t below;	/* its indent there; 0: it stays */
};

static size_t
layout_width(const struct layout *l, size_t columns)
{
	size_t sum = 0;

	for (size_t i = 0; i < columns; i++)
		sum += l->width[i] > 0 ? l->width[i] + 2 : 0;
	return sum > 0 ? sum - 2 : 0;
}

static void
layout(const struct table *t, struct layout *l)
{
	size_t last = t->columns - 1, used;

	*l = (struct layout) {.columns = t->columns};
	for (size_t i = 0; i < t->rows; i++) {
		size_t n = strlen(t->cell[i].text);

		if (n > l->width[i % t->columns])
			l->width[i % t->columns] = n;
	}
	if (t->fit == 0 || layout_width(l, t->columns) <= t->fit)
		return;
	if (t->cut) {
		if (l->width[last] > CUT_WANTED)
			l->width[last] = CUT_WANTED;
	} else if (!t->right[last]) {
		l->columns--;
		l->below = l->width[0] + 2;
	}
	for (size_t i = t->columns;
	     i-- > 0 && layout_width(l, l->columns) > t->fit;)
		if (t->spare[i])
			l->width[i] = 0;
	if (!t->cut)
		return;
	used = layout_width(l, last) + 2;
	l->width[last] = used + CUT_LEAST <= t->fit ? t->fit - used : 0;
}

static void
print_row(const struct table *t, const struct table_cell *row,
    const struct layout *l, FILE *f, bool colour)
{
	int gap = 0; /* owed blanks: none at the end of a line */
	char part[CELL_MAX];

	for (size_t i = 0; i < l->columns; i++) {
		const char *text = row[i].text;
		int pad;

		if (l->width[i] == 0)
			continue;
		if (strlen(text) > l->width[i] && l->width[i] < CELL_MAX) {
			text_clean(part, l->width[i] + 1, text, strlen(text));
			text = part;
		}
		pad = (int)l->width[i] - (int)strlen(text);
		gap += t->right[i] ? pad : 0;
		if (text[0] != '\0') {
			fprintf(f, "%*s", gap, "");
			gap = 0;
		}
		if (colour && row[i].colour != TABLE_PLAIN)
			fprintf(f, "%s%s\033[0m", escape[row[i].colour], text);
		else
			fputs(text, f);
		gap += (t->right[i] ? 0 : pad) + 2;
	}
	putc('\n', f);
}

void
table_print(const struct table *t, FILE *f, bool colour)
{
	const char *last;
	struct layout l;

	/* A cell too few would shift every row behind it. */
	must(t->rows % t->columns == 0);
	layout(t, &l);
	for (size_t i = 0; i < t->rows; i += t->columns) {
		print_row(t, &t->cell[i], &l, f, colour);
		last = t->cell[i + t->columns - 1].text;
		if (l.below == 0 || i == 0 || last[0] == '\0')
			continue;
		fprintf(f, "%*s", (int)l.below, "");
		table_wrap(f, last, l.below, l.below, t->fit);
	}
}

/* Where a line ends: between groups of words when that wastes little. */
static size_t
wrap_at(const char *text, size_t len, size_t room)
{
	size_t word = 0, group = 0;

	if (len <= room)
		return len;
	for (size_t i = 1; i <= room; i++) {
		if (text[i] != ' ')
			continue;
		word = i;
		if (text[i + 1] == ' ' && i > room / 2)
			group = i;
	}
	if (group > 0)
		return group;
	return word > 0 ? word : strcspn(text, " ");
}

void
table_wrap(FILE *f, const char *line, size_t used, size_t indent, size_t room)
{
	while (room > used && strlen(line) > room - used) {
		size_t n = wrap_at(line, strlen(line), room - used);

		fprintf(f, "%.*s\n", (int)n, line);
		line += n + strspn(line + n, " ");
		if (line[0] == '\0')
			return;
		fprintf(f, "%*s", (int)indent, "");
		used = indent;
	}
	fprintf(f, "%s\n", line);
}

void
table_free(struct table *t)
{
	for (size_t i = 0; i < t->rows; i++)
		free(t->cell[i].text);
	free(t->cell);
	memset(t, 0, sizeof(*t));
}

size_t
table_room(FILE *f)
{
	struct winsize size;

	return isatty(fileno(f)) && ioctl(fileno(f), TIOCGWINSZ, &size) == 0
		&& size.ws_col >= TABLE_ROOM_LEAST
	    ? size.ws_col
	    : TABLE_ROOM;
}

bool
table_may_draw(FILE *f)
{
	const char *term = getenv("TERM");

	return isatty(fileno(f)) && term != NULL && term[0] != '\0'
	    && strcmp(term, "dumb") != 0;
}

bool
table_may_colour(FILE *f)
{
	const char *no = getenv("NO_COLOR");

	return (no == NULL || *no == '\0') && table_may_draw(f);
}

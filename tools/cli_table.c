/* SPDX-License-Identifier: MIT */
#include "tools/cli_table.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define CELL_MAX 512

static const char *const escape[] = {
	[CLI_PLAIN] = "",
	[CLI_GREEN] = "\033[32m",
	[CLI_YELLOW] = "\033[33m",
	[CLI_RED] = "\033[31m",
};

void
cli_table_add(struct cli_table *t, const char *fmt, ...)
{
	char text[CELL_MAX];
	va_list ap;
	size_t n = t->rows;

	if (n == t->room) {
		t->room = t->room * 2 + 64;
		t->cell = base_realloc(t->cell, t->room * sizeof(*t->cell));
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	t->cell[n].text = base_strdup(text);
	t->cell[n].colour = CLI_PLAIN;
	t->rows++;	/* counts cells until it is printed */
}

void
cli_table_colour(struct cli_table *t, enum cli_colour colour)
{
	t->cell[t->rows - 1].colour = colour;
}

void
cli_table_init(struct cli_table *t, const char *headings)
{
	size_t n;

	memset(t, 0, sizeof(*t));
	for (; *headings != '\0'; headings += n + strspn(headings + n, " ")) {
		n = strcspn(headings, " ");
		must(t->columns < CLI_COLUMNS_MAX);
		t->right[t->columns] = *headings == '>';
		cli_table_add(t, "%.*s", (int)(n - (*headings == '>')),
		    headings + (*headings == '>'));
		t->columns++;
	}
}

static void
print_row(const struct cli_table *t, const struct cli_cell *row,
    const size_t *width, FILE *f, bool colour)
{
	int gap = 0;	/* owed blanks: none at the end of a line */

	for (size_t i = 0; i < t->columns; i++) {
		int pad = (int)(width[i] - strlen(row[i].text));

		gap += t->right[i] ? pad : 0;
		if (row[i].text[0] != '\0') {
			fprintf(f, "%*s", gap, "");
			gap = 0;
		}
		if (colour && row[i].colour != CLI_PLAIN)
			fprintf(f, "%s%s\033[0m", escape[row[i].colour],
			    row[i].text);
		else
			fputs(row[i].text, f);
		gap += (t->right[i] ? 0 : pad) + 2;
	}
	putc('\n', f);
}

void
cli_table_print(const struct cli_table *t, FILE *f, bool colour)
{
	size_t width[CLI_COLUMNS_MAX] = {0};

	must(t->rows % t->columns == 0);
	for (size_t i = 0; i < t->rows; i++) {
		size_t n = strlen(t->cell[i].text);

		if (n > width[i % t->columns])
			width[i % t->columns] = n;
	}
	for (size_t i = 0; i < t->rows; i += t->columns)
		print_row(t, &t->cell[i], width, f, colour);
}

void
cli_table_free(struct cli_table *t)
{
	for (size_t i = 0; i < t->rows; i++)
		free(t->cell[i].text);
	free(t->cell);
	memset(t, 0, sizeof(*t));
}

bool
cli_table_may_colour(FILE *f)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return (no == NULL || *no == '\0') && isatty(fileno(f)) &&
	    term != NULL && strcmp(term, "dumb") != 0;
}

const char *
cli_age(int64_t ms, char out[24])
{
	long long s = ms / 1000;

	if (ms < 0)
		str_copy(out, "-", 24);
	else if (ms < 1000)
		str_format(out, 24, "%dms", (int)ms);
	else if (s < 60)
		str_format(out, 24, "%d.%ds", (int)s,
		    (int)(ms % 1000 / 100));
	else if (s < 3600)
		str_format(out, 24, "%lldm%02llds", s / 60, s % 60);
	else if (s < 86400)
		str_format(out, 24, "%lldh%02lldm", s / 3600, s % 3600 / 60);
	else
		str_format(out, 24, "%lldd%02lldh", s / 86400,
		    s % 86400 / 3600);
	return out;
}

const char *
cli_size(uint64_t bytes, char out[24])
{
	static const char unit[] = "\0KMGTP";
	double d = (double)bytes;
	int i = 0;

	for (; d >= 1024 && i < 5; i++)
		d /= 1024;
	if (i == 0)
		str_format(out, 24, "%d", (int)bytes);
	else
		str_format(out, 24, d < 10 ? "%.1f%c" : "%.0f%c", d, unit[i]);
	return out;
}

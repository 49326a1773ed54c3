/* SPDX-License-Identifier: MIT */
/* Text for people: columns that line up, colour where it may. */
#ifndef TOOLS_CLI_BASE_TABLE_H
#define TOOLS_CLI_BASE_TABLE_H

#include "shared/base/base.h"

#define TABLE_COLUMNS_MAX 16

enum table_colour { TABLE_PLAIN, TABLE_GREEN, TABLE_YELLOW, TABLE_RED };

#define TABLE_ROOM 80	    /* columns, where no terminal says more */
#define TABLE_ROOM_LEAST 20 /* of a terminal; with less it does not know */

struct table {
	size_t columns, rows, room;
	size_t fit; /* columns there are; 0: no end */
	bool cut;   /* text in the last column that does not fit is cut */
	bool right[TABLE_COLUMNS_MAX]; /* numbers */
	bool spare[TABLE_COLUMNS_MAX]; /* left out when it does not fit */
	struct table_cell {
		char *text;
		enum table_colour colour;
	} * cell;
};

/*
 * Headings as one string, "SHARD STATE ?>RSS NOTE": ">" aligns right, "?" may
 * be left out.  Text in the last column that does not fit has lines of its own.
 */
void table_init(struct table *, const char *headings);
/* Cells come row by row. */
void table_add(struct table *, const char *fmt, ...) printflike(2, 3);
void table_colour(struct table *, enum table_colour); /* the last cell */
void table_print(const struct table *, FILE *, bool colour);
void table_free(struct table *);

/* The columns of the terminal f is, or TABLE_ROOM. */
size_t table_room(FILE *f);
/*
 * A line of words, cut at blanks to lines of `room` columns, 0: not at all.
 * `used` columns of the first line are full, the others are indented.
 */
void table_wrap(FILE *f, const char *line, size_t used, size_t indent,
    size_t room);

/* May what is on f be drawn over: a terminal that knows more than lines. */
bool table_may_draw(FILE *f);
/* May f have colour: the same, and no NO_COLOR. */
bool table_may_colour(FILE *f);

#endif

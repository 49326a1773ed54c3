/* SPDX-License-Identifier: MIT */
/* Text for people: columns that line up, ages, sizes, colour where it may. */
#ifndef TOOLS_CLI_TABLE_H
#define TOOLS_CLI_TABLE_H

#include "shared/base.h"

#define CLI_COLUMNS_MAX 16

enum cli_colour { CLI_PLAIN, CLI_GREEN, CLI_YELLOW, CLI_RED };

struct cli_table {
	size_t columns, rows, room;
	bool right[CLI_COLUMNS_MAX];	/* numbers */
	struct cli_cell {
		char *text;
		enum cli_colour colour;
	} *cell;
};

/* Headings as one string, "SHARD STATE >RSS": ">" aligns right. */
void cli_table_init(struct cli_table *, const char *headings);
/* Cells come row by row. */
void cli_table_add(struct cli_table *, const char *fmt, ...)
    printflike(2, 3);
void cli_table_colour(struct cli_table *, enum cli_colour); /* the last cell */
void cli_table_print(const struct cli_table *, FILE *, bool colour);
void cli_table_free(struct cli_table *);

/* May f have colour: a terminal, and no NO_COLOR. */
bool cli_table_may_colour(FILE *f);

/* "41ms", "2.1s", "12m05s", "3d04h"; "-" when negative. */
const char *cli_age(int64_t ms, char out[24]);
/* "512", "38M", "1.2G" of bytes. */
const char *cli_size(uint64_t bytes, char out[24]);

#endif

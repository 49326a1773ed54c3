/* SPDX-License-Identifier: MIT */
/*
 * This room: `top`: a fleet on a terminal of its own, live.
 *
 * What it shows as rows that can be sorted: shards, plugins, clients, and the
 * other processes.  Pure: from a view and what was counted before it.
 */
#ifndef TOOLS_CLI_TOP_BOARD_H
#define TOOLS_CLI_TOP_BOARD_H

#include "shared/view/processes.h"
#include "tools/cli/top/rates.h"
#include "tools/cli/top/spark.h"

#define BOARD_TABS(X)                                                          \
	X(SHARDS, "shards")                                                    \
	X(PLUGINS, "plugins")                                                  \
	X(CLIENTS, "clients")                                                  \
	X(PROCESSES, "processes")
enum board_tab {
#define X(n, s) BOARD_##n,
	BOARD_TABS(X)
#undef X
	    BOARD_TABS_N
};
extern const char *const board_tab_name[BOARD_TABS_N];

#define BOARD_COLUMNS 10 /* at most */
#define BOARD_CELL 24
#define BOARD_SPARK 12 /* bars in a row */

struct board_column {
	const char *title; /* NULL: no more of them */
	int width;	   /* negative: aligned left */
};

enum board_mood { BOARD_WELL, BOARD_ODD, BOARD_BAD };

struct board_row {
	char name[72];	      /* of a plugin, client, process */
	uint32_t id;	      /* of a shard */
	unsigned urgency;     /* the greater, the worse */
	enum board_mood mood; /* for the colour */
	char cell[BOARD_COLUMNS][BOARD_CELL];
	double key[BOARD_COLUMNS];	      /* what a column is sorted by */
	char spark[SPARK_BYTES(BOARD_SPARK)]; /* in the column without title */
};

struct board {
	enum board_tab tab;
	const struct board_column *column;
	struct board_row *row;
	size_t n, room;
};

/* Counts what the view has: once for each view. */
void board_count(struct rates *, const struct view *);
/* Its rows, in the order of their ids; utf8: as spark_draw() has it. */
void board_fill(struct board *, enum board_tab, const struct view *,
    const struct rates *, bool utf8);
/* By a column, -1: worst first; what is alike stays in its order. */
void board_sort(struct board *, int column, bool reverse);
size_t board_columns(const struct board *);
void board_free(struct board *);

#endif

/* SPDX-License-Identifier: MIT */
/* What `top` has in hand between two looks; of this room alone. */
#ifndef TOOLS_CLI_TOP_TOP_H
#define TOOLS_CLI_TOP_TOP_H

#include "tools/cli/base/cli.h"
#include "tools/cli/top/board.h"

struct top {
	struct cli *cli;
	struct view view;
	bool seen;					  /* the view is one */
	char trouble[sizeof(((struct err *)NULL)->text)]; /* why not; "" */
	struct rates rates;
	struct board board;
	enum board_tab tab;
	int sort[BOARD_TABS_N]; /* a column, -1: worst first */
	bool reverse[BOARD_TABS_N];
	/* The chosen row: who it is, for rows move; and its place. */
	char name[72];
	uint32_t id;
	size_t row, first; /* first: the uppermost that is shown */
	bool story;  /* in place of the rows, what there is to tell of it */
	char *text;  /* that */
	size_t line; /* its uppermost that is shown */
	bool utf8, colour, over;
};

/* Another look at the fleet. */
void top_look(struct top *);
/* A key of curses.h; true: something changed. */
bool top_key(struct top *, int key);
/* All of it onto the screen. */
void top_draw(struct top *);
/* Rows there are for the table, for who pages. */
size_t top_rows(void);

/* The terminal is ours until top_screen_end(), or the end of the process:
 * then it is as before.  -1 with err: there is none that could be. */
int top_screen_begin(struct top *, struct err *);
void top_screen_end(void);
/* Waits for a key, so long; -1: none came.  Ends the process properly on
 * signals that end it, and top->over when the terminal is gone. */
int top_screen_key(struct top *, uint64_t until_ms);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The fleet on one screen, however large it is and however much is wrong: each
 * part gets its share of the rows, has the worst first, and counts what there
 * is no room for.
 */
#ifndef TOOLS_CLI_STATUS_STATUS_SCREEN_H
#define TOOLS_CLI_STATUS_STATUS_SCREEN_H

#include "tools/cli/see/past.h"
#include "shared/view/view.h"

#define STATUS_SCREEN_LEAST 10 /* rows; with less the full form does better */

/* At most so many lines, none wider than columns. */
void status_screen(const struct view *, const struct past *, size_t rows,
    size_t columns, bool colour, FILE *);

/* ---- shares, for the tests as well ---------------------------------- */

/* A part of the screen: lines it needs at least, wants, can fill, and gets. */
struct status_screen_part {
	size_t least, want, most, get;
};
/* The sum of get is never more than rows; in their order first what is
 * wanted, then what can be filled. */
void status_screen_share(struct status_screen_part *, size_t n, size_t rows);

#endif

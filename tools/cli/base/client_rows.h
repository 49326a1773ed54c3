/* SPDX-License-Identifier: MIT */
/* The clients of the gate as people and scripts see them: rows, fields. */
#ifndef TOOLS_CLI_BASE_CLIENT_ROWS_H
#define TOOLS_CLI_BASE_CLIENT_ROWS_H

#include "tools/cli/base/table.h"
#include "shared/view/view.h"

#define CLIENT_ROWS_HEADINGS                                                   \
	"CLIENT STATE SHARDS >LAG HEARD ?>EVENTS ?>REPLAYED ?>CAUGHT "         \
	"?>OVERRUNS ?>REST ?>LIMITED NOTE"

/* All of them, worst first, into order; how many. */
size_t client_rows_sort(const struct view *,
    const struct page_client *order[PAGE_CLIENTS]);
/* The cells of CLIENT_ROWS_HEADINGS but the last. */
void client_rows_add(struct table *, const struct view *,
    const struct page_client *);
/* What is wrong with it, for the last; "". */
void client_rows_note(const struct view *, const struct page_client *,
    char *out, size_t size);

/* The page's part of it; NULL: nothing is known of it. */
const struct page_client *client_rows_find(const struct view *,
    const char *name);

#endif

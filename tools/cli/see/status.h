/* SPDX-License-Identifier: MIT */
/* The status of a fleet, as text for people and as JSON for scripts. */
#ifndef TOOLS_CLI_SEE_STATUS_H
#define TOOLS_CLI_SEE_STATUS_H

#include "shared/view/processes.h"
#include "shared/view/view.h"
#include "tools/cli/base/table.h"
#include "tools/cli/see/past.h"

/* What to show: ids empty means the rows worth reading, or all. */
struct status_pick {
	bool all;
	const uint64_t *ids;
	size_t n;
	size_t room;		 /* columns there are; 0: no end */
	const struct past *past; /* of the fleet; NULL: not wanted */
};

void status_text(const struct view *, const struct status_pick *, FILE *,
    bool colour);

/* Its parts, for who has other room for them.  The lines above the tables, not
 * wrapped; on a screen without what the judge found. */
#define STATUS_INDENT 8 /* of the second line of one, "cluster " */
void status_lines(const struct view *, bool screen, FILE *);
/* A row for each of n shards, in this order; the caller frees the table. */
void status_shards(const struct view *, const struct view_shard *const *,
    size_t n, struct table *);
/* The first n processes, in their order: the ill ones first. */
void status_processes(const struct processes *, size_t n, struct table *);
/* What they all have of their own, a line. */
void status_memory(const struct processes *, size_t room, FILE *);

/* Of all causes together. */
uint64_t status_crashes(const struct page_watch *);
/* Of the gate: its lines, and the table of its clients. */
void status_gate_line(const struct view *, FILE *);
void status_gate_clients(const struct view *, const struct status_pick *,
    FILE *, bool colour);

#endif

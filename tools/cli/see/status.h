/* SPDX-License-Identifier: MIT */
/* The status of a fleet, as text for people and as JSON for scripts. */
#ifndef TOOLS_CLI_SEE_STATUS_H
#define TOOLS_CLI_SEE_STATUS_H

#include "shared/view/view.h"

/* What to show: ids empty means the rows worth reading, or all. */
struct status_pick {
	bool all;
	const uint64_t *ids;
	size_t n;
	size_t room; /* columns there are; 0: no end */
};

void status_text(const struct view *, const struct status_pick *, FILE *,
    bool colour);

/* Of all causes together. */
uint64_t status_crashes(const struct page_watch *);
/* Of the gate: its lines, and the table of its clients. */
void status_gate_line(const struct view *, FILE *);
void status_gate_clients(const struct view *, const struct status_pick *,
    FILE *, bool colour);

#endif

/* SPDX-License-Identifier: MIT */
/* The simulator's account of itself, for people and for scripts. */
#ifndef TOOLS_SIM_CONTROL_REPORT_H
#define TOOLS_SIM_CONTROL_REPORT_H

#include "tools/sim/base/sbuf.h"
#include "tools/sim/base/sim.h"

void report_json(struct sim *, struct sbuf *);
void report_text(struct sim *, struct sbuf *);
/* "sent N handled N lost N repeated N ...": the proof line. */
void report_line(struct sim *, struct sbuf *);
/* One line per event sent to sessions of shard (-1: all) of the layout count
 * (0: any) with number > since. */
void report_journal(struct sim *, int shard, unsigned count, uint64_t since,
    bool rows, struct sbuf *);

#endif

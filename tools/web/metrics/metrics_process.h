/* SPDX-License-Identifier: MIT */
/* The numbers of the process itself; for this room. */
#ifndef TOOLS_WEB_METRICS_METRICS_PROCESS_H
#define TOOLS_WEB_METRICS_METRICS_PROCESS_H

#include "tools/web/metrics/metrics_out.h"

/* began_ms: boot stamp of its start. */
void metrics_process(struct metrics_out *, uint64_t began_ms);

#endif

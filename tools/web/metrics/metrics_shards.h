/* SPDX-License-Identifier: MIT */
/* The families of shards; for this room. */
#ifndef TOOLS_WEB_METRICS_METRICS_SHARDS_H
#define TOOLS_WEB_METRICS_METRICS_SHARDS_H

#include "shared/view/view.h"
#include "tools/web/metrics/metrics_out.h"

/* Of so many shards, the worst first, or of all in their order. */
void metrics_shards(struct metrics_out *, const struct view *, size_t worst);

#endif

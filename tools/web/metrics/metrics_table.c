/* SPDX-License-Identifier: MIT */
/* See metrics_table.h. */
#include "tools/web/metrics/metrics_table.h"

const char *const metrics_type_name[METRICS_TYPES_N] = {
#define X(n, s) [METRICS_##n] = s,
    METRICS_TYPES(X)
#undef X
};

const struct metrics_row metrics_row[METRICS_IDS] = {
#define X(id, name, type, unit, labels, help)                                  \
	[METRICS_##id##                                                        \
	    _ID] = {"shardherd_" name, METRICS_##type, unit, labels, help},
    METRICS_OF_SHARDS(X) METRICS_OF_FLEET(X)
#undef X
#define X(id, name, type, unit, labels, help)                                  \
	[METRICS_##id##_ID] = {name, METRICS_##type, unit, labels, help},
	METRICS_OF_PROCESS(X)
#undef X
};

/* SPDX-License-Identifier: MIT */
/* The two forms in which metrics are written; for the files of this room. */
#ifndef TOOLS_WEB_METRICS_METRICS_OUT_H
#define TOOLS_WEB_METRICS_METRICS_OUT_H

#include "shared/base/buf.h"
#include "tools/web/metrics/metrics_table.h"

struct metrics_out {
	struct buf *b;
	bool text;	    /* 0.0.4 */
	enum metrics_id id; /* the family that is being written */
	bool begun;	    /* its head is written */
};

/* What follows is of this one; a family without samples has no head. */
void metrics_out_family(struct metrics_out *, enum metrics_id);

/* A label's value is foreign; NULL ends the pairs of names and values. */
void metrics_out_int(struct metrics_out *, int64_t value, ...);
void metrics_out_seconds(struct metrics_out *, double value, ...);
/* Of a histogram or summary: suffix "_sum", "_count" or "_bucket". */
void metrics_out_part(struct metrics_out *, const char *suffix, double value,
    ...);
void metrics_out_end(struct metrics_out *);

#endif

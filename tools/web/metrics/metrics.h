/* SPDX-License-Identifier: MIT */
/*
 * This room: a fleet's numbers for Prometheus.
 *
 * OpenMetrics 1.0, or the text format before it, of one view: names and what
 * they mean are one table (metrics_table.h).  A number that is not known is
 * left out, never the last one.  Nothing is judged here.
 */
#ifndef TOOLS_WEB_METRICS_METRICS_H
#define TOOLS_WEB_METRICS_METRICS_H

#include "shared/base/buf.h"
#include "shared/view/view.h"

#define METRICS_TYPE                                                           \
	"application/openmetrics-text; version=1.0.0; charset=utf-8"
#define METRICS_TYPE_TEXT "text/plain; version=0.0.4; charset=utf-8"
#define METRICS_ALL ((size_t)-1)

struct metrics_ask {
	const struct view *view; /* NULL: it can't be read */
	size_t worst;	   /* of the shards so many, the worst first, or all */
	bool text;	   /* text format 0.0.4 */
	uint64_t began_ms; /* boot stamp of this process's start */
};

/* Adds the document.  Asks nobody, but /proc/self. */
void metrics_write(struct buf *, const struct metrics_ask *);

#endif

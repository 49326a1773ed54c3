/* SPDX-License-Identifier: MIT */
/*
 * The parts of the status page, for its own files alone.  Tags are written with
 * buf_puts() and buf_printf(), as they are ours; what is foreign goes through
 * status_page_text().
 */
#ifndef TOOLS_WEB_PAGE_STATUS_PAGE_IMPL_H
#define TOOLS_WEB_PAGE_STATUS_PAGE_IMPL_H

#include "tools/web/page/status_page.h"

extern const char status_page_style[];

/* Escaped, for an element or a quoted attribute; cleaned by text.h and at most
 * STATUS_PAGE_TEXT_MAX bytes of it. */
#define STATUS_PAGE_TEXT_MAX 200
void status_page_text(struct buf *, const char *);
/* <time>2 Nov 2026, 14:05</time> UTC, and the day alone. */
void status_page_time(struct buf *, int64_t wall_ms);
void status_page_day(struct buf *, int64_t wall_ms);
/* "8 minutes", "2 hours 5 minutes", "3 days 4 hours". */
#define STATUS_PAGE_FOR_MAX 64
const char *status_page_for(int64_t ms, char out[STATUS_PAGE_FOR_MAX]);

/* Is it my server?  v NULL: shards are not known. */
void status_page_guild(struct buf *, const struct view *, const char *asked);
void status_page_shards(struct buf *, const struct view *);
void status_page_past(struct buf *, const struct history *, int64_t wall_ms);
void status_page_incidents(struct buf *, const struct history *,
    int64_t wall_ms);

#endif

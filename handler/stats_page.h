/* SPDX-License-Identifier: MIT */
/*
 * The handler's part of the stats page.  Two handlers run during a reload; the
 * one the supervisor names writes, and counts on from where the other has left
 * the counters.
 */
#ifndef HANDLER_STATS_PAGE_H
#define HANDLER_STATS_PAGE_H

#include "shared/page/page.h"

struct stats_page {
	struct page page;
	struct page_handler before;   /* what other generations counted */
	struct page_plugins *plugins; /* the same of each plugin; NULL */
	int32_t pid; /* ours: asked for once, not twice a turn */
	bool in_service;
	bool fresh; /* what we had counted before is not taken off yet */
};

int stats_page_open(struct stats_page *, int fd, struct err *);
/* Are we the one in service?  own: what this handler has counted. */
bool stats_page_serves(struct stats_page *, const struct page_handler *own);
/* Adds what other generations counted of the plugins, once we serve. */
void stats_page_plugins(struct stats_page *, struct page_plugins *own);
/* Writes own and what came before it, and that our loop turns, if we are. */
void stats_page_write(struct stats_page *, const struct page_handler *own);

#endif

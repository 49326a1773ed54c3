/* SPDX-License-Identifier: MIT */
/*
 * The handler's part of the stats page.  Two handlers run during a reload; the
 * one the supervisor names writes, and counts on from where the other has left
 * the counters.
 */
#ifndef HANDLER_SHEET_H
#define HANDLER_SHEET_H

#include "shared/page/page.h"

struct sheet {
	struct page page;
	struct page_handler before; /* what other generations counted */
	bool in_service;
};

int sheet_open(struct sheet *, int fd, struct err *);
/* Are we the one in service?  own: what this handler has counted. */
bool sheet_serves(struct sheet *, const struct page_handler *own);
/* Writes own and what came before it, and that our loop turns, if we are. */
void sheet_write(struct sheet *, const struct page_handler *own);

#endif

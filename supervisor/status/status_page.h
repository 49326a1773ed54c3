/* SPDX-License-Identifier: MIT */
/*
 * This room: the supervisor's part of the stats page.
 *
 * It is page_cluster, with the sentences an operator should read first.
 */
#ifndef SUPERVISOR_STATUS_STATUS_PAGE_H
#define SUPERVISOR_STATUS_STATUS_PAGE_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

struct fleet;

struct status_page {
	struct fleet *fleet;
	ev_prepare turn;     /* of the loop */
	uint64_t updated_ms; /* boot stamp of the last whole update */
	bool begun;
};

void status_page_init(struct status_page *, struct fleet *);
/*
 * The page is there, in this life for the first time: what counts from the
 * start of the fleet begins anew, unless the supervisor before us ended without
 * an order; then that is one more restart, its own.
 */
void status_page_begin(struct status_page *);
/* At once; else the page is filled before the turn of the loop ends, when it
 * is due (status_notes.h), or before somebody is told to look at it. */
void status_page_update(struct status_page *);
void status_page_fill(struct fleet *);
/* The last words: pid 0, exit code. */
void status_page_close(struct status_page *, int exit_code);
/* A dead shard's or handler's own part, which it can't write any more. */
void status_page_shard_down(struct status_page *, uint32_t slot, bool held,
    const char *why);
void status_page_handler_down(struct status_page *, const char *why);

#endif

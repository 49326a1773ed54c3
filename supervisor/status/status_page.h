/* SPDX-License-Identifier: MIT */
/*
 * The supervisor's part of the stats page: page_cluster, with the one
 * sentence an operator should read first.
 */
#ifndef SUPERVISOR_STATUS_STATUS_PAGE_H
#define SUPERVISOR_STATUS_STATUS_PAGE_H

#include "supervisor/status/status_notes.h"

struct fleet;

struct status_page {
	struct fleet *fleet;
	struct status_notes notes;
	uint64_t updated_ms;	/* boot stamp of the last whole update */
};

void status_page_init(struct status_page *, struct fleet *);
/* "" takes the note back; one with other figures in it keeps its time. */
void status_page_note(struct status_page *, enum status_page_source, const char *sentence);
void status_page_update(struct status_page *);
/* Something that happened, for `why`: shard -1 means the fleet.  Logs nothing. */
void status_page_tell(struct status_page *, int32_t shard, const char *fmt, ...)
    printflike(3, 4);
/* The last words: pid 0, exit code. */
void status_page_close(struct status_page *, int exit_code);
/* A dead shard's or handler's own part, which it can't write any more. */
void status_page_shard_down(struct status_page *, uint32_t slot, bool held,
    const char *why);
void status_page_handler_down(struct status_page *, const char *why);

#endif

/* SPDX-License-Identifier: MIT */
/* The parts of the stats page that tell what happened; see page.h. */
#ifndef SHARED_PAGE_PAGE_PAST_H
#define SHARED_PAGE_PAGE_PAST_H

#include "shared/page/page_part.h"

/*
 * What happened, dated: the last few things in the order in which they were.
 * It outlives processes; the log has the rest.
 */
#define PAGE_SHARD_PAST 12 /* told by the shard of itself */
#define PAGE_FLEET_PAST 64 /* told by the supervisor */
struct page_event {
	int64_t at_ms; /* wall clock; 0: free */
	int32_t shard; /* -1: of the fleet */
	uint32_t reserved;
	char text[176];
};
struct page_past {
	page_lock lock;
	uint32_t next; /* place of the next one, of a ring */
	struct page_event event[PAGE_SHARD_PAST];
};
struct page_fleet_past {
	page_lock lock;
	uint32_t next;
	struct page_event event[PAGE_FLEET_PAST];
};
/* Of one client of the gate: told by the gate, and by the supervisor.  Of one
 * plugin: told by the handler in service. */
#define PAGE_CLIENT_PAST 24
struct page_client_past {
	page_lock lock;
	char name[64]; /* "": this place is free */
	uint32_t next, reserved;
	struct page_event event[PAGE_CLIENT_PAST];
};

#endif

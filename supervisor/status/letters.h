/* SPDX-License-Identifier: MIT */
/*
 * The dead letters of the store, for the page: how many are kept, and whether
 * anybody has looked at them.  Handler and command line write them; here they
 * are only read, now and then.
 */
#ifndef SUPERVISOR_STATUS_LETTERS_H
#define SUPERVISOR_STATUS_LETTERS_H

#include <stdint.h>

struct fleet;

#define LETTERS_LOOK_MS 2000

struct letters {
	uint64_t look_ms; /* boot, the next look */
	uint64_t kept, unseen, newest;
};

/* Looks when it is time; what changed is on the page at once. */
void letters_tick(struct letters *, struct fleet *);

#endif

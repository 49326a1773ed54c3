/* SPDX-License-Identifier: MIT */
/*
 * A shadow model of everything around outbox.c: a Discord that sends events
 * in pieces and replays from the seq it is told, a handler that comes, reads in
 * pieces, acknowledges and goes, a disk that fills, crashes (all made anew from
 * what is on disk) and stops.  Steps are as fine as the world's: whatever can
 * happen between two pieces of a message is a step of its own.  Each step
 * asserts what it sees: the handler gets every event once, in order, with the
 * very bytes, and again only what it had not acknowledged, marked so.
 */
#ifndef TESTS_UNIT_SHARD_EVENTS_OUTBOX_RIG_H
#define TESTS_UNIT_SHARD_EVENTS_OUTBOX_RIG_H

#include "shard/events/outbox.h"
#include "tests/unit/rig/fake_time.h"

#define BOX_SESSION_EVENTS 700 /* then Discord begins a new session */
#define BOX_BODY_MAX 400000u   /* of the largest event */
#define BOX_LARGE_EVERY 97   /* events there is one of more than two segments */
#define BOX_SMALL_MAX 40000u /* of the largest but for those */

/* All events are numbered from 1, through all sessions. */
struct outbox_rig {
	struct outbox pending;
	struct outbox_limits limits;
	struct page_shard stats;
	bool up;	  /* there is an uplink */
	bool blocked;	  /* the session waits for room */
	bool large;	  /* some events are larger than a segment */
	uint64_t refused; /* events */

	/* the shard's side */
	uint64_t received;  /* the last one the shard counts as such */
	uint64_t session;   /* as its record says */
	uint64_t cursor;    /* the last one in the page's cursor */
	uint64_t inherited; /* the last one of an earlier process */
	bool disk_full;	    /* or as good as that */
	bool fragile;	    /* the disk kept what the last session left
				   from being written: a crash loses it */
	uint32_t at;	    /* bytes of the next one that came already */

	/* the handler's side */
	uint64_t seen; /* events 1 to this were delivered once */
	uint64_t repeats;
	uint64_t hole; /* events that will be missing, once */

	bool torn;	 /* by a power loss: damage is none of ours */
	uint64_t losses; /* of power that took something */
};
extern struct outbox_rig box;

/* The same seed, the same walk; never 0. */
void box_seed(uint64_t seed);
uint64_t box_random(void);

/* A scratch directory, the fake clock and the first process; 0 or -1. */
int box_setup(void);
int box_teardown(void);
const char *box_dir(void);

/* ---- the shard ---- */

/* As a process does at its start; box.limits are the caller's. */
void box_open(void);
/* Killed, or told to stop; then the next process. */
void box_crash(void);
void box_stop(void);
/* The power goes: what a RESUME can bring again may be torn on disk. */
void box_power(void);
/* The next piece of the next event: true when that made it whole. */
bool box_piece(void);
/* The rest of it, with acknowledgements in between. */
void box_receive(void);
/* The connection ends, in the middle of a message or not. */
void box_lost(void);
/* Files cannot grow beyond so many bytes; -1: they can. */
void box_disk(int64_t bytes);

/* ---- the handler ---- */

void box_uplink_new(void);
void box_uplink_gone(void);
void box_write(void);
void box_ack(bool all);
/* An acknowledgement of what was never sent is refused, an old one ignored. */
void box_ack_wrongly(void);

/* ---- judgement ---- */

/* What holds after every step; slow walks over all frames, too. */
void box_check(bool slow);
/* A handler that keeps up gets all the rest. */
void box_settle(void);

#endif

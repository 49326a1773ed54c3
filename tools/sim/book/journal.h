/* SPDX-License-Identifier: MIT */
/*
 * What one session was sent: for each seq the event's number, name, length and
 * checksum, and how often it was audited.  Kept in chunks; whole chunks that
 * are handled, and in the end the oldest, are given back.
 */
#ifndef TOOLS_SIM_BOOK_JOURNAL_H
#define TOOLS_SIM_BOOK_JOURNAL_H

#include "shared/base/base.h"

#define JOURNAL_CHUNK 4096u    /* entries of a chunk */
#define JOURNAL_CHUNKS_DONE 16 /* chunks kept though all was handled */
#define JOURNAL_CHUNKS_MAX 256 /* chunks kept at all: a million events */

enum journal_flag {
	JOURNAL_COUNTED = 1,   /* an event for the totals, not READY */
	JOURNAL_DELIVERED = 2, /* written to some connection */
	JOURNAL_CLOSED = 4,    /* journal_handled() was told */
};

struct journal_entry {
	uint64_t number; /* of the event, over all sessions */
	uint32_t crc, len;
	uint16_t name;
	uint8_t flags, audits;
};

struct journal_chunk;

struct journal {
	struct journal_chunk **chunk; /* ring is not needed: few */
	size_t first, count;	      /* chunk numbers held: [first, +count) */
	size_t cap;
	uint64_t seq; /* last added */
};

void journal_init(struct journal *);
void journal_free(struct journal *);
/* Adds the next seq; returned pointer holds until the next call. */
struct journal_entry *journal_add(struct journal *, const char *t,
    uint64_t number, const void *raw, size_t len, unsigned flags);
/* NULL: never sent, or no longer held (then *held is false and seq <= last). */
struct journal_entry *journal_get(struct journal *, uint64_t seq, bool *held);
/* A counted entry is done with, once: its chunk goes when all of it is. */
void journal_handled(struct journal *, uint64_t seq);
const char *journal_name(const struct journal_entry *);

/* The checksum: CRC-32 of the bytes with CR and LF taken as blanks. */
uint32_t journal_crc(const void *, size_t);

#endif

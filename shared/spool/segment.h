/* SPDX-License-Identifier: MIT */
/*
 * One file of a spool: checksummed records, appended whole or not at all.  A
 * damaged place is stepped over by looking for the next record that checks.
 * Every call reads or writes the file, none waits for the disk.
 */
#ifndef SHARED_SPOOL_SEGMENT_H
#define SHARED_SPOOL_SEGMENT_H

#include "shared/wire/contract.h"

#include <sys/uio.h>

struct segment {
	struct list link;  /* in its spool's list, oldest first */
	uint64_t number;   /* "00000007.seg" */
	uint64_t size;	   /* bytes written */
	uint64_t events;   /* records not released yet */
	int64_t newest_ms; /* recv_ms of its last record */
	bool ours;	   /* created by this process: may be appended to,
				   as its end is known to be whole */
	bool dirty;	   /* appended to since the last sync */
	int fd;
};

struct segment_record {
	uint32_t magic;
	uint32_t head_crc; /* of everything behind this field */
	uint32_t body_crc;
	uint32_t reserved;
	struct up_hdr hdr;
};
_Static_assert(sizeof(struct segment_record) == 64, "record is a file format");

/* What a segment holds behind some place: valid records, and the rest. */
struct segment_tally {
	uint64_t events, damaged, damaged_bytes;
	int64_t newest_ms;
};

/*
 * Numbers of the segment files in dir, ascending; owner frees.  0, or -1 with
 * errno when dir can't be read.
 */
int segment_list(const char *dir, uint64_t **numbers, size_t *count);
/* Opens DIR/NUMBER.seg; flags are added to open(2)'s.  NULL with errno. */
struct segment *segment_open(const char *dir, uint64_t number, int flags);
void segment_close(struct segment *);
/* Removes the file as well. */
void segment_delete(struct segment *, const char *dir);

/*
 * The first valid record header at or behind off: its offset, or the size of
 * the segment.  Only ever leaves off when something there is damaged.
 */
uint64_t segment_find(const struct segment *, uint64_t off,
    struct segment_record *);
/* The body of the record at off into dst: false when its sum is wrong. */
bool segment_body(const struct segment *, uint64_t off,
    const struct segment_record *, void *dst);
struct segment_tally segment_tally(const struct segment *, uint64_t from);
/* The first record at or behind off that is whole: as segment_find. */
uint64_t segment_next(const struct segment *, uint64_t off,
    struct segment_record *);
/* Nothing is left from off on: 0, or -1 with errno. */
int segment_cut(struct segment *, uint64_t off);
#define SEGMENT_PARTS 3
/*
 * Appends one record whose body is n <= SEGMENT_PARTS parts of hdr->len bytes
 * in all: 0, or -1 with errno and the file as it was.
 */
int segment_append(struct segment *, const struct up_hdr *,
    const struct iovec *parts, int n);

static inline uint64_t
segment_record_size(const struct up_hdr *h)
{
	return sizeof(struct segment_record) + h->len;
}

#endif

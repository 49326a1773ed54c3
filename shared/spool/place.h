/* SPDX-License-Identifier: MIT */
/*
 * A place in a spool that survives SIGKILL at any instant: a tiny mapped file
 * with two checked copies, written in turn like the cursors of the stats page.
 * Moving it costs no system call.
 */
#ifndef SHARED_SPOOL_PLACE_H
#define SHARED_SPOOL_PLACE_H

#include "shared/base/err.h"

struct place {
	uint64_t seg, off;
};

static inline bool
place_before(struct place a, struct place b)
{
	return a.seg < b.seg || (a.seg == b.seg && a.off < b.off);
}

struct place_file;

/* Maps PATH, made when there is none: NULL with err.  Owner: place_close. */
struct place_file *place_open(const char *path, struct err *);
/* NULL is fine. */
void place_close(struct place_file *);
/* The newest valid copy; 0, 0 when there is none. */
struct place place_load(const struct place_file *);
void place_store(struct place_file *, struct place);

#endif

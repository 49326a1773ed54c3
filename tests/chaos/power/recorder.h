/* SPDX-License-Identifier: MIT */
/* What the files of the recorder share: they are linked into one program. */
#ifndef TESTS_CHAOS_POWER_RECORDER_H
#define TESTS_CHAOS_POWER_RECORDER_H

#include "shared/base/base.h"

#include <limits.h>
#include <sys/stat.h>

/* As crashed.py reads them. */
enum kind {
	CREATE = 1,
	WRITE,
	TRUNCATE,
	ALLOCATE,
	SYNC_BEGIN,
	SYNC_END,
	RENAME,
	UNLINK,
	MKDIR,
	LINK,
	STORE, /* through a mapping */
	NOTE
};
#define DURABLE 1u /* O_DSYNC: on disk when it returned */

/* Around a change and its record; unlock gets what lock returned. */
bool recorder_lock(void);
void recorder_unlock(bool locked);
uint64_t recorder_put(enum kind, uint64_t object, uint64_t at, uint32_t flags,
    const void *data, size_t len);
/* The part of a path below state_dir, "" for itself; NULL: elsewhere, or nothing
 * is recorded. */
const char *recorder_below(int dir, const char *path, char out[PATH_MAX]);
/* Locks and the like hold nothing that has to survive. */
bool recorder_skips(const char *path);
/* A number never used before, for what was just made. */
uint64_t recorder_fresh(const struct stat *);

/* A promise, in words. */
void recorder_note(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
/* So many bytes there, of a mapping, have just been changed. */
void recorder_stored(const void *at, size_t len);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The rotated predecessors of a log: PATH.1 is the youngest, PATH.2.gz the one
 * before, and so on.  Names, ages and sizes only; what is in them is nobody's
 * business here.
 */
#ifndef SUPERVISOR_LOGFILES_H
#define SUPERVISOR_LOGFILES_H

#include "shared/config/config.h"

#define LOGFILES_MAX 2048	/* looked at; [log] files is below */
#define LOGFILES_PATH (CONFIG_PATH_MAX + 64)

struct logfile {
	uint32_t n;		/* 1: the youngest */
	bool gz;
	int64_t size;
};

void logfiles_name(const char *path, uint32_t n, bool gz,
    char out[LOGFILES_PATH]);
/* Those there are, the youngest first; returns how many. */
size_t logfiles_list(const char *path, struct logfile out[LOGFILES_MAX]);
/* Every number grows by one, so that PATH.1 is free: 0 or -1 with errno. */
int logfiles_shift(const char *path);
/*
 * Removes the oldest until at most `files` are left and they and `live` bytes
 * take no more than `total` (0: any); returns how many went.
 */
size_t logfiles_prune(const char *path, int64_t files, int64_t total,
    int64_t live);
/* The youngest that is not compressed yet; 0: none. */
uint32_t logfiles_plain(const char *path);
/* Removes what packers that were killed have left. */
void logfiles_sweep(const char *path);

#endif

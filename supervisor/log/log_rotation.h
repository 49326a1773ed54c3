/* SPDX-License-Identifier: MIT */
/*
 * The rotated predecessors of a log: PATH.1 is the youngest, PATH.2.gz the one
 * before, and so on.  Names, ages and sizes only; what is in them is nobody's
 * business here.
 */
#ifndef SUPERVISOR_LOG_LOG_ROTATION_H
#define SUPERVISOR_LOG_LOG_ROTATION_H

#include "shared/config/config.h"

#define LOG_ROTATION_MAX 2048 /* looked at; [log] files is below */
#define LOG_ROTATION_PATH (CONFIG_PATH_MAX + 64)

struct logfile {
	uint32_t n; /* 1: the youngest */
	bool gz;
	int64_t size;
};

void log_rotation_name(const char *path, uint32_t n, bool gz,
    char out[LOG_ROTATION_PATH]);
/* Those there are, the youngest first; returns how many. */
size_t log_rotation_list(const char *path,
    struct logfile out[LOG_ROTATION_MAX]);
/* Every number grows by one, so that PATH.1 is free: 0 or -1 with errno. */
int log_rotation_shift(const char *path);
/*
 * Removes the oldest until at most `files` are left and they and `live` bytes
 * take no more than `total` (0: any); returns how many went.
 */
size_t log_rotation_prune(const char *path, int64_t files, int64_t total,
    int64_t live);
/* The youngest that is not compressed yet; 0: none. */
uint32_t log_rotation_plain(const char *path);
/* Removes what packers that were killed have left. */
void log_rotation_sweep(const char *path);

#endif

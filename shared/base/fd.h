/* SPDX-License-Identifier: MIT */
/* File descriptors.  fd_write_all() waits where the descriptor blocks. */
#ifndef SHARED_BASE_FD_H
#define SHARED_BASE_FD_H

#include "shared/base/base.h"

/* Writes all of data to fd, riding out EINTR and short writes: 0 or -1. */
int fd_write_all(int fd, const void *data, size_t len);
/* Sets O_NONBLOCK / FD_CLOEXEC: 0 or -1 with errno. */
int fd_nonblock(int fd);
int fd_cloexec(int fd, bool on);
/*
 * What changed of the names in dir survives power loss when it returns: 0 or -1
 * with errno.  Waits for the disk.  fd_sync_dirs() does so many levels, dir
 * first; of those above it what may be read.
 */
int fd_sync_dir(const char *dir);
int fd_sync_dirs(const char *dir, int levels);
/* Closes every fd >= low that is not in keep[0..n) (any order). */
void fd_close_from(int low, const int *keep, size_t n);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Can LMDB read a data.mdb without harm?  LMDB follows what pages say, so one
 * that was overwritten is SIGBUS or SIGSEGV, not an error.  This reads the file
 * itself, by its format (version 1, 64 bits; mdb.c of LMDB 0.9), and believes
 * nothing.
 */
#ifndef SHARED_STORE_DBCHECK_H
#define SHARED_STORE_DBCHECK_H

#include "shared/base/base.h"

/*
 * fd: a data.mdb of which LMDB has a transaction open, so that no page of its
 * state is used again.  true: every page that can be reached from the newest
 * meta page is as LMDB expects it.  Reads all of them, and waits for the disk.
 */
bool dbcheck_file(int fd, size_t page_size);

#endif

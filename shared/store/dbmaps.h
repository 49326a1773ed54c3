/* SPDX-License-Identifier: MIT */
/*
 * Keeps the maps of an environment's files out of children.  A child has no use
 * for them (store.h), and the kernel has a price: it looks at every map of a
 * file for each page of it that is written to the disk, so that an IDENTIFY of
 * the thousandth shard, which is written down, cost the looks at a thousand
 * inherited ones.
 */
#ifndef SHARED_STORE_DBMAPS_H
#define SHARED_STORE_DBMAPS_H

#include <sys/types.h>

/*
 * No child of this process has the maps of these two, a data.mdb and a lock.mdb,
 * that there are now.  Where /proc is missing children have them, which is
 * harmless.
 */
void dbmaps_keep(ino_t data, ino_t lock);

#endif

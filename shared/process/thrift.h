/* SPDX-License-Identifier: MIT */
/*
 * Memory that was needed once: what a start or a burst took, and lies unused in
 * the heap and below the stack, goes back to the system.
 */
#ifndef SHARED_PROCESS_THRIFT_H
#define SHARED_PROCESS_THRIFT_H

/*
 * Some 0.1 ms, and what is needed again has to be asked for again: for one who
 * has nothing to do.  Called by the first thread of a process.
 */
void thrift_give_back(void);

#endif

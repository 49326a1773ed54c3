/* SPDX-License-Identifier: MIT */
/*
 * Which process a pid means: /proc/PID/stat and cmdline, read and never
 * waited for.  A pid and the start time behind it name a process for the life
 * of a boot; the boot id does not help, it may be over-mounted (containers).
 */
#ifndef SHARED_PROCESS_PROCESS_H
#define SHARED_PROCESS_PROCESS_H

#include "shared/base/base.h"

/* Field n of its stat, proc(5), n > 3; 0: it has ended, a zombie too. */
uint64_t process_field(int32_t pid, int n);
/* In clock ticks since boot, which with the pid names it; 0: it has ended. */
uint64_t process_start(int32_t pid);
/* Does the process exist?  start as of process_start(), 0: any. */
bool process_lives(int32_t pid, uint64_t start);
/* The same, and is it stopped as below?  One look for both. */
bool process_lives_look(int32_t pid, uint64_t start, bool *stopped);
/* Is it stopped by a signal or a debugger, so that it does nothing? */
bool process_stopped(int32_t pid);
/* Its parent, and milliseconds since boot at which it began, with one look;
 * false: it has ended. */
bool process_born(int32_t pid, int32_t *parent, uint64_t *born_ms);
/* Memory of its own in KiB, shared with no other process; 0: not to be known.
 * Unlike the rest this walks page tables: not often. */
uint64_t process_private_kb(int32_t pid);
/* Has the process this very title (proctitle.h), up to where it ends? */
bool process_titled(int32_t pid, const char *title);

#endif

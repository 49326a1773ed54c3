/* SPDX-License-Identifier: MIT */
/*
 * Whom the kernel ends first when memory runs out (proc(5), oom_score_adj):
 * plugins, then the handler, then shards, and the supervisor last.  Raising
 * the own value needs no right; lowering it is tried, for the supervisor alone.
 */
#ifndef SHARED_PROCESS_OOM_H
#define SHARED_PROCESS_OOM_H

#include <stdint.h>

#define OOM_SHARD 100 /* beyond what the fleet was started with */
#define OOM_HANDLER 200
#define OOM_PLUGIN 500
#define OOM_SUPERVISOR (-500) /* at all, if we may */
#define OOM_MAX 1000

/* What this process was started with; 0 when that can't be read. */
int oom_base(void);
/* Of this process; cut at OOM_MAX.  What is refused stays as it is. */
void oom_set(int adj);

/*
 * How often the kernel has ended a process of our own cgroup for want of
 * memory: evidence for the obituary of one.  -1 where that can't be told.
 */
int64_t oom_kills(void);
/* The number after "key " at the start of a line of text; -1: not there. */
int64_t oom_field(const char *text, const char *key);

#endif

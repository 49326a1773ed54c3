/* SPDX-License-Identifier: MIT */
/*
 * This room: what plugins keep.
 *
 * What plugins do to their storage (shared/kv.h): collected over a loop turn,
 * run in one transaction, so that one sync to disk serves them all, and told
 * how they ended only when that is on disk.  Each job is nested in that
 * transaction: one that fails takes nothing of the others with it.  Bounded
 * per plugin and per turn; while another process writes they wait here, not
 * the loop.  Knows nothing of methods.
 */
#ifndef HANDLER_STORAGE_KV_JOBS_H
#define HANDLER_STORAGE_KV_JOBS_H

#include "shared/config/config.h"
#include "shared/store/kv.h"
#include "shared/base/timer.h"

#define KV_JOBS_QUEUE_MAX 256	  /* waiting per plugin */
#define KV_JOBS_TURN_MAX 64	  /* of each plugin in one loop turn */
#define KV_JOBS_BUSY_S 0.25	  /* another process writes: tried again */
#define KV_JOBS_BUSY_MAX_MS 10000 /* then they fail */

struct kv_job;
/* 0, or -1 with err set: then nothing of it remains. */
typedef int kv_jobs_run_fn(struct kv_job *, struct kv_tx *, struct err *);
/* failed: NULL it is on disk; owns the job from here on. */
typedef void kv_jobs_end_fn(struct kv_job *, const struct err *failed);

/* Embedded first in what the methods keep. */
struct kv_job {
	struct list link;
	unsigned plugin;
	bool write, failed;
	struct err why;
	kv_jobs_run_fn *run;
	kv_jobs_end_fn *end;
};

struct kv_jobs {
	struct kv *kv;
	struct timer more; /* wakes the loop for what a turn left over */
	struct list queue[CONFIG_PLUGINS_MAX];
	unsigned n[CONFIG_PLUGINS_MAX];
	unsigned waiting;
	uint64_t busy_ms;  /* boot stamp since which another one writes; 0 */
	uint64_t again_ms; /* not before */
};

void kv_jobs_init(struct kv_jobs *, struct timers *, struct kv *);
/* Ends what waits as failed. */
void kv_jobs_free(struct kv_jobs *);
/* 0, or -1 when too many of this plugin wait: the job is still the caller's. */
int kv_jobs_add(struct kv_jobs *, struct kv_job *);
/* The same without a bound, for what the handler itself has to write. */
void kv_jobs_add_own(struct kv_jobs *, struct kv_job *);
/* Once per loop turn. */
void kv_jobs_flush(struct kv_jobs *);

#endif

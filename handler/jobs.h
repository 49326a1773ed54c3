/* SPDX-License-Identifier: MIT */
/*
 * What plugins do to their storage (shared/kv.h): collected over a loop turn,
 * run in one transaction, so that one sync to disk serves them all, and told
 * how they ended only when that is on disk.  Each job is nested in that
 * transaction: one that fails takes nothing of the others with it.  Bounded
 * per plugin and per turn; while another process writes they wait here, not
 * the loop.  Knows nothing of methods.
 */
#ifndef HANDLER_JOBS_H
#define HANDLER_JOBS_H

#include "shared/config/config.h"
#include "shared/store/kv.h"
#include "shared/base/timer.h"

#define JOBS_QUEUE_MAX 256 /* waiting per plugin */
#define JOBS_TURN_MAX 64   /* of each plugin in one loop turn */
#define JOBS_BUSY_S 0.25   /* another process writes: tried again */
#define JOBS_BUSY_MAX_MS 10000 /* then they fail */

struct job;
/* 0, or -1 with err set: then nothing of it remains. */
typedef int job_run_fn(struct job *, struct kv_tx *, struct err *);
/* failed: NULL it is on disk; owns the job from here on. */
typedef void job_end_fn(struct job *, const struct err *failed);

/* Embedded first in what the methods keep. */
struct job {
	struct list link;
	unsigned plugin;
	bool write, failed;
	struct err why;
	job_run_fn *run;
	job_end_fn *end;
};

struct jobs {
	struct kv *kv;
	struct timer more; /* wakes the loop for what a turn left over */
	struct list queue[CONFIG_PLUGINS_MAX];
	unsigned n[CONFIG_PLUGINS_MAX];
	unsigned waiting;
	uint64_t busy_ms;  /* boot stamp since which another one writes; 0 */
	uint64_t again_ms; /* not before */
};

void jobs_init(struct jobs *, struct timers *, struct kv *);
/* Ends what waits as failed. */
void jobs_free(struct jobs *);
/* 0, or -1 when too many of this plugin wait: the job is still the caller's. */
int jobs_add(struct jobs *, struct job *);
/* The same without a bound, for what the handler itself has to write. */
void jobs_add_own(struct jobs *, struct job *);
/* Once per loop turn. */
void jobs_flush(struct jobs *);

#endif

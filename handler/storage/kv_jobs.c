/* SPDX-License-Identifier: MIT */
/* Jobs on the plugins' storage; see kv_jobs.h. */
#include "handler/storage/kv_jobs.h"

#include "shared/base/clock.h"
#include "shared/base/log.h"

static void
jobs_more(struct timer *t)
{
	/* That the loop turns is all it is for: kv_jobs_flush follows. */
}

void
kv_jobs_init(struct kv_jobs *j, struct timers *timers, struct kv *kv)
{
	*j = (struct kv_jobs) {.kv = kv};
	timer_init(timers, &j->more, jobs_more);
	for (size_t i = 0; i < nitems(j->queue); i++)
		list_init(&j->queue[i]);
}

void
kv_jobs_add_own(struct kv_jobs *j, struct kv_job *job)
{
	must(job->plugin < nitems(j->queue));
	list_append(&j->queue[job->plugin], &job->link);
	j->n[job->plugin]++;
	j->waiting++;
	timer_set(&j->more, 0);
}

int
kv_jobs_add(struct kv_jobs *j, struct kv_job *job)
{
	if (j->n[job->plugin] >= KV_JOBS_QUEUE_MAX)
		return -1;
	kv_jobs_add_own(j, job);
	return 0;
}

/* Does any of this turn's jobs write? */
static bool
jobs_write(struct kv_jobs *j)
{
	for (size_t i = 0; i < nitems(j->queue); i++) {
		int n = 0;

		list_each (&j->queue[i], l)
			if (n++ == KV_JOBS_TURN_MAX)
				break;
			else if (container_of(l, struct kv_job, link)->write)
				return true;
	}
	return false;
}

/* Moves this turn's jobs to out. */
static void
jobs_gather(struct kv_jobs *j, struct list *out)
{
	list_init(out);
	for (size_t i = 0; i < nitems(j->queue); i++) {
		for (int n = 0; n < KV_JOBS_TURN_MAX; n++) {
			struct kv_job *job = container_of(j->queue[i].next,
			    struct kv_job, link);

			if (list_empty(&j->queue[i]))
				break;
			list_remove(&job->link);
			list_append(out, &job->link);
			j->n[i]--;
			j->waiting--;
		}
	}
}

static void
job_run(struct kv_jobs *j, struct kv_job *job, struct kv_tx *all)
{
	struct kv_tx *own;

	if (!job->write) {
		job->failed = job->run(job, all, &job->why) < 0;
		return;
	}
	own = kv_begin(j->kv, all, true, &job->why);
	job->failed = own == NULL;
	if (own == NULL)
		return;
	job->failed = job->run(job, own, &job->why) < 0;
	if (job->failed)
		kv_abort(own);
	else
		job->failed = kv_commit(own, &job->why) < 0;
}

static void
jobs_end(struct list *done, const struct err *failed)
{
	list_each_safe (done, l, next) {
		struct kv_job *job = container_of(l, struct kv_job, link);

		list_remove(&job->link);
		if (failed != NULL && !job->failed)
			job->end(job, failed);
		else
			job->end(job, job->failed ? &job->why : NULL);
	}
}

/* Another process writes: is it worth to wait for it, beside the loop? */
static bool
jobs_wait(struct kv_jobs *j, const struct err *e)
{
	uint64_t now = clock_boot_ms();

	if (e->code != EXIT_TRY_LATER)
		return false;
	if (j->busy_ms == 0)
		j->busy_ms = now;
	if (now - j->busy_ms >= KV_JOBS_BUSY_MAX_MS)
		return false;
	j->again_ms = now + (uint64_t)(KV_JOBS_BUSY_S * 1000);
	timer_set(&j->more, KV_JOBS_BUSY_S);
	return true;
}

void
kv_jobs_flush(struct kv_jobs *j)
{
	struct kv_tx *all;
	struct list now;
	struct err e;
	bool write;

	if (j->waiting == 0 || clock_boot_ms() < j->again_ms)
		return;
	write = jobs_write(j);
	all = kv_begin(j->kv, NULL, write, &e);
	if (all == NULL && jobs_wait(j, &e))
		return;
	j->busy_ms = 0;
	jobs_gather(j, &now);
	if (all == NULL)
		goto err1;
	list_each (&now, l)
		job_run(j, container_of(l, struct kv_job, link), all);
	if (!write)
		kv_abort(all);
	else if (kv_commit(all, &e) < 0)
		goto err1;
	jobs_end(&now, NULL);
	if (j->waiting > 0)
		timer_set(&j->more, 0);
	return;
err1:
	log_error("%s  Plugins cannot store anything.", e.text);
	jobs_end(&now, &e);
}

void
kv_jobs_free(struct kv_jobs *j)
{
	static const struct err stopped = {.text = "the handler is stopping"};

	timer_stop(&j->more);
	for (size_t i = 0; i < nitems(j->queue); i++)
		jobs_end(&j->queue[i], &stopped);
	j->waiting = 0;
}

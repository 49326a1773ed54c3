/* SPDX-License-Identifier: MIT */
/* See cache_writer.h. */
#include "handler/gate/feed/cache_writer.h"

#include "shared/base/log.h"
#include "shared/json/walk.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

struct cache_writer {
	const struct gatelog *log;
	struct guild_cache *cache;
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t news;
	bool woken, stopping, may_mend;
	struct cache_writer_state state;
	/* The thread's own. */
	struct gatelog_reader reader;
	struct guild_cache_event event[CACHE_WRITER_BATCH];
	size_t at[CACHE_WRITER_BATCH]; /* of event[].d in text */
	struct buf text;	       /* of the batch */
	size_t n;
	bool said, anew; /* anew: the log is to be read again */
};

/* ---- a batch -------------------------------------------------------- */

/* How long d is; 0: this is no JSON. */
static size_t
d_len(const char *raw, const struct gatelog_record *r)
{
	struct walk_item item;
	struct walk w;

	if (!walk_document(&w, raw, r->len, CACHE_WRITER_DEPTH))
		return 0;
	while (walk_next(&w, &item))
		if (item.value == raw + r->d_off)
			return item.len;
	return 0;
}

static void
take(struct cache_writer *w, const struct gatelog_record *r)
{
	struct guild_cache_event *e = &w->event[w->n];
	size_t at = buf_len(&w->text);
	char *raw;

	/* A private copy comes again, for all. */
	if (r->to != 0 || !guild_cache_wants((enum dispatch)r->event))
		return;
	raw = buf_space(&w->text, r->len);
	if (!gatelog_copy(w->log, &w->reader, r, raw))
		return; /* the next read tells */
	*e = (struct guild_cache_event) {.what = (enum dispatch)r->event,
	    .shard = r->shard,
	    .shard_count = r->shard_count,
	    .received_ms = r->received_ms,
	    .len = d_len(raw, r)};
	if (e->len == 0)
		return;
	w->at[w->n++] = at + r->d_off;
	buf_filled(&w->text, r->len);
}

static void
note(struct cache_writer *w, uint64_t lost, const char *why)
{
	pthread_mutex_lock(&w->lock);
	w->state.lost += lost;
	if (why != NULL)
		str_copy(w->state.why, why, sizeof(w->state.why));
	if (why != NULL && why[0] != '\0')
		w->state.failed++;
	else
		w->state.position = w->reader.position;
	if (why != NULL && why[0] == '\0')
		w->state.damaged = w->may_mend = false;
	pthread_mutex_unlock(&w->lock);
}

/* Reads on until a batch is full: true when there is more. */
static bool
gather(struct cache_writer *w)
{
	struct gatelog_record r;
	const char *raw;
	uint64_t lost;

	while (w->n < CACHE_WRITER_BATCH
	    && buf_len(&w->text) < CACHE_WRITER_BYTES) {
		switch (gatelog_next(w->log, &w->reader, &r, &raw, &lost)) {
		case GATELOG_END:
			return false;
		case GATELOG_LOST:
			log_error("%llu events were let go of by the log "
				  "before the cache had them: what clients are "
				  "shown of guilds may be old until the shards "
				  "IDENTIFY",
			    (unsigned long long)lost);
			note(w, lost, NULL);
			break;
		default:
			take(w, &r);
		}
	}
	return true;
}

/* Views keep what is damaged: they are closed by the other thread first. */
static bool
may_mend(struct cache_writer *w, bool damaged)
{
	bool may;

	pthread_mutex_lock(&w->lock);
	w->state.damaged = damaged;
	may = damaged && w->may_mend;
	pthread_mutex_unlock(&w->lock);
	return may;
}

/* Empty; what the log still has comes once more. */
static int
begin_anew(struct cache_writer *w, struct err *e)
{
	if (guild_cache_reset(w->cache, e) == -1)
		return -1;
	must(gatelog_seek(w->log, &w->reader, gatelog_oldest(w->log) - 1));
	w->anew = true;
	return 0;
}

/* 0, or -1: tried again. */
static int
apply(struct cache_writer *w)
{
	struct err e = {0};
	int rc;

	for (size_t i = 0; i < w->n; i++)
		w->event[i].d = buf_data(&w->text) + w->at[i];
	rc = guild_cache_apply(w->cache, w->event, w->n, gatelog_life(w->log),
	    w->reader.position, &e);
	if (rc == -1 && may_mend(w, guild_cache_damaged(w->cache))) {
		log_error("%s It begins anew with what the gate's log has; "
			  "other guilds come back as Discord sends them, or by "
			  "`shardherd cache rebuild`",
		    e.text);
		rc = begin_anew(w, &e);
	}
	if (rc == -1 && !w->said)
		log_error("the cache can't be written: %s. It is tried "
			  "again; clients that IDENTIFY see what was there "
			  "before",
		    e.text);
	if (rc == 0 && w->said)
		log_notice("the cache is written again");
	w->said = rc == -1;
	note(w, 0, rc == -1 ? e.text : "");
	return rc;
}

/* ---- the thread ----------------------------------------------------- */

/* Waits until there is something, or for ms: true when it is to end. */
static bool
doze(struct cache_writer *w, unsigned ms, bool for_news)
{
	struct timespec t;
	bool end;

	pthread_mutex_lock(&w->lock);
	while (for_news && !w->woken && !w->stopping)
		pthread_cond_wait(&w->news, &w->lock);
	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_nsec += (long)(ms % 1000) * 1000000;
	t.tv_sec += ms / 1000 + t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	while (
	    !w->stopping && pthread_cond_timedwait(&w->news, &w->lock, &t) == 0)
		continue;
	w->woken = false;
	end = w->stopping;
	pthread_mutex_unlock(&w->lock);
	return end;
}

static void *
work(void *arg)
{
	struct cache_writer *w = arg;
	uint64_t written = w->reader.position;
	bool end = false, more;

	for (;;) {
		w->anew = false;
		more = gather(w);
		while (w->reader.position != written) {
			if (apply(w) == 0)
				written = w->reader.position;
			else if (end || doze(w, CACHE_WRITER_AGAIN_MS, false))
				return NULL;
		}
		w->n = 0;
		buf_eat(&w->text, buf_len(&w->text));
		if (more || w->anew)
			continue;
		if (end)
			return NULL;
		end = doze(w, CACHE_WRITER_WAIT_MS, true);
	}
}

/* ---- the public face ------------------------------------------------ */

/* Behind what the cache has of this log, if it has it of this one. */
static void
place(struct cache_writer *w, const struct guild_cache_found *found)
{
	const struct gatelog *log = w->log;

	if (found->life == gatelog_life(log)
	    && gatelog_seek(log, &w->reader, found->position))
		return;
	if (found->life == gatelog_life(log) && !found->fresh)
		log_error("the log has no longer what the cache has not "
			  "seen: what clients are shown of guilds may be old "
			  "until the shards IDENTIFY");
	must(gatelog_seek(log, &w->reader, gatelog_oldest(log) - 1));
}

struct cache_writer *
cache_writer_start(const struct gatelog *log, struct guild_cache *cache,
    const struct guild_cache_found *found, struct err *e)
{
	struct cache_writer *w = base_alloc(sizeof(*w));
	pthread_condattr_t attr;
	sigset_t all, was;
	int rc;

	w->log = log;
	w->cache = cache;
	place(w, found);
	w->state.position = w->reader.position;
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->news, &attr);
	pthread_condattr_destroy(&attr);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was);
	rc = pthread_create(&w->thread, NULL, work, w);
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	if (rc == 0)
		return w;
	err_set(e, EXIT_DEGRADED, "can't make a thread: %s", strerror(rc));
	free(w);
	return NULL;
}

void
cache_writer_wake(struct cache_writer *w)
{
	pthread_mutex_lock(&w->lock);
	if (!w->woken) {
		w->woken = true;
		pthread_cond_signal(&w->news);
	}
	pthread_mutex_unlock(&w->lock);
}

void
cache_writer_mend(struct cache_writer *w)
{
	pthread_mutex_lock(&w->lock);
	w->may_mend = true;
	pthread_mutex_unlock(&w->lock);
}

void
cache_writer_look(struct cache_writer *w, struct cache_writer_state *out)
{
	pthread_mutex_lock(&w->lock);
	*out = w->state;
	pthread_mutex_unlock(&w->lock);
}

void
cache_writer_stop(struct cache_writer *w)
{
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_signal(&w->news);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->news);
	pthread_mutex_destroy(&w->lock);
	buf_free(&w->text);
	free(w);
}

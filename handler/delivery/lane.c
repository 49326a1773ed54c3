/* SPDX-License-Identifier: MIT */
/* One plugin's events; see lane.h. */
#include "handler/delivery/lane.h"

#include "shared/base/clock.h"
#include "shared/base/log.h"
#include "shared/base/text.h"

#include <string.h>

static struct delivery *
delivery_of(struct list *l)
{
	return container_of(l, struct delivery, link);
}

static bool
in_work(const struct delivery *d)
{
	return d->event->shard != NULL;
}

/* ---- life ----------------------------------------------------------- */

void
lane_config(struct lane *l, const struct config_plugin *cfg)
{
	l->max_waiting = (size_t)cfg->backlog_events;
	backlog_limits(&l->backlog, cfg);
}

void
lane_init(struct lane *l, struct lanes *all, unsigned index,
    const struct config_plugin *cfg)
{
	*l = (struct lane) {.all = all, .index = index};
	str_copy(l->name, cfg->name, sizeof(l->name));
	str_format(l->who, sizeof(l->who), "plugin %s", cfg->name);
	window_waiting_init(&l->waiting);
	backlog_init(&l->backlog, &all->backlogs, cfg);
	lane_config(l, cfg);
}

static void
free_copies(struct window_waiting *w, struct list *from)
{
	list_each_safe (from, at, next) {
		struct delivery *d = delivery_of(at);

		window_pull(w, d);
		/* The backlog frees its own, the shards' are theirs. */
		if (!in_work(d) && d->event->place == EVENT_NOWHERE)
			free(d->event);
	}
}

void
lane_free(struct lane *l)
{
	for (size_t i = 0; i < LANE_WINDOWS; i++)
		must(l->window[i] == NULL);
	free_copies(&l->waiting, &l->waiting.urgent);
	free_copies(&l->waiting, &l->waiting.bulk);
	backlog_close(&l->backlog);
}

/* ---- out of memory, onto the disk ----------------------------------- */

static void
lane_done(struct lane *l, struct delivery *d)
{
	l->all->finished(l->all, d->event);
}

/* Loud, but at most once a minute: it may go on for hours. */
static void
lane_alarm(struct lane *l, const struct err *e)
{
	uint64_t now = clock_boot_ms();

	text_clean(l->note, sizeof(l->note), e->text, strlen(e->text));
	if (l->alarm_ms != 0 && now - l->alarm_ms < LANE_ALARM_MS)
		return;
	log_error("%s: %s.  %llu of its events were dropped since the "
		  "last such message, %llu in all; other plugins are not "
		  "affected.",
	    l->who, e->text,
	    (unsigned long long)(l->dropped - l->alarm_dropped),
	    (unsigned long long)l->dropped);
	l->alarm_ms = now;
	l->alarm_dropped = l->dropped;
}

static void
lane_recovered(struct lane *l)
{
	if (l->note[0] == '\0')
		return;
	l->note[0] = '\0';
	log_notice("%s: its backlog takes events again; %llu were "
		   "dropped meanwhile",
	    l->who, (unsigned long long)l->dropped);
}

static bool
lane_try(struct lane *l, struct delivery *d, bool or_drop)
{
	struct err e;

	if (backlog_add(&l->backlog, d->event, &e) == 0) {
		lane_recovered(l);
		return true;
	}
	l->dropped += or_drop;
	lane_alarm(l, &e);
	return or_drop;
}

/* To the end of the backlog, or dropped when that is full. */
static void
lane_store(struct lane *l, struct delivery *d)
{
	lane_try(l, d, true);
	lane_done(l, d);
}

/* Goes on in memory, but as a copy with a place on disk. */
static bool
lane_keep(struct lane *l, struct delivery *d, struct window *out)
{
	struct event *c;
	struct err e;

	c = backlog_keep(&l->backlog, d->event, &e);
	if (c == NULL) {
		lane_alarm(l, &e);
		return false;
	}
	lane_recovered(l);
	window_replace(out, d, &c->to[0]);
	lane_done(l, d);
	return true;
}

static bool
keep_out(struct lane *l, struct window *w)
{
	list_each_safe (&w->out, at, next) {
		struct delivery *d = delivery_of(at);

		if (in_work(d) && !lane_keep(l, d, w))
			return false;
	}
	return true;
}

/* What was tried already, or is urgent, stays known in memory. */
static bool
keep_waiting(struct lane *l, struct list *from)
{
	list_each_safe (from, at, next) {
		struct delivery *d = delivery_of(at);

		if (in_work(d) && (d->urgent || d->tries > 0)
		    && !lane_keep(l, d, NULL))
			return false;
	}
	return true;
}

/*
 * Once one of them is on disk none of the later ones may stay: they would
 * pass it.
 */
static void
store_waiting(struct lane *l)
{
	list_each_safe (&l->waiting.bulk, at, next) {
		struct delivery *d = delivery_of(at);

		if (!in_work(d))
			continue;
		/* A full disk: they stay, as many as memory may hold. */
		if (!lane_try(l, d, l->backlog.untaken))
			return;
		window_pull(&l->waiting, d);
		lane_done(l, d);
	}
}

/*
 * In the order of delivery: what is out, what was, what waits.  When the disk
 * refuses what is in a process' hands, everything stays as it is.
 */
void
lane_spill(struct lane *l)
{
	if (l->backlog.spool == NULL)
		return;
	for (size_t i = 0; i < LANE_WINDOWS; i++)
		if (l->window[i] != NULL && !keep_out(l, l->window[i]))
			return;
	if (keep_waiting(l, &l->waiting.urgent)
	    && keep_waiting(l, &l->waiting.bulk))
		store_waiting(l);
}

/* ---- in and out ----------------------------------------------------- */

/* A full lane: what is there goes to disk, and d behind it. */
static void
lane_overflow(struct lane *l, struct delivery *d)
{
	if (!l->backlog.untaken)
		lane_spill(l);
	lane_store(l, d);
}

void
lane_push(struct lane *l, struct delivery *d)
{
	d->plugin = (uint8_t)l->index;
	d->epoch = l->all->epoch;
	list_init(&d->link);
	if (l->dismissed || backlog_knows(&l->backlog, d->event)) {
		lane_done(l, d);
		return;
	}
	if (!d->urgent && l->backlog.spool != NULL
	    && (l->backlog.untaken || l->waiting.bulk_n >= l->max_waiting)) {
		lane_overflow(l, d);
		return;
	}
	window_push(&l->waiting, d);
}

void
lane_push_copy(struct lane *l, struct event *e)
{
	e->to[0].plugin = (uint8_t)l->index;
	e->to[0].urgent = true;
	e->to[0].epoch = l->all->epoch;
	window_push(&l->waiting, &e->to[0]);
}

void
lane_finish(struct lane *l, struct delivery *d)
{
	struct event *e = d->event;

	l->events++;
	if (e->shard != NULL)
		l->all->finished(l->all, e);
	else if (e->place != EVENT_NOWHERE)
		backlog_finish(&l->backlog, e);
	else if (e->dead != 0)
		l->all->buried(l->all, l, e);
	else
		free(e); /* its record is another handler's now */
}

static size_t
lane_want(const struct lane *l)
{
	size_t want = LANE_FILL;

	for (size_t i = 0; i < LANE_WINDOWS; i++)
		if (l->window[i] != NULL && l->window[i]->size > want)
			want = l->window[i]->size;
	return want;
}

void
lane_fill(struct lane *l)
{
	size_t want, most;
	struct event *e;

	if (!l->backlog.untaken || l->all->stopping || !l->all->serving)
		return;
	want = lane_want(l);
	most = l->max_waiting > 2 * want ? l->max_waiting : 2 * want;
	while (l->waiting.bulk_n < want
	    && (e = backlog_take(&l->backlog, most)) != NULL) {
		e->to[0].plugin = (uint8_t)l->index;
		e->to[0].epoch = l->all->epoch;
		window_push(&l->waiting, &e->to[0]);
	}
}

/* ---- time ----------------------------------------------------------- */

static bool
impatient(const struct lane *l, struct list *from)
{
	list_each (from, at) {
		const struct delivery *d = delivery_of(at);

		if (in_work(d))
			return l->all->epoch - d->epoch >= LANE_PATIENCE;
	}
	return false;
}

static bool
lane_impatient(struct lane *l)
{
	for (size_t i = 0; i < LANE_WINDOWS; i++)
		if (l->window[i] != NULL && impatient(l, &l->window[i]->out))
			return true;
	return impatient(l, &l->waiting.bulk)
	    || impatient(l, &l->waiting.urgent);
}

/*
 * Opens the backlog once it is ours.  What came meanwhile goes behind what
 * the earlier handler left.
 */
static void
lane_open_backlog(struct lane *l)
{
	struct spool_stats disk;
	struct err e;

	if (!l->all->serving || !backlog_dir_lock(&l->all->backlogs))
		return;
	if (backlog_open(&l->backlog, &e) < 0) {
		lane_alarm(l, &e);
		return;
	}
	if (l->backlog.untaken) {
		spool_stats(l->backlog.spool, &disk);
		log_info("%s: %llu events wait for it on disk", l->who,
		    (unsigned long long)disk.events);
		store_waiting(l);
	}
}

bool
lane_open(struct lane *l)
{
	if (l->backlog.spool == NULL)
		lane_open_backlog(l);
	return l->backlog.spool != NULL || l->all->backlogs.lock_fd >= 0
	    || !backlog_of_another(&l->backlog);
}

static void
drop_waiting(struct window_waiting *w, struct list *from)
{
	list_each_safe (from, at, next) {
		struct delivery *d = delivery_of(at);

		if (d->event->place != EVENT_NOWHERE)
			window_pull(w, d);
	}
}

/* What is out stays with us until it is finished; the rest is on disk. */
static void
lane_leave_backlog(struct lane *l)
{
	drop_waiting(&l->waiting, &l->waiting.urgent);
	drop_waiting(&l->waiting, &l->waiting.bulk);
	for (size_t i = 0; i < LANE_WINDOWS; i++) {
		if (l->window[i] == NULL)
			continue;
		list_each (&l->window[i]->out, at)
			backlog_forget(&l->backlog, delivery_of(at)->event);
	}
	backlog_close(&l->backlog);
}

/* Nobody will want it; a dead letter stays one. */
static void
dismiss_waiting(struct lane *l, struct list *from)
{
	list_each_safe (from, at, next) {
		struct delivery *d = delivery_of(at);

		if (d->event->dead != 0)
			continue;
		window_pull(&l->waiting, d);
		if (in_work(d))
			lane_done(l, d);
		else if (d->event->place != EVENT_NOWHERE)
			backlog_finish(&l->backlog, d->event);
		else
			free(d->event);
	}
}

static void
dismiss_some(struct lane *l)
{
	struct event *e;

	dismiss_waiting(l, &l->waiting.urgent);
	dismiss_waiting(l, &l->waiting.bulk);
	for (unsigned n = 0; n < LANE_DISMISS && l->backlog.untaken
	     && (e = backlog_take(&l->backlog, SIZE_MAX)) != NULL;
	     n++)
		backlog_finish(&l->backlog, e);
}

void
lane_dismiss(struct lane *l, bool yes)
{
	l->dismissed = yes;
	if (yes && l->backlog.spool != NULL)
		dismiss_some(l);
}

void
lane_tick(struct lane *l)
{
	if (l->backlog.spool == NULL) {
		lane_open(l);
		return;
	}
	if (l->dismissed && l->all->serving && !l->all->stopping)
		dismiss_some(l);
	backlog_tick(&l->backlog);
	if (lane_impatient(l))
		lane_spill(l);
	l->leaving = l->all->serving ? 0 : l->leaving + 1;
	if (l->leaving > 0 && (lane_out(l) == 0 || l->leaving > LANE_LEAVE))
		lane_leave_backlog(l);
}

/* ---- how it stands -------------------------------------------------- */

size_t
lane_out(const struct lane *l)
{
	size_t n = 0;

	for (size_t i = 0; i < LANE_WINDOWS; i++)
		if (l->window[i] != NULL)
			n += window_out(l->window[i]);
	return n;
}

size_t
lane_waiting(const struct lane *l)
{
	return l->waiting.bulk_n + l->waiting.urgent_n;
}

uint64_t
lane_on_disk(const struct lane *l)
{
	struct spool_stats disk = {0};
	uint64_t taken = l->backlog.taken_n + l->backlog.ahead_n;

	if (l->backlog.spool != NULL)
		spool_stats(l->backlog.spool, &disk);
	return disk.events > taken ? disk.events - taken : 0;
}

size_t
lane_load(const struct lane *l)
{
	size_t all = lane_out(l) + lane_waiting(l);
	size_t own = l->backlog.taken_n + l->backlog.ahead_n;

	return all > own ? all - own : 0;
}

static void
older(uint64_t *oldest, uint64_t ms)
{
	if (ms != 0 && (*oldest == 0 || ms < *oldest))
		*oldest = ms;
}

static void
older_first(uint64_t *oldest, const struct list *l)
{
	if (!list_empty(l))
		older(oldest, delivery_of(l->next)->event->recv_ms);
}

uint64_t
lane_lag_ms(struct lane *l, uint64_t now_wall_ms)
{
	uint64_t oldest = 0;

	for (size_t i = 0; i < LANE_WINDOWS; i++)
		if (l->window[i] != NULL)
			older_first(&oldest, &l->window[i]->out);
	older_first(&oldest, &l->waiting.bulk);
	older_first(&oldest, &l->waiting.urgent);
	older(&oldest, backlog_oldest(&l->backlog));
	return oldest != 0 && now_wall_ms > oldest ? now_wall_ms - oldest : 0;
}

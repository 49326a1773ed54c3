/* SPDX-License-Identifier: MIT */
/* What happened to a shard. */
#include "tools/cli/why/story.h"

#include "shared/store/store.h"
#include "tools/cli/base/human.h"

static unsigned long long
ull(uint64_t n)
{
	return n;
}

/* "once", "3 times" */
static const char *
times(uint64_t n, char out[32])
{
	if (n == 1)
		return "once";
	str_format(out, 32, "%llu times", ull(n));
	return out;
}

static void
tell_now(struct story *st, const struct view_shard *s)
{
	const struct view *v = st->view;
	char age[24], a[32], b[32], d[32];

	if (!s->alive)
		story_tell(st, "Shard %u has no process%s.", s->id,
		    v->alive ? "" : ": the fleet is not running");
	else if (s->code == VERDICT_CODE_SHARD_HUNG)
		story_tell(st,
		    "Shard %u (pid %d) hangs; it was %s, for %s, when it last "
		    "said something.",
		    s->id, s->pid, page_shard_state_name[s->s.state],
		    human_age(view_age(v, s->s.state_since_ms), age));
	else
		story_tell(st, "Shard %u (pid %d) has been %s for %s.", s->id,
		    s->pid, page_shard_state_name[s->s.state],
		    human_age(view_age(v, s->s.state_since_ms), age));
	if (s->orphan)
		story_tell(st,
		    "It outlived its supervisor: it keeps the session, waits "
		    "for the next one to take it over, and ends by itself "
		    "after [limits] orphan_time.");
	if (s->s.note[0] != '\0')
		story_tell(st, "It says: %s", s->s.note);
	if (s->deaf)
		story_tell(st,
		    "It is deaf: last heartbeat acknowledged %s, last byte %s, "
		    "and heartbeats are due every %llu ms. \"shardherd shard "
		    "%u reconnect\" makes it RESUME.",
		    story_ago(st, s->s.ack_ms, a),
		    story_ago(st, s->s.frame_ms, b), ull(s->s.interval_ms),
		    s->id);
	else if (s->alive)
		story_tell(st,
		    "Last heartbeat acknowledged %s, last byte %s, last event "
		    "%s.",
		    story_ago(st, s->s.ack_ms, a),
		    story_ago(st, s->s.frame_ms, b),
		    story_ago(st, s->s.dispatch_ms, d));
}

static void
tell_silent(struct story *st, const struct view_shard *s)
{
	if (s->silent == 0)
		return;
	story_tell(st,
	    "It is partly deaf: %s. Discord has sessions that stop getting "
	    "some events; a RESUME does not help, a new session does and costs "
	    "an IDENTIFY, which nothing spends by itself. If nobody uses these "
	    "events any more, it learns that within a day.",
	    s->silent_words);
}

static void
tell_process(struct story *st, const struct view_shard *s)
{
	const struct view *v = st->view;
	const struct page_watch *w = &s->w;
	char age[24];

	if (s->alive && w->sampled_ms != 0)
		story_tell(st,
		    "Its process has %llu KiB of memory of its own (%llu KiB "
		    "with what it shares) and %u of %u file descriptors open.",
		    ull(w->uss_kb), ull(w->rss_kb), w->fds, w->fd_limit);
	if (w->last_end[0] != '\0')
		story_tell(st, "Its last process: %s", w->last_end);
	for (size_t i = 0; i < CRASHES; i++)
		if (w->crashes[i] > 0)
			story_tell(st, "%llu of its processes ended by: %s.",
			    ull(w->crashes[i]), page_crash_name[i]);
	if (!s->alive && w->restart_ms > v->now_ms)
		story_tell(st, "It will be started again in %s.",
		    human_age((int64_t)(w->restart_ms - v->now_ms), age));
}

static void
tell_spool(struct story *st, const struct page_shard *s)
{
	if (s->spool_events > 0)
		story_tell(st,
		    "%llu events (%llu bytes) wait in its spool on disk.",
		    ull(s->spool_events), ull(s->spool_bytes));
	if (s->spool_damaged > 0)
		story_tell(st,
		    "Its spool was found damaged in %llu places: the events "
		    "there are lost, check the disk.",
		    ull(s->spool_damaged));
	if (s->spool_expired > 0)
		story_tell(st,
		    "%llu events waited in its spool for longer than [limits] "
		    "spool_age and were dropped.",
		    ull(s->spool_expired));
	if (s->spool_refused > 0)
		story_tell(st,
		    "Its spool could not be written %llu times: full, or the "
		    "disk is.",
		    ull(s->spool_refused));
}

static void
tell_counters(struct story *st, const struct page_shard *s)
{
	char a[32], b[32], d[32], e[32];

	story_tell(st,
	    "Over its life it connected %s (%llu failed), identified %s, "
	    "resumed %s (%llu refused), and found its connection dead %s.",
	    times(s->connects, a), ull(s->connect_fails),
	    times(s->identifies, b), times(s->resumes, d),
	    ull(s->resumes_failed), times(s->zombies, e));
	for (size_t i = 0; i < PAGE_CLOSES && s->closes[i].count > 0; i++)
		story_tell(st, "The gateway closed %s with %u.",
		    times(s->closes[i].count, a), s->closes[i].code);
	if (s->queue_events > 0)
		story_tell(st, "%llu events (%llu bytes) wait for the handler.",
		    ull(s->queue_events), ull(s->queue_bytes));
	if (s->queue_full > 0)
		story_tell(st,
		    "It had no room for events %s: the handler or a plugin is "
		    "too slow.",
		    times(s->queue_full, a));
	tell_spool(st, s);
}

/* What the shards have handed over is not all done. */
static void
tell_backlog(struct story *st)
{
	uint64_t n = view_backlog(st->view);

	if (n > 0)
		story_tell(st,
		    "%llu events wait with the fleet's plugins: \"shardherd "
		    "plugin list\" shows with which.",
		    ull(n));
}

static void
tell_session(struct story *st, const struct view_shard *s)
{
	struct store_session rec;
	struct store store;
	struct err e;
	char age[24];
	int r;

	if (store_open(&store, st->config->state_dir, &e) == -1
	    || (r = store_session_get(&store, s->id, &rec, &e)) == -1)
		story_tell(st, "%s", e.text);
	else if (r == 0)
		story_tell(st,
		    "No session is kept: its next start has to IDENTIFY.");
	else
		story_tell(st,
		    "It holds a session of %s, good up to event %llu%s.",
		    human_age(st->view->wall_ms - rec.ready_ms, age),
		    ull(s->cursor_seq > rec.seq ? s->cursor_seq : rec.seq),
		    rec.strikes > 0 ? ", with failed resumes" : "");
}

/* More than its own lines say: of it, or of everybody. */
static void
tell_found(struct story *st, const struct view_shard *s)
{
	const struct view *v = st->view;
	char name[16];

	str_format(name, sizeof(name), "%u", s->id);
	story_found(st, VERDICT_OF_SHARD, name);
	for (size_t i = 0; i < v->verdict.n; i++)
		if (v->verdict.found[i].note
		    && v->verdict.found[i].subject != VERDICT_OF_SHARD)
			story_finding(st, &v->verdict.found[i]);
	if (v->handler_silent_s > 0)
		story_tell(st,
		    "The handler (pid %d) has been silent for %lld s: it hangs "
		    "or is stopped, and what this shard receives waits.",
		    v->handler_watch.pid, (long long)v->handler_silent_s);
}

void
story_of_shard(struct story *st, const struct view_shard *s)
{
	tell_found(st, s);
	tell_now(st, s);
	tell_silent(st, s);
	tell_process(st, s);
	tell_counters(st, &s->s);
	tell_session(st, s);
	tell_backlog(st);
	past_of_shard(&st->past, st->config->state_dir, st->view, s->id);
}

/* SPDX-License-Identifier: MIT */
/* why: what happened to a shard, in sentences, from evidence on disk only. */
#include "shared/base/text.h"
#include "shared/store/store.h"
#include "tools/cli/base/human.h"
#include "tools/cli/base/load.h"
#include "tools/cli/base/option.h"
#include "shared/view/view.h"
#include "tools/cli/see/past.h"
#include "tools/cli/see/verb.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <string.h>

#define SENTENCES_MAX 24

struct story {
	char text[SENTENCES_MAX][512];
	size_t n;
};

static void tell(struct story *, const char *fmt, ...) printflike(2, 3);

static void
tell(struct story *st, const char *fmt, ...)
{
	va_list ap;

	if (st->n == SENTENCES_MAX)
		return;
	va_start(ap, fmt);
	text_vformat(st->text[st->n++], sizeof(st->text[0]), fmt, ap);
	va_end(ap);
}

static unsigned long long
ull(uint64_t n)
{
	return n;
}

static const char *
ago(const struct view *v, uint64_t stamp, char out[32])
{
	char age[24];

	if (stamp == 0)
		str_copy(out, "not yet", 32);
	else
		str_format(out, 32, "%s ago",
		    human_age(view_age(v, stamp), age));
	return out;
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
tell_now(struct story *st, const struct view *v, const struct view_shard *s)
{
	char age[24], a[32], b[32], d[32];

	if (!s->alive)
		tell(st, "Shard %u has no process%s.", s->id,
		    v->alive ? "" : ": the fleet is not running");
	else
		tell(st, "Shard %u (pid %d) has been %s for %s.", s->id, s->pid,
		    page_shard_state_name[s->s.state],
		    human_age(view_age(v, s->s.state_since_ms), age));
	if (s->orphan)
		tell(st,
		    "It outlived its supervisor: it keeps the session, waits "
		    "for the next one to take it over, and ends by itself "
		    "after [limits] orphan_time.");
	if (s->s.note[0] != '\0')
		tell(st, "It says: %s", s->s.note);
	if (s->deaf)
		tell(st,
		    "It is deaf: last heartbeat acknowledged %s, last byte %s, "
		    "and heartbeats are due every %llu ms. \"shardherd shard "
		    "%u reconnect\" makes it RESUME.",
		    ago(v, s->s.ack_ms, a), ago(v, s->s.frame_ms, b),
		    ull(s->s.interval_ms), s->id);
	else if (s->alive)
		tell(st,
		    "Last heartbeat acknowledged %s, last byte %s, last event "
		    "%s.",
		    ago(v, s->s.ack_ms, a), ago(v, s->s.frame_ms, b),
		    ago(v, s->s.dispatch_ms, d));
}

static void
tell_silent(struct story *st, const struct view_shard *s)
{
	if (s->silent == 0)
		return;
	tell(st,
	    "It is partly deaf: %s. Discord has sessions that stop getting "
	    "some events; a RESUME does not help, a new session does and costs "
	    "an IDENTIFY, which nothing spends by itself. If nobody uses these "
	    "events any more, it learns that within a day.",
	    s->silent_words);
}

static void
tell_process(struct story *st, const struct view *v, const struct view_shard *s)
{
	const struct page_watch *w = &s->w;
	char age[24];

	if (s->alive && w->sampled_ms != 0)
		tell(st,
		    "Its process has %llu KiB of memory of its own (%llu KiB "
		    "with what it shares) and %u of %u file descriptors open.",
		    ull(w->uss_kb), ull(w->rss_kb), w->fds, w->fd_limit);
	if (w->last_end[0] != '\0')
		tell(st, "Its last process: %s", w->last_end);
	for (size_t i = 0; i < CRASHES; i++)
		if (w->crashes[i] > 0)
			tell(st, "%llu of its processes ended by: %s.",
			    ull(w->crashes[i]), page_crash_name[i]);
	if (!s->alive && w->restart_ms > v->now_ms)
		tell(st, "It will be started again in %s.",
		    human_age((int64_t)(w->restart_ms - v->now_ms), age));
}

static void
tell_spool(struct story *st, const struct page_shard *s)
{
	if (s->spool_events > 0)
		tell(st, "%llu events (%llu bytes) wait in its spool on disk.",
		    ull(s->spool_events), ull(s->spool_bytes));
	if (s->spool_damaged > 0)
		tell(st,
		    "Its spool was found damaged in %llu places: the events "
		    "there are lost, check the disk.",
		    ull(s->spool_damaged));
	if (s->spool_expired > 0)
		tell(st,
		    "%llu events waited in its spool for longer than [limits] "
		    "spool_age and were dropped.",
		    ull(s->spool_expired));
	if (s->spool_refused > 0)
		tell(st,
		    "Its spool could not be written %llu times: full, or the "
		    "disk is.",
		    ull(s->spool_refused));
}

static void
tell_counters(struct story *st, const struct page_shard *s)
{
	char a[32], b[32], d[32], e[32];

	tell(st,
	    "Over its life it connected %s (%llu failed), identified %s, "
	    "resumed %s (%llu refused), and found its connection dead %s.",
	    times(s->connects, a), ull(s->connect_fails),
	    times(s->identifies, b), times(s->resumes, d),
	    ull(s->resumes_failed), times(s->zombies, e));
	for (size_t i = 0; i < PAGE_CLOSES && s->closes[i].count > 0; i++)
		tell(st, "The gateway closed %s with %u.",
		    times(s->closes[i].count, a), s->closes[i].code);
	if (s->queue_events > 0)
		tell(st, "%llu events (%llu bytes) wait for the handler.",
		    ull(s->queue_events), ull(s->queue_bytes));
	if (s->queue_full > 0)
		tell(st,
		    "It had no room for events %s: the handler or a plugin is "
		    "too slow.",
		    times(s->queue_full, a));
	tell_spool(st, s);
}

/* What the shards have handed over is not all done. */
static void
tell_backlog(struct story *st, const struct view *v)
{
	uint64_t n = view_backlog(v);

	if (n > 0)
		tell(st,
		    "%llu events wait with the fleet's plugins: \"shardherd "
		    "plugin list\" shows with which.",
		    ull(n));
}

static void
tell_session(struct story *st, const struct view *v, const struct config *c,
    const struct view_shard *s)
{
	struct store_session rec;
	struct store store;
	struct err e;
	char age[24];
	int r;

	if (store_open(&store, c->state_dir, &e) == -1
	    || (r = store_session_get(&store, s->id, &rec, &e)) == -1)
		tell(st, "%s", e.text);
	else if (r == 0)
		tell(st, "No session is kept: its next start has to IDENTIFY.");
	else
		tell(st, "It holds a session of %s, good up to event %llu%s.",
		    human_age(v->wall_ms - rec.ready_ms, age),
		    ull(s->cursor_seq > rec.seq ? s->cursor_seq : rec.seq),
		    rec.strikes > 0 ? ", with failed resumes" : "");
}

static void
tell_notes(struct story *st, const struct view *v)
{
	char when[32];

	for (size_t i = 0; i < v->verdict.n; i++) {
		const struct verdict_finding *n = &v->verdict.found[i];

		if (!n->note)
			continue;
		human_when(n->age_ms < 0 ? 0 : v->wall_ms - n->age_ms, when);
		tell(st, "The fleet%s%s: %s", when[0] != '\0' ? ", " : "", when,
		    n->text);
	}
}

static void
print(struct cli *c, const struct story *st, const struct past *past)
{
	struct json_object *o, *a;
	char line[256];

	if (!c->json) {
		for (size_t i = 0; i < st->n; i++)
			puts(st->text[i]);
		if (past->n > 0)
			puts("\nWhat happened, the last of it last:");
		for (size_t i = 0; i < past->n; i++) {
			past_line(&past->event[i], line, sizeof(line));
			puts(line);
		}
		return;
	}
	o = json_object_new_object();
	a = json_object_new_array();
	for (size_t i = 0; i < st->n; i++)
		json_object_array_add(a, json_object_new_string(st->text[i]));
	json_object_object_add(o, "why", a);
	json_object_object_add(o, "past", past_json(past));
	cli_print_json(o);
}

int
verb_why(struct cli *c)
{
	const struct view_shard *s;
	static struct past past;
	static struct story st;
	struct view v;
	uint64_t id;

	if (option_take(c, NULL, 0) == -1)
		return cli_fail(c);
	if (!str_to_u64(c->argv[0], &id))
		return cli_usage(c);
	if (load_look(c) == -1 || view_read(&v, &c->config, &c->err) == -1)
		return cli_fail(c);
	if ((s = view_shard(&v, id, &c->err)) == NULL) {
		view_free(&v);
		return cli_fail(c);
	}
	tell_notes(&st, &v);
	if (v.handler_silent_s > 0)
		tell(&st,
		    "The handler (pid %d) has been silent for %lld s: it hangs "
		    "or is stopped, and what this shard receives waits.",
		    v.handler_watch.pid, (long long)v.handler_silent_s);
	tell_now(&st, &v, s);
	tell_silent(&st, s);
	tell_process(&st, &v, s);
	tell_counters(&st, &s->s);
	tell_session(&st, &v, &c->config, s);
	tell_backlog(&st, &v);
	past_read(&past, &c->config, &v, s->id);
	print(c, &st, &past);
	view_free(&v);
	return EXIT_FINE;
}

/* SPDX-License-Identifier: MIT */
/*
 * A session on its way to HELLO, and what is sent in answer to it: the
 * handshake.  What can go wrong here never voids a session (8.15).
 */
#include "shard/session/session_impl.h"

#include "shared/base/clock.h"

void
session_on_dialed(struct session *s, const struct session_in *in)
{
	uint64_t gone = clock_boot_ms() - s->dialled_ms;
	double left = s->lim.hello_s - (double)gone / 1000;

	/* The deadline counts from the start of the connection (2.3). */
	session_become(s, SHARD_HELLO, "connected, waits for HELLO");
	timer_set(&s->deadline, left > 1.0 ? left : 1.0);
}

void
session_on_dial_failed(struct session *s, const struct session_in *in)
{
	struct session_ending e = session_ending(OUTCOME_UNUSED, "%s",
	    in->text ? in->text : "cannot connect");

	s->stats->connect_fails++;
	session_host_result(s, in->flag ? BACKOFF_ANSWER : BACKOFF_NOBODY);
	backoff_host_wait(&s->attempt, s->on_main,
	    close_codes_http_wait(in->code, in->value));
	e.wait_s = backoff_host_left(&s->attempt,
	    s->held && s->rec.url[0] != '\0');
	session_say(s, LOG_L_WARN, "%s", e.why);
	session_end(s, &e);
}

void
session_on_dial_late(struct session *s, const struct session_in *in)
{
	struct session_ending e = session_ending(OUTCOME_UNUSED,
	    "no connection within %.0f s", s->lim.connect_s);

	s->stats->connect_fails++;
	session_host_result(s, BACKOFF_NOBODY);
	session_say(s, LOG_L_WARN, "%s", e.why);
	session_end(s, &e);
}

void
session_on_hello_late(struct session *s, const struct session_in *in)
{
	struct session_ending e = session_ending(OUTCOME_UNUSED,
	    "no HELLO within %.0f s", s->lim.hello_s);

	s->stats->connect_fails++;
	session_host_result(s, BACKOFF_ANSWER);
	session_say(s, LOG_L_WARN, "%s", e.why);
	session_end(s, &e);
}

/* op 7, op 9 or a close instead of HELLO (8.15). */
static void
on_no_hello(struct session *s, const char *what)
{
	struct session_ending e = session_ending(OUTCOME_UNUSED,
	    "%s instead of HELLO", what);

	s->stats->connect_fails++;
	session_end(s, &e);
}

void
session_on_reconnect_early(struct session *s, const struct session_in *in)
{
	on_no_hello(s, "op 7");
}

void
session_on_invalid_early(struct session *s, const struct session_in *in)
{
	on_no_hello(s, "op 9");
}

static void
handshake_identify(struct session *s)
{
	uint64_t now = clock_boot_ms();

	must(s->permit == PERMIT_HELD);
	if (now - s->granted_ms > SESSION_PERMIT_WINDOW_MS) {
		struct session_ending e = session_ending(OUTCOME_UNUSED,
		    "connecting took longer than a permit lasts");
		session_end(s, &e);
		return;
	}
	s->permit = PERMIT_SPENT;
	s->sent_ms = now;
	s->stats->identifies++;
	if ((unsigned)s->cause < CAUSES)
		s->stats->identified_for[s->cause]++;
	session_become(s, SHARD_IDENTIFYING, "IDENTIFY sent");
	s->ops->identify(s->arg);
	/* Behind the write: on a busy host that may be a while later. */
	s->sent_ms = clock_boot_ms();
}

void
session_resume(struct session *s)
{
	must(s->held && s->rec.id[0] != '\0' && !s->standby);
	s->answer_ms = clock_boot_ms();
	timer_set(&s->deadline, s->lim.ready_s);
	s->stats->resumes++;
	s->stats->resumed_for[s->ended_by]++;
	session_become(s, SHARD_RESUMING, "RESUME sent from seq %llu",
	    (unsigned long long)s->seq);
	s->ops->resume(s->arg, s->rec.id, s->seq);
}

/* What Discord asks for, within bounds; said once. */
static uint64_t
usable_interval(struct session *s, uint64_t ms)
{
	uint64_t cut = ms;

	if (ms < SESSION_INTERVAL_MIN_MS)
		cut = SESSION_INTERVAL_MIN_MS;
	else if (ms > SESSION_INTERVAL_MAX_MS)
		cut = SESSION_INTERVAL_MAX_MS;
	if (cut != ms && s->odd_ms != ms) {
		s->odd_ms = ms;
		session_say(s, LOG_L_WARN,
		    "the server asks for a heartbeat every %llu ms: it gets "
		    "one every %llu ms",
		    (unsigned long long)ms, (unsigned long long)cut);
	}
	return cut;
}

void
session_on_hello(struct session *s, const struct session_in *in)
{
	uint64_t ms = in->value;
	double first;

	if (ms == 0) {
		struct session_ending e = session_ending(OUTCOME_UNUSED,
		    "HELLO without a usable heartbeat_interval");
		s->stats->connect_fails++;
		session_say(s, LOG_L_WARN, "%s", e.why);
		session_end(s, &e);
		return;
	}
	ms = usable_interval(s, ms);
	s->stats->interval_ms = ms;
	s->ops->tune(s->arg, ms);
	session_host_result(s, BACKOFF_HELLO);
	first = (double)ms * clock_random() / 1000;
	s->answer_ms = clock_boot_ms();
	s->beat_due_ms = s->answer_ms + (uint64_t)(first * 1000);
	timer_set(&s->beat, first);
	timer_set(&s->deadline, s->lim.ready_s);
	if (s->standby)
		session_on_standby(s);
	else if (s->held)
		session_resume(s);
	else
		handshake_identify(s);
}

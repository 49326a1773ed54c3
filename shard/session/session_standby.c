/* SPDX-License-Identifier: MIT */
/*
 * A successor's session: connected up to HELLO while another process still has
 * the session, so that what is left to do when it lets go is one RESUME.  Until
 * session_take nothing here may touch the record or ask for a permit.
 */
#include "shard/session/session_impl.h"

#include <string.h>

void
session_standby(struct session *s)
{
	s->standby = true;
}

/* HELLO has come. */
void
session_on_standby(struct session *s)
{
	session_become(s, SHARD_STANDBY, "HELLO came, waits to take over");
	timer_set(&s->deadline, SESSION_STANDBY_S);
	s->ops->report(s->arg, REPORT_STANDBY, 0, "");
}

static void
renew(struct session *s, const char *why)
{
	struct session_ending e = session_ending(OUTCOME_UNUSED, "%s", why);

	e.polite = e.at_once = true;
	session_end(s, &e);
}

void
session_on_standby_over(struct session *s, const struct session_in *in)
{
	renew(s, "waited long to take over: a fresh connection");
}

void
session_on_standby_reconnect(struct session *s, const struct session_in *in)
{
	struct session_ending e = session_ending(OUTCOME_UNUSED,
	    "op 7 before RESUME");

	e.polite = true;
	session_end(s, &e);
}

void
session_on_standby_invalid(struct session *s, const struct session_in *in)
{
	struct session_ending e = session_ending(OUTCOME_UNUSED,
	    "op 9 before RESUME");

	session_end(s, &e);
}

void
session_standby_drop(struct session *s)
{
	session_conn_stop(s, CLOSE_CODES_OUR_CLOSE);
	session_become(s, SHARD_WAITING, "makes another connection");
}

/* ---- taking over ---------------------------------------------------- */

void
session_adopt(struct session *s, const struct store_session *rec)
{
	s->rec = *rec;
	/* It may be of a time when api was another one. */
	session_take_url(s, rec->url);
	s->held = rec->id[0] != '\0';
	s->seq = s->held ? rec->seq : 0;
	s->has_seq = s->seq != 0;
	s->hash = store_session_key(rec);
	s->stats->session = s->hash;
	s->stats->seq = s->seq;
}

/* The session, or where it is to be resumed, has changed meanwhile. */
static void
begin_anew(struct session *s)
{
	session_standby_drop(s);
	session_attempt(s);
}

void
session_on_take_ready(struct session *s, const struct session_in *in)
{
	if (in->flag)
		session_resume(s);
	else
		begin_anew(s);
}

/* HELLO is still to come: it is answered by RESUME then. */
void
session_on_take_early(struct session *s, const struct session_in *in)
{
	if (!in->flag)
		begin_anew(s);
}

void
session_on_take_waiting(struct session *s, const struct session_in *in)
{
	timer_stop(&s->wait);
	session_attempt(s);
}

void
session_take(struct session *s, const struct store_session *rec,
    enum identify_cause cause)
{
	struct session_in in = {.text = "", .url = ""};

	in.flag = rec->id[0] != '\0' && strcmp(rec->url, s->rec.url) == 0;
	s->standby = false;
	s->cause = cause;
	s->ended_by = RECONNECT_ROLLOUT;
	session_adopt(s, rec);
	session_input(s, SESSION_EV_TAKE, &in);
}

/* SPDX-License-Identifier: MIT */
/* From the log to a client; see client_flow.h. */
#include "handler/gate/client/client_flow.h"

#include "handler/gate/client/client_out.h"

#include "shared/base/clock.h"
#include "shared/base/log.h"

#include <inttypes.h>

#define TURN_MAX 512 /* messages of one client in one turn */

/* ---- op 9 ----------------------------------------------------------- */

void
client_flow_overrun(struct gate_clients *all, struct gate_clients_tally *t)
{
	all->count.overruns++;
	t->overruns++;
	t->overrun_ms = clock_boot_ms();
}

/* The session is of no use any more; the connection is. */
static void
invalid(struct client_conn *c, bool overrun)
{
	struct gate_clients *all = c->all;
	struct client_live *l = c->session;

	if (overrun)
		client_flow_overrun(all, l->tally);
	else
		all->count.resume_lost++;
	gate_clients_past(c,
	    overrun ? "op 9: it fell off the end of the log"
		    : "op 9: nothing of its session can be RESUMEd");
	client_conn_part(c);
	client_live_end(all, l);
	client_out_op(c, 9, "false");
	client_conn_greeted(c);
}

/* ---- events --------------------------------------------------------- */

static void
send_record(struct client_conn *c, const struct gatelog_record *r,
    const char *raw)
{
	struct client_live *l = c->session;
	char digits[CLIENT_SESSION_DIGITS];
	struct iovec part[3];

	client_session_message(r, raw, l->cursor.s, digits, part);
	client_out_message(c, part, 3);
	c->all->count.events++;
	l->tally->events++;
	if (c->state == CLIENT_CONN_REPLAY) {
		l->replayed++;
		l->tally->replayed++;
	} else if (r->position <= l->rec.live) {
		l->caught_up++;
		l->tally->caught_up++;
	}
}

/*
 * What there is, as far as there is room: END, OVERRUN, or MORE when it goes on
 * in another turn: of its own accord, or when the output is empty.
 */
static enum client_session_result
pump(struct client_conn *c)
{
	struct client_live *l = c->session;
	enum client_session_result got = CLIENT_SESSION_OK;
	struct gatelog_record r;
	const char *raw;

	for (int n = 0; n < TURN_MAX && client_out_room(c); n++) {
		got = client_session_next(&l->rec, c->all->setup.log,
		    &l->cursor, &r, &raw);
		if (got != CLIENT_SESSION_OK)
			break;
		send_record(c, &r, raw);
	}
	if (got == CLIENT_SESSION_OK)
		got = CLIENT_SESSION_MORE;
	l->tally->expired += l->cursor.expired;
	l->cursor.expired = 0;
	if (!client_out_room(c))
		client_conn_blocked(c);
	else if (got == CLIENT_SESSION_MORE)
		client_conn_wake(c);
	return got;
}

/* ---- what it has ---------------------------------------------------- */

static void
acknowledge(struct client_conn *c)
{
	struct client_live *l = c->session;
	enum client_session_result got = client_session_acknowledge(&l->rec,
	    c->all->setup.log, c->ack_s, &l->cursor);

	l->dirty = true;
	c->ack = got == CLIENT_SESSION_MORE;
	if (c->ack)
		client_conn_wake(c);
}

void
client_flow_heard(struct client_conn *c, uint64_t s)
{
	c->ack_s = s;
	acknowledge(c);
}

/* ---- the states ----------------------------------------------------- */

void
client_flow_live(struct client_conn *c)
{
	if (c->ack)
		acknowledge(c);
	if (pump(c) != CLIENT_SESSION_OVERRUN)
		return;
	log_warn("gate: client %s (shard %u of %u) reads too slowly: the log "
		 "let go what it had not got; it is told to begin anew",
	    c->session->rec.client, c->session->rec.shard,
	    c->session->rec.shard_count);
	invalid(c, true);
}

static void
resumed(struct client_conn *c)
{
	client_out_dispatch(c, "RESUMED", c->session->cursor.s, "{}", 2);
	gate_clients_past(c, "RESUMED");
	c->all->count.resumed++;
	c->session->resumes++;
	c->session->tally->resumes++;
	client_conn_become(c, CLIENT_CONN_LIVE);
	client_conn_wake(c);
}

void
client_flow_replay(struct client_conn *c)
{
	struct client_live *l = c->session;
	enum client_session_result got = pump(c);

	if (got == CLIENT_SESSION_OVERRUN)
		invalid(c, true);
	else if (got == CLIENT_SESSION_END
	    || l->cursor.reader.position >= c->target)
		resumed(c);
}

static void
sought(struct client_conn *c, enum client_session_result got)
{
	if (got == CLIENT_SESSION_MORE) {
		client_conn_wake(c);
		return;
	}
	if (got != CLIENT_SESSION_OK) {
		const struct client_session *rec = &c->session->rec;

		log_info("gate: client %s (shard %u of %u) cannot go on behind "
			 "message %" PRIu64 " (%s): it is told to begin anew",
		    rec->client, rec->shard, rec->shard_count, c->resume_s,
		    got == CLIENT_SESSION_OVERRUN
			? "the log has let go what it missed"
			: "it was never sent that, or it is of its READY and "
			  "guilds");
		invalid(c, got == CLIENT_SESSION_OVERRUN);
		return;
	}
	client_flow_heard(c, c->resume_s);
	c->target = gatelog_last(c->all->setup.log);
	client_conn_become(c, CLIENT_CONN_REPLAY);
	client_conn_wake(c);
}

void
client_flow_resume(struct client_conn *c, uint64_t s)
{
	struct client_live *l = c->session;

	c->resume_s = s;
	client_conn_become(c, CLIENT_CONN_SEEKING);
	sought(c,
	    client_session_resume(&l->rec, c->all->setup.log, s, &l->cursor));
}

void
client_flow_seek(struct client_conn *c)
{
	struct client_live *l = c->session;

	sought(c,
	    client_session_resume_more(&l->rec, c->all->setup.log, c->resume_s,
		&l->cursor));
}

void
client_flow_begin(struct client_conn *c)
{
	struct client_live *l = c->session;

	l->whole = l->dirty = c->all->begun = true;
	client_conn_become(c, CLIENT_CONN_LIVE);
	if (client_session_resume(&l->rec, c->all->setup.log, l->rec.first_s,
		&l->cursor)
	    != CLIENT_SESSION_OK)
		invalid(c, true);
	else
		client_conn_wake(c);
}

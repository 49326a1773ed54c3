/* SPDX-License-Identifier: MIT */
/*
 * The part of conn.h that puts a session on a connection: attaching, op 9, the
 * replay after RESUME and the GUILD_CREATEs after READY, a bounded piece of
 * each per turn.
 */
#include "tools/sim/gateway/conn.h"

#include "tools/sim/gateway/strike.h"
#include "tools/sim/gateway/gateway.h"
#include "tools/sim/base/jso.h"
#include "tools/sim/gateway/intents.h"
#include "tools/sim/world/guild.h"
#include "tools/sim/gateway/ledger.h"
#include "tools/sim/book/stats.h"

#include "shared/base/clock.h"

#include <string.h>

#define CONN_REPLAY_MAX 512    /* events per turn */
#define CONN_REPLAY_GUILDS 512 /* guilds looked at per turn */

void
conn_is_for(struct conn *c, unsigned shard, unsigned count)
{
	c->shard = (int)shard;
	c->count = count;
	c->key = stats_key(shard, count);
	if (c->counted)
		return;
	c->counted = true;
	stats_of(c->sim, STATS_NONE)->connects--;
	stats_of(c->sim, c->key)->connects++;
}

void
conn_attach(struct conn *c, struct session *s, enum conn_state state)
{
	if (s->conn && s->conn != c)
		conn_close(s->conn, 4000, "Resumed elsewhere.");
	timer_stop(&s->expire);
	s->conn = c;
	c->session = s;
	c->state = state;
}

void
conn_invalid(struct conn *c, bool resumable)
{
	conn_part(c, !resumable);
	list_remove(&c->busy);
	c->state = CONN_GREETED;
	conn_send_op(c, 9, resumable ? "true" : "false");
}

static void
resumed(struct conn *c)
{
	static const char d[] =
	    "{\"_trace\":[\"[\\\"shardherd-sim\\\",{\\\"micros\\\":0}]\"]}";

	c->state = CONN_LIVE;
	stats_of(c->sim, c->key)->resumes_ok++;
	session_dispatch(c->session, "RESUMED", d, sizeof(d) - 1, 0);
	if (conn_is_live(c))
		strike_live(c);
}

static void
replay_one(struct conn *c, const char *raw, size_t len)
{
	struct journal_entry *e;
	bool held;

	e = journal_get(&c->session->journal, c->replay_next, &held);
	if (e)
		ledger_left(c->session, e, c->replay_next, true);
	session_leaves(c->session, c->replay_next);
	c->replay_next++;
	conn_send(c, raw, len);
	if (c->state == CONN_REPLAY && --c->replay_left == 0)
		conn_eof(c);
}

static bool
is_behind(const struct conn *c)
{
	unsigned most = c->paced.line->backlog / CONN_PACE_PART;

	return wire_backlog(&c->paced.wire)
	    > (most < CONN_PACE ? most : CONN_PACE);
}

static void
replay(struct conn *c)
{
	for (int i = 0; i < CONN_REPLAY_MAX && c->state == CONN_REPLAY; i++) {
		const char *raw;
		size_t len;

		if (is_behind(c))
			return;
		if (c->replay_next > c->session->journal.seq) {
			resumed(c);
			return;
		}
		raw = session_kept(c->session, c->replay_next, &len);
		if (!raw) {
			conn_part(c, true);
			conn_close(c, 4000, "Replay window overrun.");
			return;
		}
		replay_one(c, raw, len);
	}
}

static void
send_guild(struct conn *c, unsigned i)
{
	struct world *w = c->sim->world;
	struct session *s = c->session;
	json_object *d;
	struct guild *g;
	const char *text;

	if ((world_guild_id(w, i) >> 22) % s->count != s->shard)
		return;
	g = guild_at(w, i);
	if (g == NULL || !guild_member_is(g, s->user))
		return;
	d = guild_create(g, s->user, s->intents & INTENTS_PRESENCES, s->large);
	text = jso_text(d);
	gateway_next(c->sim);
	session_dispatch(s, "GUILD_CREATE", text, strlen(text),
	    JOURNAL_COUNTED);
	json_object_put(d);
}

static void
send_guilds(struct conn *c)
{
	struct session *s = c->session;
	unsigned guilds = world_guilds(c->sim->world);

	for (int i = 0; i < CONN_REPLAY_GUILDS && conn_is_live(c); i++) {
		if (is_behind(c))
			return;
		if (s->sync_next >= guilds && s->sync_floods > 1) {
			s->sync_floods--;
			s->sync_next = 0;
		}
		if (s->sync_next >= guilds) {
			s->syncing = false;
			return;
		}
		send_guild(c, s->sync_next++);
	}
}

static bool
has_work(const struct conn *c)
{
	return c->state == CONN_REPLAY
	    || (conn_is_live(c) && c->session->syncing);
}

void
conn_work(struct conn *c)
{
	struct gateway *g = c->sim->gateway;

	if (c->state == CONN_REPLAY)
		replay(c);
	if (conn_is_live(c) && c->session->syncing)
		send_guilds(c);
	if (!has_work(c)) {
		list_remove(&c->busy);
	} else if (list_empty(&c->busy)) {
		list_append(&g->busy, &c->busy);
		ev_timer_again(c->sim->loop, &g->tick);
	}
}

bool
conn_stamp(struct conn_stamps *s, unsigned max, unsigned window_s)
{
	uint64_t now = clock_boot_ms(), *slot = &s->at[s->next % max];
	bool over = *slot > 0 && now - *slot < (uint64_t)window_s * 1000;

	*slot = now;
	s->next = (s->next + 1) % max;
	return over;
}

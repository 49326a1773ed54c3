/* SPDX-License-Identifier: MIT */
/* Sessions, one session, violations. */
#include "tools/sim/page/page_impl.h"

#include "tools/sim/base/jso.h"
#include "tools/sim/book/stats.h"
#include "tools/sim/gateway/gateway.h"
#include "tools/sim/world/user.h"
#include "tools/sim/world/world.h"

#include <string.h>

#define EVENTS 100 /* of a session's last ones */

/* What a person wants to know of it, and how good that is. */
static const char *
state_of(const struct session *s, const char **class_)
{
	*class_ = "soft";
	if (s->ended)
		return "ended";
	*class_ = "warn";
	if (s->conn == NULL)
		return "away, may RESUME";
	if (!conn_is_live(s->conn))
		return conn_is_open(s->conn) ? "replaying" : "closing";
	*class_ = "good";
	return "live";
}

static const char *
bot_name(struct page *p, const struct session *s)
{
	return jso_get_text(user_doc(p->w, s->user), "username");
}

static void
session_row(struct page *p, struct session *s)
{
	const char *class_, *state = state_of(s, &class_);

	sbuf_fmt(p->t, "<tr><td class=\"n\">%u of %u</td>", s->shard, s->count);
	if (world_bots(p->w) > 1)
		page_html_element(p->t, "td", NULL, bot_name(p, s));
	sbuf_str(p->t, "<td><a href=\"/sessions/");
	page_html_text(p->t, s->id);
	sbuf_str(p->t, "\">");
	page_html_element(p->t, "code", NULL, s->id);
	sbuf_str(p->t, "</a></td>");
	page_html_element(p->t, "td", class_, state);
	page_html_number(p->t, s->journal.seq);
	page_html_number(p->t, s->heartbeat_seq);
	page_html_number(p->t, s->sent);
	sbuf_str(p->t, "</tr>\n");
}

static uint64_t
rows_of(struct page *p, const struct list *all, uint64_t at, uint64_t from,
    uint64_t most)
{
	list_each (all, e) {
		if (at >= from && at < from + most)
			session_row(p, container_of(e, struct session, link));
		at++;
	}
	return at;
}

static uint64_t
sessions_count(const struct gateway *g)
{
	uint64_t n = g->ended_count;

	list_each (&g->live, e)
		n++;
	return n;
}

void
page_sessions_table(struct page *p, uint64_t from, uint64_t most)
{
	static const char *const heads[] = {"#shard", "session", "state", "seq",
	    "acknowledged", "events", NULL},
				 *const of_bots[] = {"#shard", "bot", "session",
				     "state", "seq", "acknowledged", "events",
				     NULL};
	const struct gateway *g = p->sim->gateway;

	if (sessions_count(g) == 0) {
		sbuf_str(p->t,
		    "<p class=\"none\">No bot has sent an IDENTIFY yet.</p>\n");
		return;
	}
	page_html_table(p->t, world_bots(p->w) > 1 ? of_bots : heads);
	rows_of(p, &g->ended, rows_of(p, &g->live, 0, from, most), from, most);
	page_html_table_end(p->t);
}

void
page_sessions(struct page *p)
{
	page_begin(p, 200, "Sessions", "Sessions");
	sbuf_str(p->t,
	    "<p class=\"soft\">Acknowledged is the highest seq its heartbeats "
	    "named.</p>\n");
	page_sessions_table(p, p->from * PAGE_ROWS, PAGE_ROWS);
	page_turns(p, sessions_count(p->sim->gateway));
	page_end(p);
}

/* ---- one session ------------------------------------------------------ */

static void
event_row(struct page *p, const struct session *s, uint64_t seq,
    const struct journal_entry *e)
{
	sbuf_str(p->t, "<tr>");
	page_html_number(p->t, seq);
	page_html_element(p->t, "td", "t", journal_name(e));
	page_html_number(p->t, e->len);
	sbuf_str(p->t, "<td>");
	if (seq <= s->heartbeat_seq)
		page_html_mark(p->t, "good", "acknowledged");
	else if (!(e->flags & JOURNAL_DELIVERED))
		page_html_mark(p->t, "warn", "not sent yet");
	sbuf_str(p->t, "</td></tr>\n");
}

static void
events(struct page *p, struct session *s)
{
	static const char *const heads[] = {"#seq", "event", "#bytes", "",
	    NULL};
	uint64_t seq = s->journal.seq;

	sbuf_str(p->t, "<h2>Its last events, the newest first</h2>\n");
	page_html_table(p->t, heads);
	for (int n = 0; seq > 0 && n < EVENTS; seq--, n++) {
		bool held;
		const struct journal_entry *e = journal_get(&s->journal, seq,
		    &held);

		if (e != NULL)
			event_row(p, s, seq, e);
	}
	page_html_table_end(p->t);
}

static void
card(struct sbuf *t, const char *what, uint64_t n)
{
	sbuf_fmt(t, "<div class=\"card\"><b>%" PRIu64 "</b>", n);
	page_html_text(t, what);
	sbuf_str(t, "</div>\n");
}

void
page_session(struct page *p)
{
	struct session *s = session_find(p->sim, p->arg, strlen(p->arg));
	const char *class_, *state;
	char text[64];

	if (s == NULL) {
		page_missing(p, "There is no session of that id any more.");
		return;
	}
	must(str_format(text, sizeof(text), "Session of shard %u of %u",
	    s->shard, s->count));
	page_begin(p, 200, "Sessions", text);
	state = state_of(s, &class_);
	sbuf_str(p->t, "<p><span class=\"id\">");
	page_html_text(p->t, s->id);
	sbuf_str(p->t, "</span>");
	page_html_mark(p->t, class_, state);
	sbuf_str(p->t, " ");
	page_html_element(p->t, "b", NULL, bot_name(p, s));
	sbuf_fmt(p->t, " <span class=\"soft\">intents %" PRIu64 "</span></p>\n",
	    s->intents);
	sbuf_str(p->t, "<div class=\"cards\">\n");
	card(p->t, "seq, last issued", s->journal.seq);
	card(p->t, "acknowledged by heartbeat", s->heartbeat_seq);
	card(p->t, "events, without READY", s->sent);
	card(p->t, "kept for a RESUME", s->journal.seq + 1 - session_oldest(s));
	sbuf_str(p->t, "</div>\n");
	events(p, s);
	page_end(p);
}

/* ---- violations ------------------------------------------------------- */

static uint64_t
violations_kept(const struct stats_book *b)
{
	return b->violations < STATS_VIOLATIONS_MAX ? b->violations
						    : STATS_VIOLATIONS_MAX;
}

void
page_violations_table(struct page *p, uint64_t from, uint64_t most)
{
	static const char *const heads[] = {"after", "shard", "what", NULL};
	const struct stats_book *b = p->sim->stats;

	if (b->violations == 0) {
		sbuf_str(p->t,
		    "<p class=\"none\">None: no rule was "
		    "broken.</p>\n");
		return;
	}
	page_html_table(p->t, heads);
	for (uint64_t i = from; i < violations_kept(b) && i < from + most;
	     i++) {
		const struct stats_violation *v =
		    &b->violation[(b->violations - 1 - i)
			% STATS_VIOLATIONS_MAX];

		sbuf_str(p->t, "<tr><td class=\"t\">");
		page_html_time(p->t, v->at_ms);
		if (v->key < 0)
			sbuf_str(p->t, "</td><td class=\"soft\">none</td>");
		else
			sbuf_fmt(p->t, "</td><td>%u/%u</td>",
			    stats_key_shard(v->key), stats_key_count(v->key));
		page_html_element(p->t, "td", v->odd ? "soft" : NULL, v->what);
		sbuf_str(p->t, "</tr>\n");
	}
	page_html_table_end(p->t);
}

void
page_violations(struct page *p)
{
	const struct stats_book *b = p->sim->stats;

	page_begin(p, 200, "Violations", "Violations");
	sbuf_fmt(p->t,
	    "<p class=\"soft\">%" PRIu64 " so far; the newest first, times "
	    "from the start.</p>\n",
	    b->violations);
	page_violations_table(p, p->from * PAGE_ROWS, PAGE_ROWS);
	page_turns(p, violations_kept(b));
	page_end(p);
}

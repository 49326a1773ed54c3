/* SPDX-License-Identifier: MIT */
/* The first page, and the calls of the bot. */
#include "tools/sim/page/page_impl.h"

#include "tools/sim/base/jso.h"
#include "tools/sim/book/asked.h"
#include "tools/sim/book/starts.h"
#include "tools/sim/book/stats.h"
#include "tools/sim/gateway/gateway.h"
#include "tools/sim/page/page_look.h"
#include "tools/sim/rest/rest_body.h"
#include "tools/sim/world/user.h"

#define GUILDS 3
#define FEW 10 /* rows of each table on the first page */

static void requests_table(struct page *, bool absent, uint64_t from,
    uint64_t most);

static void
card(struct sbuf *t, const char *class_, uint64_t n, const char *what)
{
	sbuf_fmt(t, "<div class=\"card\"><b class=\"%s\">%" PRIu64 "</b>",
	    class_, n);
	page_html_text(t, what);
	sbuf_str(t, "</div>\n");
}

static void
cards(struct page *p)
{
	const struct sim *sim = p->sim;
	struct stats s;

	stats_total(p->sim, &s);
	starts_refresh(p->sim, 0);
	sbuf_str(p->t, "<div class=\"cards\">\n");
	card(p->t, gateway_connected(p->sim) > 0 ? "good" : "soft",
	    gateway_connected(p->sim), "sessions connected");
	card(p->t, "", s.sent, "events");
	card(p->t, "", s.replayed, "of them replayed");
	card(p->t, "", s.identifies, "IDENTIFYs");
	card(p->t, "", s.resumes_ok, "RESUMEs");
	card(p->t, "", (uint64_t)sim->bot[0].starts.remaining,
	    "session starts left");
	card(p->t, "", sim->rest->requests, "REST calls");
	card(p->t, sim->rest->rate_limited > 0 ? "warn" : "",
	    sim->rest->rate_limited, "of them 429");
	card(p->t, s.violations > 0 ? "bad" : "good", s.violations,
	    "violations");
	card(p->t, "", page_look_guilds(p->w), "guilds");
	sbuf_str(p->t, "</div>\n");
}

static void
who(struct page *p)
{
	unsigned n = world_bots(p->w);

	sbuf_str(p->t, n > 1 ? "<p>The bots are" : "<p>The bot is");
	for (unsigned i = 0; i < n; i++) {
		json_object *bot = user_doc(p->w, user_bot(p->w, i));

		sbuf_str(p->t, i > 0 ? ", <b>" : " <b>");
		page_html_member(p->t, bot, "username");
		sbuf_str(p->t, "</b> <span class=\"id\">");
		page_html_member(p->t, bot, "id");
		sbuf_str(p->t, "</span>");
	}
	sbuf_str(p->t, ". The API is <code>");
	page_html_text(p->t, p->sim->url_api);
	sbuf_str(p->t, "</code>, the gateway <code>");
	page_html_text(p->t, p->sim->url_gateway);
	sbuf_str(p->t, "</code>.</p>\n");
}

static void
part(struct page *p, const char *heading, const char *href)
{
	sbuf_fmt(p->t, "<h2><a href=\"%s\">%s</a></h2>\n", href, heading);
}

void
page_overview(struct page *p)
{
	page_begin(p, 200, "Overview", "A Discord for the desk");
	who(p);
	cards(p);
	part(p, "Sessions", "/sessions");
	page_sessions_table(p, 0, FEW);
	part(p, "Guilds", "/guilds");
	page_guilds_table(p, 0, GUILDS);
	part(p, "Violations", "/violations");
	page_violations_table(p, 0, FEW);
	part(p, "Requests", "/requests");
	requests_table(p, false, 0, FEW);
	page_end(p);
}

/* ---- calls ------------------------------------------------------------ */

static const char *
status_class(int status)
{
	if (status == 0 || status >= 500)
		return "n bad";
	return status >= 400 ? "n warn" : "n good";
}

static void
request_row(struct page *p, const struct asked_call *c)
{
	sbuf_str(p->t, "<tr><td class=\"t\">");
	page_html_time(p->t, c->at_ms);
	sbuf_str(p->t, "</td>");
	if (c->status == 0)
		page_html_element(p->t, "td", status_class(0), "cut off");
	else
		sbuf_fmt(p->t, "<td class=\"%s\">%d</td>",
		    status_class(c->status), c->status);
	page_html_element(p->t, "td", NULL, c->method);
	sbuf_str(p->t, "<td>");
	page_html_element(p->t, "code", NULL, c->path);
	if (c->absent)
		page_html_mark(p->t, "bad", "no such route here");
	sbuf_str(p->t, "</td></tr>\n");
}

static void
requests_table(struct page *p, bool absent, uint64_t from, uint64_t most)
{
	static const char *const heads[] = {"after", "#status", "method",
	    "path", NULL};
	const struct asked_call *c;
	uint64_t seen = 0;

	if (p->sim->asked->count == 0) {
		sbuf_str(p->t,
		    "<p class=\"none\">No bot has called yet.</p>\n");
		return;
	}
	page_html_table(p->t, heads);
	for (uint64_t k = 0; (c = asked_nth(p->sim, k)) != NULL; k++) {
		if (absent && !c->absent)
			continue;
		if (seen >= from && seen < from + most)
			request_row(p, c);
		seen++;
	}
	page_html_table_end(p->t);
}

static uint64_t
count(struct page *p, bool absent)
{
	const struct asked_call *c;
	uint64_t n = 0;

	for (uint64_t k = 0; (c = asked_nth(p->sim, k)) != NULL; k++)
		n += !absent || c->absent;
	return n;
}

static void
statuses(struct page *p)
{
	const struct rest *r = p->sim->rest;

	sbuf_str(p->t, "<p>");
	for (int s = 0; s < REST_STATUS_MAX; s++)
		if (r->by_status[s] > 0)
			sbuf_fmt(p->t,
			    "<span class=\"mark %s\">%d: %" PRIu64 "</span> ",
			    s >= 500	   ? "bad"
				: s >= 400 ? "warn"
					   : "good",
			    s, r->by_status[s]);
	sbuf_str(p->t, "</p>\n");
}

/* What Discord has and the simulator has not, by the names of the routes. */
static void
lacking(struct page *p)
{
	static const char *const heads[] = {"#times", "route", NULL};
	json_object *absent = p->sim->rest->absent;

	if (json_object_object_length(absent) == 0)
		return;
	page_html_table(p->t, heads);
	json_object_object_foreach (absent, name, n) {
		sbuf_str(p->t, "<tr>");
		page_html_number(p->t, (uint64_t)json_object_get_int64(n));
		sbuf_str(p->t, "<td>");
		page_html_element(p->t, "code", NULL, name);
		sbuf_str(p->t, "</td></tr>\n");
	}
	page_html_table_end(p->t);
}

void
page_requests(struct page *p)
{
	bool absent = rest_body_true(p->call, "absent");
	uint64_t rows = count(p, absent);

	if (absent)
		str_copy(p->query, "absent=1&amp;", sizeof(p->query));
	page_begin(p, 200, "Requests",
	    absent ? "Requests for what is not here" : "Requests");
	statuses(p);
	sbuf_fmt(p->t,
	    "<p class=\"soft\">The last %d are kept, the newest first. "
	    "<a href=\"%s</a></p>\n",
	    ASKED_MAX,
	    absent ? "?\">All of them"
		   : "?absent=1\">Only those for routes that are not here");
	if (absent)
		lacking(p);
	requests_table(p, absent, p->from * PAGE_ROWS, PAGE_ROWS);
	page_turns(p, rows);
	page_end(p);
}

/* SPDX-License-Identifier: MIT */
/* Which page it is, its head and its end. */
#include "tools/sim/page/page.h"

#include "tools/sim/page/page_impl.h"
#include "tools/sim/rest/rest_body.h"
#include "tools/sim/rest/rest_reply.h"

#include "shared/base/clock.h"
#include "shared/base/version.h"

#include <string.h>

#define HTML "text/html; charset=utf-8"

/* One that ends in / takes one part more. */
static const struct {
	const char *path;
	void (*fn)(struct page *);
	const char *tab; /* NULL: none of its own */
} pages[] = {
    {"/", page_overview, "Overview"},
    {"/guilds", page_guilds, "Guilds"},
    {"/guilds/", page_guild, NULL},
    {"/channels/", page_channel, NULL},
    {"/sessions", page_sessions, "Sessions"},
    {"/sessions/", page_session, NULL},
    {"/violations", page_violations, "Violations"},
    {"/requests", page_requests, "Requests"},
};

static void
tabs(struct page *p, const char *where)
{
	sbuf_str(p->t, "<nav>");
	for (size_t i = 0; i < nitems(pages); i++) {
		if (pages[i].tab == NULL)
			continue;
		sbuf_fmt(p->t, "<a href=\"%s\"%s>%s</a>", pages[i].path,
		    strcmp(pages[i].tab, where) == 0 ? " class=\"here\"" : "",
		    pages[i].tab);
	}
	sbuf_str(p->t, "</nav>");
}

static uint64_t
refresh(struct page *p)
{
	uint64_t n = rest_body_query(p->call, "refresh", 0);

	return n > PAGE_REFRESH_MAX ? PAGE_REFRESH_MAX : n;
}

void
page_begin(struct page *p, int status, const char *where, const char *heading)
{
	uint64_t again = refresh(p);

	rest_reply_page(p->call, status, HTML);
	sbuf_str(p->t,
	    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, "
	    "initial-scale=1\">\n");
	if (again > 0)
		sbuf_fmt(p->t,
		    "<meta http-equiv=\"refresh\" content=\"%" PRIu64 "\">\n",
		    again);
	sbuf_str(p->t, "<title>");
	page_html_text(p->t, heading);
	sbuf_str(p->t,
	    " \xc2\xb7 shardherd-sim</title>\n"
	    "<link rel=\"icon\" href=\"data:,\">\n"
	    "<link rel=\"stylesheet\" href=\"/style.css\">\n</head>\n<body>\n"
	    "<header><a class=\"name\" href=\"/\">shardherd-sim</a>");
	tabs(p, where);
	sbuf_str(p->t, "</header>\n<main>\n");
	page_html_element(p->t, "h1", NULL, heading);
	sbuf_str(p->t, "\n");
}

void
page_end(struct page *p)
{
	uint64_t again = refresh(p);

	sbuf_fmt(p->t, "</main>\n<footer>shardherd-sim %s, running for ",
	    SHARDHERD_VERSION);
	page_html_time(p->t, clock_boot_ms() - p->sim->started_ms);
	/* A query alone: of this page. */
	sbuf_str(p->t, " \xc2\xb7 ");
	if (again > 0)
		sbuf_fmt(p->t,
		    "looked at again every %" PRIu64
		    " s <a href=\"?%spage=%" PRIu64 "\">stop</a>",
		    again, p->query, p->from);
	else
		sbuf_fmt(p->t,
		    "<a href=\"?%spage=%" PRIu64
		    "&amp;refresh=5\">look again every 5 s</a>",
		    p->query, p->from);
	sbuf_str(p->t, "</footer>\n</body>\n</html>\n");
}

void
page_missing(struct page *p, const char *sentence)
{
	page_begin(p, 404, "", "Not here");
	page_html_element(p->t, "p", NULL, sentence);
	sbuf_str(p->t,
	    "\n<p>The bot's API is below <code>/api/v10</code>; "
	    "<a href=\"/\">this is the way to what there is to see</a>.</p>\n");
	page_end(p);
}

uint64_t
page_id(const struct page *p)
{
	uint64_t id;

	return str_to_u64(p->arg, &id) ? id : 0;
}

void
page_turns(struct page *p, uint64_t rows)
{
	uint64_t last = rows > 0 ? (rows - 1) / PAGE_ROWS : 0;

	if (last == 0)
		return;
	sbuf_str(p->t, "<p class=\"turns\">");
	if (p->from > 0)
		sbuf_fmt(p->t, "<a href=\"?%spage=%" PRIu64 "\">before</a> ",
		    p->query, p->from > last ? last : p->from - 1);
	sbuf_fmt(p->t, "page %" PRIu64 " of %" PRIu64, p->from + 1, last + 1);
	if (p->from < last)
		sbuf_fmt(p->t, " <a href=\"?%spage=%" PRIu64 "\">next</a>",
		    p->query, p->from + 1);
	sbuf_str(p->t, "</p>\n");
}

/* The page of this path; fills arg. */
static void (*find(struct page *p))(struct page *)
{
	const char *url = p->call->url, *last = strrchr(url, '/');

	for (size_t i = 0; i < nitems(pages); i++) {
		size_t n = strlen(pages[i].path);

		bool more = n > 1 && pages[i].path[n - 1] == '/';

		if (!more && strcmp(url, pages[i].path) == 0)
			return pages[i].fn;
		if (more && strncmp(url, pages[i].path, n) == 0
		    && last == url + n - 1 && last[1] != '\0') {
			p->arg = last + 1;
			return pages[i].fn;
		}
	}
	return NULL;
}

static void
serve(struct rest_call *c)
{
	struct page p = {.call = c,
	    .sim = c->sim,
	    .w = c->w,
	    .t = &c->out,
	    .arg = ""};
	void (*fn)(struct page *) = find(&p);
	uint64_t page = rest_body_query(c, "page", 0);

	p.from = page < WORLD_GUILDS_MAX ? page : WORLD_GUILDS_MAX;
	if (strcmp(c->method, "GET") != 0 && strcmp(c->method, "HEAD") != 0) {
		page_begin(&p, 405, "", "These pages are only to look at");
		page_end(&p);
	} else if (strcmp(c->url, "/style.css") == 0) {
		rest_reply_page(c, 200, "text/css; charset=utf-8");
		sbuf_str(p.t, page_style);
	} else if (fn != NULL) {
		fn(&p);
	} else {
		page_missing(&p, "There is no such page.");
	}
}

void
page_open(struct sim *sim)
{
	rest_door(sim, "/", serve);
}

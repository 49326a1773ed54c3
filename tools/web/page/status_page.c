/* SPDX-License-Identifier: MIT */
#include "tools/web/page/status_page_impl.h"

#include "shared/base/clock.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define OLD_MS 15000	      /* a view of before is told of */
#define HISTORY_OLD_MS 120000 /* so is a history nobody writes */
#define PLAIN_TITLE "Status of the bot"

void
status_page_policy(char out[STATUS_PAGE_POLICY_MAX])
{
	unsigned char sum[EVP_MAX_MD_SIZE], text[2 * EVP_MAX_MD_SIZE];
	unsigned n = 0;

	must(EVP_Digest(status_page_style, strlen(status_page_style), sum, &n,
		 EVP_sha256(), NULL)
	    == 1);
	EVP_EncodeBlock(text, sum, (int)n);
	must(str_format(out, STATUS_PAGE_POLICY_MAX,
	    "default-src 'none'; style-src 'sha256-%s'; img-src data:; "
	    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
	    (const char *)text));
}

/* ---- now ------------------------------------------------------------ */

enum now { NOW_OK, NOW_LESS, NOW_LOST, NOW_UNKNOWN };
static const struct {
	const char *class, *icon, *color;
} now_looks[] = {
    [NOW_OK] = {"ok", "M9 16.5l5 5 9-11", "1a7f37"},
    [NOW_LESS] = {"less", "M16 8v10M16 22.5v1.5", "b87503"},
    [NOW_LOST] = {"lost", "M10.5 10.5l11 11M21.5 10.5l-11 11", "c2202f"},
    [NOW_UNKNOWN] = {"unknown", "M10 16h12", "7b8592"},
};

static enum now
now_of(const struct outage *o)
{
	if (o == NULL)
		return NOW_UNKNOWN;
	return o->lost >= 1	     ? NOW_LOST
	    : o->lost > 0 || o->less ? NOW_LESS
				     : NOW_OK;
}

static void
icon(struct buf *b, enum now now)
{
	buf_printf(b,
	    "<svg viewBox=\"0 0 32 32\" aria-hidden=\"true\" fill=\"none\" "
	    "stroke=\"currentColor\" stroke-width=\"3\" "
	    "stroke-linecap=\"round\" stroke-linejoin=\"round\">"
	    "<circle cx=\"16\" cy=\"16\" r=\"14\"/><path d=\"%s\"/></svg>\n",
	    now_looks[now].icon);
}

/* The worst in large, the others below it. */
static void
troubles(struct buf *b, const struct outage *o)
{
	char words[256];
	unsigned n = 0;

	for (int i = 0; i < OUTAGE_KINDS; i++) {
		if (!o->is[i])
			continue;
		outage_words_now((enum outage_kind)i, o->out, o->shards, words,
		    sizeof(words));
		if (n == 1)
			buf_puts(b, "<ul>\n");
		buf_puts(b, n == 0 ? "<h2 id=\"now\">" : "<li>");
		status_page_text(b, words);
		buf_puts(b, n++ == 0 ? "</h2>\n" : "</li>\n");
	}
	if (n > 1)
		buf_puts(b, "</ul>\n");
}

static void
what_works(struct buf *b, const struct outage *o)
{
	uint32_t up = o->shards - o->out;

	if (o->is[OUTAGE_STOPPED] || up == 0)
		return;
	buf_puts(b, "<p>");
	if (o->shards == 1)
		buf_puts(b, "Its connection to Discord is up");
	else if (o->out == 0)
		buf_printf(b, "All %u connections to Discord are up",
		    o->shards);
	else
		buf_printf(b, "The other %u connection%s up", up,
		    up == 1 ? " is" : "s are");
	if (o->rtt_ms != 0)
		buf_printf(b,
		    "; Discord answers heartbeats in "
		    "%u&nbsp;ms",
		    o->rtt_ms);
	buf_puts(b, ".</p>\n");
}

/* What works now.  o NULL: it is not known. */
static void
what_is(struct buf *b, const struct outage *o)
{
	enum now now = now_of(o);

	buf_printf(b,
	    "<section class=\"now %s\" aria-labelledby=\"now\">"
	    "\n",
	    now_looks[now].class);
	icon(b, now);
	buf_puts(b, "<div>\n");
	if (now == NOW_UNKNOWN)
		buf_puts(b,
		    "<h2 id=\"now\">How the bot is can't be told "
		    "now.</h2>\n<p>What it writes down about itself "
		    "can't be read here. It may work all the "
		    "same.</p>\n");
	else if (now == NOW_OK)
		buf_puts(b, "<h2 id=\"now\">Everything works.</h2>\n");
	else
		troubles(b, o);
	if (o != NULL)
		what_works(b, o);
	buf_puts(b, "</div>\n</section>\n");
}

/* ---- the document --------------------------------------------------- */

static void
head(struct buf *b, const char *title, enum now now)
{
	buf_puts(b,
	    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
	    "content=\"width=device-width, initial-scale=1\">\n"
	    "<meta name=\"referrer\" content=\"no-referrer\">\n"
	    "<title>");
	status_page_text(b, title);
	buf_printf(b,
	    "</title>\n<link rel=\"icon\" href=\"data:image/svg+xml,%%3Csvg "
	    "xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%%3E"
	    "%%3Ccircle cx='8' cy='8' r='7' fill='%%23%s'/%%3E%%3C/svg%%3E\">\n"
	    "<style>",
	    now_looks[now].color);
	buf_puts(b, status_page_style);
	buf_puts(b, "</style>\n</head>\n<body>\n<header>\n<h1>");
	status_page_text(b, title);
	buf_puts(b, "</h1>\n");
}

static void
as_of(struct buf *b, const struct view *v, int64_t wall_ms)
{
	int64_t at = v != NULL ? v->wall_ms : wall_ms;
	char age[STATUS_PAGE_FOR_MAX];

	buf_puts(b, "<p>As of ");
	status_page_time(b, at);
	if (wall_ms - at > OLD_MS)
		buf_printf(b, ", which is %s ago",
		    status_page_for(wall_ms - at, age));
	buf_puts(b, "</p>\n</header>\n");
}

static void
foot(struct buf *b, const struct history *h, int64_t wall_ms)
{
	int64_t at = history_taken_ms(h);

	buf_puts(b, "<footer>\n");
	if (at != 0 && wall_ms - at > HISTORY_OLD_MS) {
		buf_puts(b, "<p>Nothing was added to the history since ");
		status_page_time(b, at);
		buf_puts(b, ".</p>\n");
	}
	buf_puts(b,
	    "<p>Times are UTC. What was not watched is not known, and "
	    "not taken for well.</p>\n</footer>\n");
}

void
status_page_html(struct buf *b, const struct view *v, const struct history *h,
    const struct status_page_ask *ask)
{
	int64_t wall_ms = clock_wall_ms();
	const char *title = ask->title != NULL && ask->title[0] != '\0'
	    ? ask->title
	    : PLAIN_TITLE;
	struct outage found, *o = NULL;

	if (v != NULL) {
		outage_find(v, &found);
		o = &found;
	}
	head(b, title, now_of(o));
	as_of(b, v, wall_ms);
	buf_puts(b, "<main>\n");
	what_is(b, o);
	status_page_guild(b, v, ask->guild);
	status_page_past(b, h, wall_ms);
	status_page_incidents(b, h, wall_ms);
	if (v != NULL)
		status_page_shards(b, v);
	buf_puts(b, "</main>\n");
	foot(b, h, wall_ms);
	buf_puts(b, "</body>\n</html>\n");
}

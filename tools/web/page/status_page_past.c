/* SPDX-License-Identifier: MIT */
/* 90 days and the last one as bars with words; incidents as sentences. */
#include "tools/web/page/status_page_impl.h"

#define SLOTS ((size_t)(HISTORY_DAY_MS / HISTORY_SLOT_MS))
#define BAR 10		/* width, of which 2 are between two bars */
#define TALL 100	/* height */
#define LEAST 12.0	/* of a trouble, however short */
#define UNKNOWN 5	/* of a time that is not known */
#define GAP 2.0		/* between parts of a bar */
#define INCIDENTS 10	/* shown at once */
#define WHOLE_MS 120000 /* not known for less is not worth a word */

static void
rect(struct buf *b, char class, size_t i, double y, double height)
{
	buf_printf(b,
	    "<rect class=\"%c\" x=\"%zu\" y=\"%.1f\" width=\"8\" "
	    "height=\"%.1f\"/>",
	    class, i * BAR + 1, y, height);
}

/* Of a bar so tall; a little one, where there is any. */
static double
share(uint64_t part, uint64_t all, double tall)
{
	double h = all > 0 ? (double)part / (double)all * tall : 0;

	if (part > 0 && h < LEAST)
		h = LEAST;
	return h < tall ? h : tall;
}

static bool
is_whole(const struct history_time *t, int64_t span_ms)
{
	return (int64_t)t->known_ms + WHOLE_MS >= span_ms;
}

/* As tall as what is known of the time; over it a line for what is not. */
static void
bar(struct buf *b, size_t i, const struct history_time *t, int64_t span_ms)
{
	bool whole = is_whole(t, span_ms) && t->known_ms > 0;
	double tall = whole
	    ? TALL
	    : share(t->known_ms, (uint64_t)span_ms, TALL - UNKNOWN - GAP);
	double lost = share(t->lost_ms, t->known_ms, tall);
	double less = share(t->less_ms, t->known_ms, tall - lost);
	double y = TALL - tall;

	if (!whole)
		rect(b, 'u', i, y - UNKNOWN - (tall > 0 ? GAP : 0), UNKNOWN);
	if (lost > 0)
		rect(b, 'd', i, y, lost);
	y += lost > 0 ? lost + GAP : 0;
	if (less > 0)
		rect(b, 'l', i, y, less);
	y += less > 0 ? less + GAP : 0;
	if (y < TALL)
		rect(b, 'w', i, y, TALL - y);
}

/* n spans of time, of which the last goes on. */
static void
chart(struct buf *b, const char *label, const struct history_time *t, size_t n,
    int64_t span_ms, int64_t wall_ms)
{
	buf_printf(b,
	    "<svg class=\"bars\" role=\"img\" aria-labelledby=\"%s\" "
	    "viewBox=\"0 0 %zu %d\" preserveAspectRatio=\"none\">\n",
	    label, n * BAR, TALL);
	for (size_t i = 0; i < n; i++) {
		bar(b, i, &t[i], i < n - 1 ? span_ms : wall_ms % span_ms);
		if (i % 8 == 7)
			buf_puts(b, "\n");
	}
	buf_puts(b, "</svg>\n");
}

/* What it did of its work: never rounded up to all. */
static void
percent(struct buf *b, const struct history_time *t)
{
	uint64_t done = t->known_ms - t->lost_ms, part;

	if (t->lost_ms == 0) {
		buf_puts(b, "100&nbsp;%");
		return;
	}
	part = done * 10000 / t->known_ms;
	buf_printf(b, "%llu.%02llu&nbsp;%%", (unsigned long long)part / 100,
	    (unsigned long long)part % 100);
}

static void
add(struct history_time *to, const struct history_time *t)
{
	to->known_ms += t->known_ms;
	to->less_ms += t->less_ms;
	to->lost_ms += t->lost_ms;
}

/* In a sentence, which is also what the chart is called; false: of nothing. */
static bool
sentence(struct buf *b, const char *id, const char *span, int64_t span_ms,
    const struct history_time *t, size_t n)
{
	struct history_time all = {0};
	char age[STATUS_PAGE_FOR_MAX];
	bool part;

	for (size_t i = 0; i < n; i++)
		add(&all, &t[i]);
	part = (int64_t)all.known_ms + HISTORY_SLOT_MS < span_ms;
	buf_printf(b, "<p id=\"%s\">", id);
	if (all.known_ms == 0) {
		buf_printf(b, "Nothing is known of the last %s.</p>\n", span);
		return false;
	}
	if (part)
		buf_printf(b,
		    "For %s of the last %s it is known how the bot was: it "
		    "worked ",
		    status_page_for((int64_t)all.known_ms, age), span);
	else
		buf_printf(b, "In the last %s the bot worked ", span);
	percent(b, &all);
	buf_printf(b, " of %s time", part ? "that" : "the");
	if (all.less_ms > 0)
		buf_printf(b, "; for %s of it something was missing",
		    status_page_for((int64_t)all.less_ms, age));
	buf_puts(b, ".</p>\n");
	return true;
}

/* A sentence and its chart. */
static bool
span(struct buf *b, const char *id, const char *words, const char *end,
    const struct history_time *t, size_t n, int64_t span_ms, int64_t wall_ms)
{
	int64_t all_ms = (int64_t)(n - 1) * span_ms + wall_ms % span_ms;

	if (!sentence(b, id, words, all_ms, t, n))
		return false;
	chart(b, id, t, n, span_ms, wall_ms);
	buf_printf(b,
	    "<p class=\"axis\"><span>%s ago</span><span>%s</span></p>\n", words,
	    end);
	return true;
}

static void
key(struct buf *b)
{
	buf_puts(b,
	    "<ul class=\"legend\">\n"
	    "<li><span class=\"key w\"></span> worked</li>\n"
	    "<li><span class=\"key l\"></span> something was missing</li>\n"
	    "<li><span class=\"key d\"></span> did not work, from the top</li>"
	    "\n<li><span class=\"key u\"></span> not known</li>\n</ul>\n");
}

/* ---- day by day ----------------------------------------------------- */

/* Days of which there is no more to say than of each other. */
static bool
alike(const struct history_time *a, const struct history_time *b)
{
	bool none = a->known_ms == 0;

	if (a->lost_ms + a->less_ms + b->lost_ms + b->less_ms > 0)
		return false;
	return none
	    ? b->known_ms == 0
	    : is_whole(a, HISTORY_DAY_MS) && is_whole(b, HISTORY_DAY_MS);
}

static void
cells(struct buf *b, const struct history_time *t, bool one, int64_t most_ms)
{
	char age[STATUS_PAGE_FOR_MAX];

	buf_puts(b, "<td>");
	if (t->known_ms == 0) {
		buf_puts(b, "not known</td><td></td><td></td></tr>\n");
		return;
	}
	percent(b, t);
	if (one && !is_whole(t, most_ms))
		buf_printf(b, " of %s known",
		    status_page_for((int64_t)t->known_ms, age));
	buf_printf(b, "</td><td>%s</td><td>",
	    t->less_ms > 0 ? status_page_for((int64_t)t->less_ms, age) : "");
	if (t->rtt_ms > 0 && one)
		buf_printf(b, "%u&nbsp;ms", t->rtt_ms);
	buf_puts(b, "</td></tr>\n");
}

/* Newest first; days that are alike are one row. */
static void
day_by_day(struct buf *b, const struct history_time *day, int64_t wall_ms)
{
	int64_t today = wall_ms - wall_ms % HISTORY_DAY_MS;

	buf_puts(b,
	    "<details><summary>Day by day</summary>\n<table>\n"
	    "<thead><tr><th scope=\"col\">Day, UTC</th><th "
	    "scope=\"col\">Worked</th><th scope=\"col\">Something "
	    "missing</th><th scope=\"col\">Latency</th></tr>"
	    "</thead>\n<tbody>\n");
	for (size_t i = HISTORY_DAYS; i-- > 0;) {
		size_t last = i;
		int64_t at = today
		    - (int64_t)(HISTORY_DAYS - 1 - i) * HISTORY_DAY_MS;

		while (i > 0 && alike(&day[i], &day[i - 1]))
			i--;
		buf_puts(b, "<tr><th scope=\"row\">");
		if (i < last) {
			status_page_day(b,
			    at - (int64_t)(last - i) * HISTORY_DAY_MS);
			buf_puts(b, " to ");
		}
		status_page_day(b, at);
		buf_puts(b, "</th>");
		cells(b, &day[last], i == last,
		    last == HISTORY_DAYS - 1 ? wall_ms - today
					     : HISTORY_DAY_MS);
	}
	buf_puts(b, "</tbody>\n</table>\n</details>\n");
}

void
status_page_past(struct buf *b, const struct history *h, int64_t wall_ms)
{
	struct history_time day[HISTORY_DAYS], slot[SLOTS];
	bool known;

	history_days(h, wall_ms, day);
	history_slots(h, wall_ms, SLOTS, slot);
	buf_puts(b,
	    "<section class=\"wide\" aria-labelledby=\"past\">\n"
	    "<h2 id=\"past\">The last 90 days</h2>\n");
	known = span(b, "days", "90 days", "today", day, HISTORY_DAYS,
	    HISTORY_DAY_MS, wall_ms);
	if (span(b, "hours", "24 hours", "now", slot, SLOTS, HISTORY_SLOT_MS,
		wall_ms)
	    || known)
		key(b);
	if (known)
		day_by_day(b, day, wall_ms);
	buf_puts(b, "</section>\n");
}

/* ---- incidents ------------------------------------------------------ */

static void
incident(struct buf *b, const struct history_incident *i, int64_t wall_ms)
{
	char words[256], age[STATUS_PAGE_FOR_MAX];
	bool on = i->end_ms == 0;

	buf_printf(b, "<li><p class=\"soft\">%s", on ? "Since " : "");
	status_page_time(b, i->begin_ms);
	if (on && wall_ms - i->seen_ms > HISTORY_GAP_MS) {
		buf_puts(b, "; seen last ");
		status_page_time(b, i->seen_ms);
	} else if (on)
		buf_printf(b, ", it goes on: %s",
		    status_page_for(wall_ms - i->begin_ms, age));
	else if (i->until_ms != 0) {
		buf_puts(b, ", over at some time between ");
		status_page_time(b, i->end_ms);
		buf_puts(b, " and ");
		status_page_time(b, i->until_ms);
	} else
		buf_printf(b, ", for %s",
		    status_page_for(i->end_ms - i->begin_ms, age));
	buf_puts(b, "</p>\n<p>");
	(on ? outage_words_now : outage_words_then)(i->kind, i->out, i->shards,
	    words, sizeof(words));
	status_page_text(b, words);
	buf_puts(b, "</p></li>\n");
}

void
status_page_incidents(struct buf *b, const struct history *h, int64_t wall_ms)
{
	struct history_incident found[HISTORY_INCIDENTS];
	size_t n = history_incidents(h, wall_ms, found, nitems(found));

	buf_puts(b,
	    "<section class=\"wide\" aria-labelledby=\"incidents\">\n"
	    "<h2 id=\"incidents\">Incidents</h2>\n");
	if (n == 0)
		buf_puts(b, "<p>None are known in the last 90 days.</p>\n");
	else
		buf_puts(b, "<ol class=\"incidents\">\n");
	for (size_t i = 0; i < n; i++) {
		if (i == INCIDENTS)
			buf_printf(b,
			    "</ol>\n<details><summary>%zu older ones</summary>"
			    "\n<ol class=\"incidents\">\n",
			    n - i);
		incident(b, &found[i], wall_ms);
	}
	if (n > 0)
		buf_puts(b, "</ol>\n");
	if (n > INCIDENTS)
		buf_puts(b, "</details>\n");
	buf_puts(b, "</section>\n");
}

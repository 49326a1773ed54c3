/* SPDX-License-Identifier: MIT */
/* 90 days and the last one as bars with words; incidents as sentences. */
#include "tools/web/page/status_page_impl.h"

#define SLOTS ((size_t)(HISTORY_DAY_MS / HISTORY_SLOT_MS))
#define BAR 10		/* width, of which 2 are between two bars */
#define TALL 100	/* height */
#define LEAST 12.0	/* of a trouble, however short */
#define UNKNOWN 5	/* of a time that is not known */
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

static double
share(uint64_t part, uint64_t all)
{
	double h = all > 0 ? (double)part / (double)all * TALL : 0;

	return part > 0 && h < LEAST ? LEAST : h;
}

/* All the bar is the time that is known: what of the day that is, the words
 * say. */
static void
bar(struct buf *b, size_t i, const struct history_time *t)
{
	double lost = share(t->lost_ms, t->known_ms);
	double less = share(t->less_ms, t->known_ms);
	double gap = lost > 0 && less > 0 ? 2 : 0;

	if (t->known_ms == 0) {
		rect(b, 'u', i, TALL - UNKNOWN, UNKNOWN);
		return;
	}
	if (lost + less + gap > TALL)
		less = TALL - lost - gap > 0 ? TALL - lost - gap : 0;
	if (lost > 0)
		rect(b, 'd', i, 0, lost);
	if (less > 0)
		rect(b, 'l', i, lost + gap, less);
	lost += less + gap;
	if (lost > 0)
		lost += 2;
	if (lost < TALL)
		rect(b, 'w', i, lost, TALL - lost);
}

static void
chart(struct buf *b, const char *label, const struct history_time *t, size_t n)
{
	buf_printf(b,
	    "<svg class=\"bars\" role=\"img\" aria-labelledby=\"%s\" "
	    "viewBox=\"0 0 %zu %d\" preserveAspectRatio=\"none\">\n",
	    label, n * BAR, TALL);
	for (size_t i = 0; i < n; i++) {
		bar(b, i, &t[i]);
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

/* In a sentence, which is also what the chart is called. */
static void
sentence(struct buf *b, const char *id, const char *span, int64_t span_ms,
    const struct history_time *t, size_t n)
{
	struct history_time all = {0};
	char age[STATUS_PAGE_FOR_MAX];

	for (size_t i = 0; i < n; i++)
		add(&all, &t[i]);
	buf_printf(b, "<p id=\"%s\">", id);
	if (all.known_ms == 0) {
		buf_printf(b, "Nothing is known of the last %s.</p>\n", span);
		return;
	}
	if ((int64_t)all.known_ms + HISTORY_SLOT_MS < span_ms)
		buf_printf(b,
		    "Of the last %s, %s are known. In these the bot "
		    "worked ",
		    span, status_page_for((int64_t)all.known_ms, age));
	else
		buf_printf(b, "In the last %s the bot worked ", span);
	percent(b, &all);
	buf_puts(b, " of the time");
	if (all.less_ms > 0)
		buf_printf(b, "; for %s of it something was missing",
		    status_page_for((int64_t)all.less_ms, age));
	buf_puts(b, ".</p>\n");
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

static bool
alike(const struct history_time *a, const struct history_time *b)
{
	return a->lost_ms == 0 && a->less_ms == 0 && b->lost_ms == 0
	    && b->less_ms == 0 && (a->known_ms == 0) == (b->known_ms == 0);
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
	if (one && (int64_t)t->known_ms + WHOLE_MS < most_ms)
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
	    "missing</th><th scope=\"col\">Answer of Discord</th></tr>"
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

	history_days(h, wall_ms, day);
	history_slots(h, wall_ms, SLOTS, slot);
	buf_puts(b,
	    "<section class=\"wide\" aria-labelledby=\"past\">\n"
	    "<h2 id=\"past\">The last 90 days</h2>\n");
	sentence(b, "days", "90 days", HISTORY_DAYS * HISTORY_DAY_MS, day,
	    HISTORY_DAYS);
	chart(b, "days", day, HISTORY_DAYS);
	buf_puts(b,
	    "<p class=\"axis\"><span>90 days ago</span><span>today"
	    "</span></p>\n");
	sentence(b, "hours", "24 hours", HISTORY_DAY_MS, slot, SLOTS);
	chart(b, "hours", slot, SLOTS);
	buf_puts(b,
	    "<p class=\"axis\"><span>24 hours ago</span><span>now"
	    "</span></p>\n");
	key(b);
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

/* SPDX-License-Identifier: MIT */
/*
 * The shards: a mark for each, of a shape and a colour of its state; counts,
 * and all that do not work, in words.
 */
#include "tools/web/page/status_page_impl.h"

#include <string.h>

#define FEW 64	     /* so many have a cell with words each */
#define ILL_MAX 40   /* lines beside the grid of many */
#define QUICK_MS 100 /* how full a mark is: no verdict, only a scale */
#define SLOW_MS 250

/* class of the mark, words of the legend */
#define MARKS(X)                                                               \
	X(QUICK, "a", "ready, answers within 100 ms")                          \
	X(FAIR, "b", "ready, within 250 ms")                                   \
	X(SLOW, "c", "ready, more slowly")                                     \
	X(NEW, "n", "ready, not measured yet")                                 \
	X(PARTLY, "p", "ready, but something is wrong")                        \
	X(ON_THE_WAY, "o", "connecting, or waiting to")                        \
	X(AWAY, "x", "not connected")
enum mark {
#define X(n, c, w) MARK_##n,
	MARKS(X)
#undef X
	    MARKS_N
};
static const struct {
	const char *class, *words;
} marks[MARKS_N] = {
#define X(n, c, w) {c, w},
    MARKS(X)
#undef X
};

static bool
is_away(const struct view_shard *s)
{
	return s->deaf || s->s.state == SHARD_DOWN || s->s.state == SHARD_HELD;
}

static enum mark
mark_of(const struct view_shard *s)
{
	if (!outage_shard_works(s))
		return is_away(s) ? MARK_AWAY : MARK_ON_THE_WAY;
	if (!outage_shard_is_well(s))
		return MARK_PARTLY;
	if (s->s.rtt_ms == 0)
		return MARK_NEW;
	return s->s.rtt_ms <= QUICK_MS ? MARK_QUICK
	    : s->s.rtt_ms <= SLOW_MS   ? MARK_FAIR
				       : MARK_SLOW;
}

/* "ready, 41 ms"; of one that is not: no latency, as what it was is old. */
static void
words_of(const struct view_shard *s, const char *between, char *out,
    size_t size)
{
	if (outage_shard_works(s) && s->s.rtt_ms != 0)
		str_format(out, size, "%s%s%u ms", s->state, between,
		    s->s.rtt_ms);
	else
		str_copy(out, s->state, size);
}

static void
legend(struct buf *b, const struct view *v)
{
	uint32_t n[MARKS_N] = {0};

	for (size_t i = 0; i < v->n; i++)
		n[mark_of(&v->shard[i])]++;
	buf_puts(b, "<ul class=\"legend\">\n");
	for (int i = 0; i < MARKS_N; i++)
		if (n[i] > 0)
			buf_printf(b, "<li><i class=\"%s\"></i> %s: %u</li>\n",
			    marks[i].class, marks[i].words, n[i]);
	buf_puts(b, "</ul>\n");
}

static void
few(struct buf *b, const struct view *v)
{
	buf_puts(b, "<ol class=\"few\">\n");
	for (size_t i = 0; i < v->n; i++) {
		const struct view_shard *s = &v->shard[i];
		char words[64];

		words_of(s, ", ", words, sizeof(words));
		buf_printf(b,
		    "<li><i class=\"%s\"></i><div>Shard %u<span>%s</span>"
		    "</div></li>\n",
		    marks[mark_of(s)].class, s->id, words);
	}
	buf_puts(b, "</ol>\n");
}

/* "down for 3 minutes": of shards that are so alike, one line is enough. */
static void
ill_words(const struct view *v, const struct view_shard *s, char *out,
    size_t size)
{
	int64_t ms = view_age(v, s->s.state_since_ms);
	char age[STATUS_PAGE_FOR_MAX];

	if (!outage_shard_works(s) && ms >= 0)
		str_format(out, size, "%s for %s", s->state,
		    status_page_for(ms, age));
	else
		str_copy(out, s->state, size);
}

/* How many from there on are ill in the same words. */
static size_t
alike(const struct view *v, size_t i, const char *words)
{
	size_t n = 0;
	char its[128];

	for (; i + n < v->n && !outage_shard_is_well(&v->shard[i + n]); n++) {
		ill_words(v, &v->shard[i + n], its, sizeof(its));
		if (strcmp(its, words) != 0)
			break;
	}
	return n;
}

/* For who cannot see the grid, and who would not find them in it. */
static void
ill(struct buf *b, const struct view *v)
{
	size_t lines = 0, left = 0;

	for (size_t i = 0; i < v->n; i++) {
		uint32_t id = v->shard[i].id;
		char words[128];
		size_t n;

		if (outage_shard_is_well(&v->shard[i]))
			continue;
		ill_words(v, &v->shard[i], words, sizeof(words));
		n = alike(v, i, words);
		i += n - 1;
		if (lines == ILL_MAX) {
			left += n;
			continue;
		}
		if (lines++ == 0)
			buf_puts(b, "<ul class=\"ill\">\n");
		if (n == 1)
			buf_printf(b, "<li>Shard %u: %s</li>\n", id, words);
		else
			buf_printf(b, "<li>Shards %u to %zu: %s</li>\n", id,
			    id + n - 1, words);
	}
	if (left > 0)
		buf_printf(b, "<li>and %zu more</li>\n", left);
	if (lines > 0)
		buf_puts(b, "</ul>\n");
}

static void
many(struct buf *b, const struct view *v)
{
	buf_puts(b, "<div class=\"many\" aria-hidden=\"true\">");
	for (size_t i = 0; i < v->n; i++) {
		const struct view_shard *s = &v->shard[i];
		char words[64];

		words_of(s, ", ", words, sizeof(words));
		buf_printf(b, "<i class=\"%s\" title=\"%u: %s\"></i>%s",
		    marks[mark_of(s)].class, s->id, words,
		    i % 16 == 15 ? "\n" : "");
	}
	buf_puts(b, "</div>\n");
	ill(b, v);
}

void
status_page_shards(struct buf *b, const struct view *v)
{
	uint32_t first = v->cluster.first;

	buf_puts(b,
	    "<section class=\"wide\" aria-labelledby=\"shards\">\n"
	    "<h2 id=\"shards\">Connections to Discord</h2>\n");
	if (v->n == 0) {
		buf_puts(b, "<p>There are none.</p>\n</section>\n");
		return;
	}
	buf_printf(b,
	    "<p class=\"soft\">Each is a shard: it carries the servers of its "
	    "number. ");
	if (v->n < v->cluster.shard_count)
		buf_printf(b,
		    "Shards %u to %zu of %u are here, the others on other "
		    "machines.",
		    first, first + v->n - 1, v->cluster.shard_count);
	else if (v->n > 1)
		buf_printf(b, "There are %zu, from 0 to %zu.", v->n, v->n - 1);
	buf_puts(b, "</p>\n");
	legend(b, v);
	if (v->n <= FEW)
		few(b, v);
	else
		many(b, v);
	buf_puts(b, "</section>\n");
}

/* SPDX-License-Identifier: MIT */
/* "Is it my server?": from its id to its shard, and how that is. */
#include "tools/web/page/status_page_impl.h"

#include "shared/base/clock.h"
#include "shared/base/text.h"

#include <ctype.h>

#define DISCORD_EPOCH_MS INT64_C(1420070400000) /* of a snowflake */
#define DIGITS_MIN 15
#define ASKED_MAX 40 /* bytes of it that are said back */
#define EXAMPLE "197038439483310086"

enum asked { ASKED_NOTHING, ASKED_NO_ID, ASKED_FUTURE, ASKED_ID };

/* As it was pasted: blanks around it do not matter. */
static enum asked
read_id(const char *asked, int64_t wall_ms, uint64_t *id)
{
	char text[ASKED_MAX];
	size_t n;

	asked += strspn(asked, " \t\r\n+");
	n = strlen(asked);
	while (n > 0 && strchr(" \t\r\n+", asked[n - 1]) != NULL)
		n--;
	if (n == 0)
		return ASKED_NOTHING;
	if (n >= sizeof(text) || n < DIGITS_MIN)
		return ASKED_NO_ID;
	memcpy(text, asked, n);
	text[n] = '\0';
	if (strspn(text, "0123456789") != n || !str_to_u64(text, id))
		return ASKED_NO_ID;
	if ((int64_t)(*id >> 22) + DISCORD_EPOCH_MS
	    > wall_ms + 24 * 3600 * INT64_C(1000))
		return ASKED_FUTURE;
	return ASKED_ID;
}

static void
answer_shard(struct buf *b, const struct view *v, const struct view_shard *s)
{
	int64_t age = view_age(v, s->s.state_since_ms);
	bool works = outage_shard_works(s), well = outage_shard_is_well(s);
	struct outage o;

	if (age < 0 || s->deaf || (works && !well))
		buf_printf(b, "That shard is %s", s->state);
	else {
		buf_printf(b, "That shard has been %s since ", s->state);
		status_page_time(b, v->wall_ms - age);
	}
	if (works && s->s.rtt_ms != 0)
		buf_printf(b, " and answers in %u&nbsp;ms", s->s.rtt_ms);
	buf_puts(b, ". ");
	outage_find(v, &o);
	if (!works)
		buf_puts(b,
		    "So it is not your server alone: the servers of "
		    "this shard are not reached until it is back.");
	else if (s->silent != 0)
		buf_puts(b,
		    "Some kinds of events do not arrive on it: what "
		    "your server sees is likely to come from that.");
	else if (o.lost > 0 || o.less || !well)
		buf_puts(b,
		    "It is not the connection, then; what does not "
		    "work is said above.");
	else
		buf_puts(b,
		    "If the bot does not answer on your server all the "
		    "same, look at its permissions there.");
	buf_puts(b, "</p>\n");
}

static const char *
class_of(const struct view_shard *s)
{
	return !outage_shard_works(s) ? "lost"
	    : outage_shard_is_well(s) ? "ok"
				      : "less";
}

static void
answer_id(struct buf *b, const struct view *v, uint64_t id)
{
	uint32_t count = v != NULL ? v->cluster.shard_count : 0;
	const struct view_shard *s = NULL;
	uint64_t n = 0;

	if (count > 0) {
		struct err none;

		n = (id >> 22) % count;
		s = view_shard(v, n, &none);
	}
	buf_printf(b, "<p class=\"answer %s\" role=\"status\">",
	    s != NULL ? class_of(s) : "");
	if (count == 0) {
		buf_puts(b,
		    "Which shard that server is on can't be told "
		    "now.</p>\n");
		return;
	}
	buf_printf(b, "Server %llu is on <strong>shard %llu</strong> of %u. ",
	    (unsigned long long)id, (unsigned long long)n, count);
	if (s != NULL)
		answer_shard(b, v, s);
	else
		buf_puts(b,
		    "That one runs on another machine, which this "
		    "page does not see.</p>\n");
}

static void
answer(struct buf *b, const struct view *v, const char *asked)
{
	uint64_t id;

	switch (read_id(asked, clock_wall_ms(), &id)) {
	case ASKED_NOTHING:
		return;
	case ASKED_NO_ID:
		buf_puts(b,
		    "<p class=\"answer\" role=\"status\">Sorry, "
		    "&ldquo;");
		status_page_text(b, TEXT_OF(asked, ASKED_MAX));
		buf_puts(b,
		    "&rdquo; is not the ID of a server. That is a "
		    "number of 17 to 20 digits, such as " EXAMPLE ".</p>\n");
		return;
	case ASKED_FUTURE:
		buf_puts(b,
		    "<p class=\"answer\" role=\"status\">Sorry, no "
		    "server has that ID yet: is a digit too many in "
		    "it?</p>\n");
		return;
	case ASKED_ID:
		answer_id(b, v, id);
	}
}

void
status_page_guild(struct buf *b, const struct view *v, const char *asked)
{
	buf_puts(b,
	    "<section aria-labelledby=\"ask\" role=\"search\">\n"
	    "<h2 id=\"ask\">Is it my server?</h2>\n"
	    "<form method=\"get\" action=\"#ask\">\n"
	    "<label for=\"guild\">ID of the server</label>\n"
	    "<input id=\"guild\" name=\"" STATUS_PAGE_ASK "\" type=\"text\" "
	    "inputmode=\"numeric\" autocomplete=\"off\" maxlength=\"40\" "
	    "required aria-describedby=\"how\" value=\"");
	if (asked != NULL)
		status_page_text(b, TEXT_OF(asked, ASKED_MAX));
	buf_puts(b, "\">\n<button>Look</button>\n</form>\n");
	if (asked != NULL)
		answer(b, v, asked);
	buf_puts(b,
	    "<p class=\"soft\" id=\"how\">In Discord: switch on Settings, "
	    "Advanced, Developer Mode; then right-click the server's name and "
	    "choose Copy Server ID.</p>\n</section>\n");
}

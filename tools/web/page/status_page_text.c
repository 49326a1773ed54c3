/* SPDX-License-Identifier: MIT */
/* Foreign text, times and spans in HTML; see status_page_impl.h. */
#include "tools/web/page/status_page_impl.h"

#include "shared/base/text.h"

#include <time.h>

static const char *
escape_of(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void
status_page_text(struct buf *b, const char *text)
{
	char clean[STATUS_PAGE_TEXT_MAX + 1];

	text_clean(clean, sizeof(clean), text, strlen(text));
	for (const char *p = clean; *p != '\0'; p++) {
		const char *as = escape_of(*p);

		if (as != NULL)
			buf_puts(b, as);
		else
			buf_add(b, p, 1);
	}
}

static void
parts(int64_t wall_ms, struct tm *tm)
{
	time_t s = (time_t)(wall_ms / 1000);

	if (gmtime_r(&s, tm) == NULL)
		memset(tm, 0, sizeof(*tm));
}

/* Of the month's three letters, whatever the locale of the process. */
static const char *
month(const struct tm *tm)
{
	static const char *const name[] = {"Jan", "Feb", "Mar", "Apr", "May",
	    "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

	return name[(unsigned)tm->tm_mon % nitems(name)];
}

void
status_page_time(struct buf *b, int64_t wall_ms)
{
	struct tm tm;
	char when[32];

	parts(wall_ms, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	buf_printf(b,
	    "<time datetime=\"%s\">%d&nbsp;%s&nbsp;%d, %02d:%02d</time> UTC",
	    when, tm.tm_mday, month(&tm), tm.tm_year + 1900, tm.tm_hour,
	    tm.tm_min);
}

void
status_page_day(struct buf *b, int64_t wall_ms)
{
	struct tm tm;
	char when[32];

	parts(wall_ms, &tm);
	strftime(when, sizeof(when), "%Y-%m-%d", &tm);
	buf_printf(b, "<time datetime=\"%s\">%d&nbsp;%s</time>", when,
	    tm.tm_mday, month(&tm));
}

static bool
add_unit(char *out, size_t *len, int64_t n, const char *unit)
{
	if (n == 0)
		return false;
	str_format(out + *len, STATUS_PAGE_FOR_MAX - *len, "%s%lld %s%s",
	    *len > 0 ? " " : "", (long long)n, unit, n == 1 ? "" : "s");
	*len = strlen(out);
	return true;
}

/* The two largest units. */
const char *
status_page_for(int64_t ms, char out[STATUS_PAGE_FOR_MAX])
{
	static const struct {
		int64_t s;
		const char *name;
	} unit[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"},
	    {1, "second"}};
	int64_t s = ms < 0 ? 0 : ms / 1000;
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < nitems(unit); i++) {
		bool second = len > 0;

		add_unit(out, &len, s / unit[i].s, unit[i].name);
		s %= unit[i].s;
		if (second || (len > 0 && unit[i].s == 60))
			break;
	}
	if (len == 0)
		str_copy(out, "less than a second", STATUS_PAGE_FOR_MAX);
	return out;
}

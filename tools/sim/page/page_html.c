/* SPDX-License-Identifier: MIT */
#include "tools/sim/page/page_html.h"

#include "shared/base/text.h"
#include "tools/sim/base/jso.h"

#define REPLACEMENT "\xef\xbf\xbd"

static const char *
escape_of(unsigned char c)
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
	case '\n':
	case '\t':
		return NULL;
	default:
		return c < 0x20 || c == 0x7f ? REPLACEMENT : NULL;
	}
}

/* C1 controls, which HTML forbids, are two bytes of UTF-8. */
static bool
is_control(const char *s, size_t len)
{
	return len == 2 && (unsigned char)s[0] == 0xc2
	    && (unsigned char)s[1] < 0xa0;
}

static void
add_escaped(struct sbuf *t, const char *s, size_t n)
{
	while (n > 0) {
		size_t len = text_char(s, n);
		const char *as = len == 1 ? escape_of((unsigned char)*s) : NULL;

		if (len == 0 || is_control(s, len))
			as = REPLACEMENT;
		if (len == 0)
			len = 1;
		if (as != NULL)
			sbuf_str(t, as);
		else
			sbuf_add(t, s, len);
		s += len;
		n -= len;
	}
}

void
page_html_text(struct sbuf *t, const char *s)
{
	size_t n, shown;

	if (s == NULL)
		return;
	n = strlen(s);
	shown = text_cut(s, n, PAGE_HTML_TEXT_MAX);
	add_escaped(t, s, shown);
	if (shown < n)
		sbuf_str(t, "\xe2\x80\xa6");
}

void
page_html_member(struct sbuf *t, json_object *o, const char *key)
{
	page_html_text(t, jso_get_text(o, key));
}

void
page_html_element(struct sbuf *t, const char *tag, const char *class_,
    const char *text)
{
	sbuf_fmt(t, "<%s", tag);
	if (class_ != NULL)
		sbuf_fmt(t, " class=\"%s\"", class_);
	sbuf_str(t, ">");
	page_html_text(t, text);
	sbuf_fmt(t, "</%s>", tag);
}

void
page_html_mark(struct sbuf *t, const char *class_, const char *text)
{
	char both[64];

	must(str_format(both, sizeof(both), "mark %s", class_));
	sbuf_str(t, " ");
	page_html_element(t, "span", both, text);
}

void
page_html_time(struct sbuf *t, uint64_t ms)
{
	unsigned s = (unsigned)(ms / 1000 % 60),
		 m = (unsigned)(ms / 60000 % 60);
	uint64_t h = ms / 3600000;

	if (h > 0)
		sbuf_fmt(t, "%" PRIu64 " h ", h);
	if (h > 0 || m > 0)
		sbuf_fmt(t, "%u min ", m);
	sbuf_fmt(t, "%u.%03u s", s, (unsigned)(ms % 1000));
}

void
page_html_table(struct sbuf *t, const char *const *heads)
{
	sbuf_str(t, "<div class=\"wide\"><table>\n<thead><tr>");
	for (; *heads != NULL; heads++) {
		bool number = **heads == '#';

		page_html_element(t, "th", number ? "n" : NULL,
		    *heads + number);
	}
	sbuf_str(t, "</tr></thead>\n<tbody>\n");
}

void
page_html_table_end(struct sbuf *t)
{
	sbuf_str(t, "</tbody></table></div>\n");
}

void
page_html_number(struct sbuf *t, uint64_t n)
{
	sbuf_fmt(t, "<td class=\"n\">%" PRIu64 "</td>", n);
}

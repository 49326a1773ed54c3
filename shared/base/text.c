/* SPDX-License-Identifier: MIT */
/* See text.h. */
#include "shared/base/text.h"

#include <string.h>

#define CUT "\xe2\x80\xa6" /* "…" */
#define FORM_MAX 8	   /* longest form of one character: \uNNNN */

size_t
text_char(const void *at, size_t have)
{
	const unsigned char *s = at;
	size_t n = s[0] < 0x80		  ? 1
	    : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
	    : (s[0] & 0xf0) == 0xe0	  ? 3
	    : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
					  : 0;

	if (n > have)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* Longer than needed, surrogates, beyond the last code point. */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f)
	    || (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

bool
text_is_utf8(const void *at, size_t n)
{
	const unsigned char *s = at;
	uint64_t eight;

	for (size_t c; n > 0; s += c, n -= c) {
		c = 8; /* most of it is ASCII */
		if (n >= 8
		    && (memcpy(&eight, s, 8),
			(eight & 0x8080808080808080u) == 0))
			continue;
		if ((c = text_char(s, n)) == 0)
			return false;
	}
	return true;
}

size_t
text_count(const void *at, size_t n)
{
	const unsigned char *s = at;
	size_t count = 0;

	for (size_t c; n > 0; s += c, n -= c, count++)
		if ((c = text_char(s, n)) == 0)
			c = 1;
	return count;
}

/* How many bytes the character that c begins wants, by its first byte. */
static size_t
wanted(unsigned char c)
{
	return c < 0xc2 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 1;
}

size_t
text_whole(const void *at, size_t n)
{
	const unsigned char *s = at;
	size_t back = 1;

	while (back < TEXT_CHAR_MAX && back < n && (s[n - back] & 0xc0) == 0x80)
		back++;
	return back <= n && wanted(s[n - back]) > back ? n - back : n;
}

size_t
text_cut(const void *s, size_t n, size_t max)
{
	return n <= max ? n : text_whole(s, max);
}

static unsigned
code_point(const unsigned char *s, size_t n)
{
	static const unsigned char first[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	unsigned c = s[0] & first[n];

	for (size_t i = 1; i < n; i++)
		c = c << 6 | (s[i] & 0x3f);
	return c;
}

/* Not a control, but it turns the direction of what follows (Unicode's
 * Bidi_Control), or ends a line for some readers. */
static bool
misleads(unsigned c)
{
	return c == 0x061c || c == 0x200e || c == 0x200f
	    || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* One character of src as text into form; what it took is *took. */
static size_t
put(char form[FORM_MAX + 1], const unsigned char *src, size_t n, size_t *took)
{
	size_t len = text_char(src, n);
	unsigned c;

	*took = len > 0 ? len : 1;
	if (len == 0)
		return (size_t)snprintf(form, FORM_MAX + 1, "\\x%02x", src[0]);
	c = code_point(src, len);
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return (size_t)snprintf(form, FORM_MAX + 1, "\\x%02x", c);
	if (misleads(c))
		return (size_t)snprintf(form, FORM_MAX + 1, "\\u%04x", c);
	memcpy(form, src, len);
	return len;
}

size_t
text_clean(char *dst, size_t size, const void *at, size_t n)
{
	const unsigned char *src = at;
	size_t out = 0, room = size - 1, safe = 0, took;
	char form[FORM_MAX + 1];

	must(size >= 2 * FORM_MAX);
	for (; n > 0; src += took, n -= took) {
		size_t len = put(form, src, n, &took);

		if (len > room - out) {
			memcpy(dst + safe, CUT, strlen(CUT));
			out = safe + strlen(CUT);
			break;
		}
		memcpy(dst + out, form, len);
		out += len;
		/* The last place where the mark of a cut still fits. */
		if (out + strlen(CUT) <= room)
			safe = out;
	}
	dst[out] = '\0';
	return out;
}

/* Most words are clean: they are only looked at. */
static bool
clean(const char *text, size_t n)
{
	char form[FORM_MAX + 1];
	size_t took;

	for (; n > 0; text += took, n -= took)
		if (put(form, (const unsigned char *)text, n, &took) != took)
			return false;
	return true;
}

void
text_clean_own(char *text, size_t size)
{
	size_t n = strnlen(text, size - 1);
	char *copy;

	/* Full, it may have been cut in the middle of a character. */
	if (n == size - 1)
		n = text_whole(text, n);
	text[n] = '\0';
	if (clean(text, n))
		return;
	copy = base_strdup(text);
	text_clean(text, size, copy, n);
	free(copy);
}

void printflike(3, 0)
    text_vformat(char *dst, size_t size, const char *fmt, va_list ap)
{
	vsnprintf(dst, size, fmt, ap);
	text_clean_own(dst, size);
}

void
text_format(char *dst, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_vformat(dst, size, fmt, ap);
	va_end(ap);
}

char *
text_into(char *dst, size_t size, const void *src, size_t n)
{
	text_clean(dst, size, src, n);
	return dst;
}

/* Outside of strings JSON is ASCII: what is changed here is inside of one. */
char *
text_json(const char *json)
{
	const unsigned char *src = (const unsigned char *)json;
	size_t n = strlen(json), len;
	/* No form is longer than three times what it stands for. */
	char *out = base_alloc(3 * n + 1), *to = out;

	for (; n > 0; src += len, n -= len) {
		unsigned c;

		len = text_char(src, n);
		if (len == 0) {
			len = 1;
			to = (char *)memcpy(to, "\xef\xbf\xbd", 3) + 3;
			continue;
		}
		c = code_point(src, len);
		if (len > 1 && (c < 0xa0 || misleads(c)))
			to += sprintf(to, "\\u%04x", c);
		else if (c != 0x7f)
			to = (char *)memcpy(to, src, len) + len;
	}
	*to = '\0';
	return out;
}

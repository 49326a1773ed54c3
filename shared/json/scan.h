/* SPDX-License-Identifier: MIT */
/*
 * The cursor below envelope.c and walk.c.  It goes over bytes we did not write:
 * each step checks the end first, nothing recurses, nothing allocates.  It
 * finds where a value ends and believes the rest; what must be JSON goes
 * through envelope_valid() first.
 */
#ifndef SHARED_JSON_SCAN_H
#define SHARED_JSON_SCAN_H

#include "shared/base/base.h"

#include <string.h>

struct scan {
	const char *p, *end;
};

static inline bool
scan_is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static inline void
scan_blanks(struct scan *w)
{
	while (w->p < w->end && scan_is_blank(*w->p))
		w->p++;
}

/* Takes one character if it is next (blanks before it allowed). */
static inline bool
scan_take(struct scan *w, char c)
{
	scan_blanks(w);
	if (w->p == w->end || *w->p != c)
		return false;
	w->p++;
	return true;
}

/* w->p is behind an opening quote: moves it behind the closing one. */
static inline bool
scan_string(struct scan *w)
{
	while (w->p < w->end) {
		const char *q = memchr(w->p, '"', (size_t)(w->end - w->p));
		if (q == NULL)
			return false;
		const char *b = q;
		while (b > w->p && b[-1] == '\\')
			b--;
		w->p = q + 1;
		/* An even run of backslashes does not escape the quote. */
		if ((q - b) % 2 == 0)
			return true;
	}
	return false;
}

/* Skips an object or array by counting brackets outside strings. */
static inline bool
scan_nested(struct scan *w)
{
	size_t depth = 0;

	while (w->p < w->end) {
		char c = *w->p++;
		if (c == '"') {
			if (!scan_string(w))
				return false;
		} else if (c == '{' || c == '[') {
			depth++;
		} else if ((c == '}' || c == ']') && --depth == 0) {
			return true;
		}
	}
	return false;
}

static inline bool
scan_scalar(struct scan *w)
{
	const char *from = w->p;

	while (w->p < w->end && *w->p != ',' && *w->p != '}' && *w->p != ']'
	    && !scan_is_blank(*w->p))
		w->p++;
	return w->p > from;
}

static inline bool
scan_value(struct scan *w)
{
	scan_blanks(w);
	if (w->p == w->end)
		return false;
	if (*w->p == '"') {
		w->p++;
		return scan_string(w);
	}
	if (*w->p == '{' || *w->p == '[')
		return scan_nested(w);
	return scan_scalar(w);
}

/* The raw bytes of the next key, quotes excluded; behind its colon after. */
static inline bool
scan_key(struct scan *w, const char **key, size_t *len)
{
	if (!scan_take(w, '"'))
		return false;
	*key = w->p;
	if (!scan_string(w))
		return false;
	*len = (size_t)(w->p - 1 - *key);
	return scan_take(w, ':');
}

#endif

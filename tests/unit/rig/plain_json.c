/* SPDX-License-Identifier: MIT */
/* See plain_json.h. */
#include "plain_json.h"

#include "shared/json/scan.h"

#include <string.h>

#define DEPTH_MAX 4096

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

static bool
valid_escape(struct scan *w)
{
	if (w->p == w->end)
		return false;
	char c = *w->p++;
	if (c != 'u')
		return c != '\0' && strchr("\"\\/bfnrt", c) != NULL;
	for (int i = 0; i < 4; i++, w->p++) {
		if (w->p == w->end || !is_hex(*w->p))
			return false;
	}
	return true;
}

/* One character beyond ASCII, w->p at its first byte (RFC 3629). */
static bool
valid_utf8(struct scan *w)
{
	unsigned char c = (unsigned char)*w->p;
	int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
	unsigned char low = 0x80, high = 0xbf;

	if (c < 0xc2 || c > 0xf4 || w->end - w->p <= more)
		return false;
	low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : low;
	high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : high;
	for (w->p++; more > 0; more--, w->p++) {
		unsigned char m = (unsigned char)*w->p;
		if (m < low || m > high)
			return false;
		low = 0x80;
		high = 0xbf;
	}
	return true;
}

static bool
valid_string(struct scan *w)
{
	while (w->p < w->end) {
		unsigned char c = (unsigned char)*w->p;
		if (c >= 0x80) {
			if (!valid_utf8(w))
				return false;
			continue;
		}
		w->p++;
		if (c == '"')
			return true;
		if (c < 0x20 || (c == '\\' && !valid_escape(w)))
			return false;
	}
	return false;
}

static bool
valid_digits(struct scan *w)
{
	const char *from = w->p;

	while (w->p < w->end && *w->p >= '0' && *w->p <= '9')
		w->p++;
	return w->p > from;
}

static bool
valid_number(struct scan *w)
{
	if (w->p < w->end && *w->p == '-')
		w->p++;
	if (w->p < w->end && *w->p == '0')
		w->p++;
	else if (!valid_digits(w))
		return false;
	if (w->p < w->end && *w->p == '.') {
		w->p++;
		if (!valid_digits(w))
			return false;
	}
	if (w->p < w->end && (*w->p | 32) == 'e') {
		w->p++;
		if (w->p < w->end && (*w->p == '+' || *w->p == '-'))
			w->p++;
		if (!valid_digits(w))
			return false;
	}
	return true;
}

static bool
valid_word(struct scan *w, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(w->end - w->p) < n || memcmp(w->p, word, n) != 0)
		return false;
	w->p += n;
	return true;
}

static bool
valid_scalar(struct scan *w)
{
	switch (*w->p) {
	case '"':
		w->p++;
		return valid_string(w);
	case 't':
		return valid_word(w, "true");
	case 'f':
		return valid_word(w, "false");
	case 'n':
		return valid_word(w, "null");
	default:
		return valid_number(w);
	}
}

struct nest {
	uint64_t is_object[DEPTH_MAX / 64];
	unsigned depth, max;
};

static bool
nest_in_object(const struct nest *n)
{
	unsigned d = n->depth - 1;

	return (n->is_object[d / 64] >> (d % 64) & 1) != 0;
}

static bool
nest_push(struct nest *n, bool object)
{
	if (n->depth == n->max)
		return false;
	uint64_t bit = (uint64_t)1 << (n->depth % 64);
	if (object)
		n->is_object[n->depth / 64] |= bit;
	else
		n->is_object[n->depth / 64] &= ~bit;
	n->depth++;
	return true;
}

static bool
valid_key(struct scan *w)
{
	return scan_take(w, '"') && valid_string(w) && scan_take(w, ':');
}

/* One value: a scalar, or an opening bracket with, in an object, its first
 * key.  *complete: nothing was left open. */
static bool
valid_open(struct scan *w, struct nest *n, bool *complete)
{
	scan_blanks(w);
	*complete = true;
	if (w->p == w->end)
		return false;
	if (*w->p != '{' && *w->p != '[')
		return valid_scalar(w);
	bool object = *w->p++ == '{';
	if (scan_take(w, object ? '}' : ']'))
		return n->depth < n->max;
	*complete = false;
	return nest_push(n, object) && (!object || valid_key(w));
}

bool
plain_json(const char *text, size_t len, unsigned max_depth)
{
	struct scan w = {text, text + len};
	struct nest n = {.max = max_depth < DEPTH_MAX ? max_depth : DEPTH_MAX};

	for (;;) {
		bool complete;
		if (!valid_open(&w, &n, &complete))
			return false;
		if (!complete)
			continue;
		/* Behind a value: close what ends here, go on after a comma. */
		while (n.depth > 0 && !scan_take(&w, ',')) {
			if (!scan_take(&w, nest_in_object(&n) ? '}' : ']'))
				return false;
			n.depth--;
		}
		if (n.depth == 0)
			break;
		if (nest_in_object(&n) && !valid_key(&w))
			return false;
	}
	scan_blanks(&w);
	return w.p == w.end;
}

/* SPDX-License-Identifier: MIT */
/*
 * What is read without being checked goes by scan.h; the strict check is here.
 * Nothing recurses, nothing allocates.
 */
#include "shared/json/envelope.h"

#include "shared/json/scan.h"

#include <string.h>

#define DEPTH_MAX 4096 /* of envelope_valid: one bit each on the stack */

/* An unsigned integer filling exactly [from, to). */
static bool
read_u64(const char *from, const char *to, uint64_t *out)
{
	uint64_t v = 0;

	if (from == to)
		return false;
	for (; from < to; from++) {
		if (*from < '0' || *from > '9')
			return false;
		uint64_t digit = (uint64_t)(*from - '0');
		if (v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*out = v;
	return true;
}

enum { SEEN_OP = 1, SEEN_S = 2, SEEN_T = 4, SEEN_ALL = 7 };

/* Takes the value of op, s or t, in whatever type it came. */
static bool
take_field(struct scan *w, const char *text, char key, struct envelope *out)
{
	uint64_t v;

	scan_blanks(w);
	const char *from = w->p;
	if (!scan_value(w))
		return false;
	bool number = read_u64(from, w->p, &v);
	switch (key) {
	case 'o':
		out->op = number && v <= INT64_MAX ? (int64_t)v
						   : ENVELOPE_OP_NONE;
		break;
	case 's':
		out->s_off = (size_t)(from - text);
		out->s_len = (size_t)(w->p - from);
		out->has_s = number;
		out->s = number ? v : 0;
		break;
	default:
		out->t_len = *from == '"' ? (size_t)(w->p - from) - 2 : 0;
		out->t_off = *from == '"' ? (size_t)(from + 1 - text) : 0;
		break;
	}
	return true;
}

/* Which of our keys this is: its SEEN bit, 8 for d, 0 for any other. */
static unsigned
classify(const char *key, size_t len)
{
	if (len == 1)
		return *key == 't' ? SEEN_T
		    : *key == 's'  ? SEEN_S
		    : *key == 'd'  ? 8
				   : 0;
	return len == 2 && key[0] == 'o' && key[1] == 'p' ? SEEN_OP : 0;
}

int
envelope_scan(const char *text, size_t len, struct envelope *out)
{
	struct scan w = {text, text + len};
	unsigned seen = 0;

	*out = (struct envelope) {.op = ENVELOPE_OP_NONE};
	if (!scan_take(&w, '{'))
		return -1;
	if (scan_take(&w, '}'))
		return 0;
	do {
		const char *key;
		size_t klen;

		if (!scan_key(&w, &key, &klen))
			return -1;
		unsigned kind = classify(key, klen);
		seen |= kind & SEEN_ALL;
		if (kind == 8) {
			scan_blanks(&w);
			out->d_off = (size_t)(w.p - text);
			if (seen == SEEN_ALL)
				return w.p < w.end ? 0 : -1;
		}
		if (kind == 0 || kind == 8 ? !scan_value(&w)
					   : !take_field(&w, text, *key, out))
			return -1;
	} while (scan_take(&w, ','));
	return scan_take(&w, '}') ? 0 : -1;
}

int
envelope_find(const char *text, size_t len, const char *key, size_t *off,
    size_t *vlen)
{
	struct scan w = {text, text + len};
	size_t want = strlen(key);

	if (!scan_take(&w, '{'))
		return -1;
	do {
		const char *k;
		size_t klen;

		if (!scan_key(&w, &k, &klen))
			return -1;
		scan_blanks(&w);
		const char *from = w.p;
		if (!scan_value(&w))
			return -1;
		if (klen == want && memcmp(k, key, want) == 0) {
			*off = (size_t)(from - text);
			*vlen = (size_t)(w.p - from);
			return 0;
		}
	} while (scan_take(&w, ','));
	return -1;
}

/* ---- strict check --------------------------------------------------- */

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
envelope_valid(const char *text, size_t len, unsigned max_depth)
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

uint64_t
envelope_id(const char *value, size_t len)
{
	size_t quotes = len >= 2 && value[0] == '"';
	char digits[24];
	uint64_t id;

	if (len >= sizeof(digits)
	    || !str_format(digits, sizeof(digits), "%.*s",
		(int)(len - 2 * quotes), value + quotes)
	    || !str_to_u64(digits, &id))
		return 0;
	return id;
}

/* SPDX-License-Identifier: MIT */
/*
 * What is read without being checked goes by scan.h; the strict check is in
 * envelope_valid.c.  Nothing recurses, nothing allocates.
 */
#include "shared/json/envelope.h"

#include "shared/json/scan.h"

#include <string.h>

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

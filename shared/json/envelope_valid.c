/* SPDX-License-Identifier: MIT */
/*
 * The strict check of envelope.h: JSON and UTF-8 in one pass over bytes we did
 * not write.  Within strings, which are most of an event, it goes by 16 bytes
 * as long as nothing in them asks for more.  Each step checks the end first,
 * nothing recurses, nothing allocates.
 */
#include "shared/json/envelope.h"

#include "shared/base/tricks.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define DEPTH_MAX 4096 /* one bit each on the stack */

struct valid {
	const unsigned char *end;
	bool breaks; /* a line ends between two tokens */
	unsigned depth, max;
	uint64_t is_object[DEPTH_MAX / 64];
};

/* Each of these takes where something begins and says where it ended: NULL
 * when it is not what it should be. */
typedef const unsigned char *place;

/* ---- strings -------------------------------------------------------- */

static inline bool
is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

#define WIDE 16

#if HERD_TRICK_WIDE && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* Vectors of the compiler: SSE2, NEON, or words where neither is. */
typedef signed char wide __attribute__((vector_size(WIDE)));
typedef uint64_t words __attribute__((vector_size(WIDE)));

/* How many of these 16 bytes are plain, up to the first that is not. */
static inline unsigned
plain_in(place p)
{
	wide v, odd;

	memcpy(&v, p, sizeof(v));
	/* Signed, what is beyond ASCII is below a blank as well. */
	odd = (wide)((v < 0x20) | (v == '"') | (v == '\\'));
#ifdef __SSE2__
	unsigned mask = (unsigned)_mm_movemask_epi8((__m128i)odd);

	return mask != 0 ? (unsigned)__builtin_ctz(mask) : WIDE;
#else
	words w = (words)odd;

	return w[0] != 0 ? (unsigned)__builtin_ctzll(w[0]) / 8
	    : w[1] != 0	 ? (unsigned)__builtin_ctzll(w[1]) / 8 + 8
			 : WIDE;
#endif
}
#else
static inline unsigned
plain_in(place p)
{
	unsigned n = 0;

	while (n < WIDE && is_plain(p[n]))
		n++;
	return n;
}
#endif

static bool
is_hex(unsigned char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

/* p is behind the backslash. */
static place
valid_escape(place p, place end)
{
	if (p == end)
		return NULL;
	if (*p != 'u')
		return *p != '\0' && strchr("\"\\/bfnrt", *p) != NULL ? p + 1
								      : NULL;
	if (end - p < 5)
		return NULL;
	for (int i = 1; i <= 4; i++)
		if (!is_hex(p[i]))
			return NULL;
	return p + 5;
}

/* One character beyond ASCII (RFC 3629). */
static place
valid_utf8(place p, place end)
{
	unsigned char c = *p;
	int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
	unsigned char low, high;

	if (c < 0xc2 || c > 0xf4 || end - p <= more)
		return NULL;
	low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	if (p[1] < low || p[1] > high)
		return NULL;
	for (int i = 2; i <= more; i++)
		if ((p[i] & 0xc0) != 0x80)
			return NULL;
	return p + more + 1;
}

/* The rest of a string, p at a character that may be anything. */
static place
valid_rest(place p, place end)
{
	while (p != NULL) {
		unsigned n = WIDE;

		while (n == WIDE && end - p >= WIDE)
			p += n = plain_in(p);
		while (p < end && is_plain(*p))
			p++;
		if (p == end)
			return NULL;
		if (*p == '"')
			return p + 1;
		if (*p >= 0x80)
			p = valid_utf8(p, end);
		else
			p = *p == '\\' ? valid_escape(p + 1, end) : NULL;
	}
	return NULL;
}

/* p is behind the opening quote; most strings are short and plain. */
static inline place
valid_string(place p, place end)
{
	if (end - p > WIDE) {
		p += plain_in(p);
		if (*p == '"')
			return p + 1;
	}
	return valid_rest(p, end);
}

/* ---- what is no string ---------------------------------------------- */

static inline place
valid_digits(place p, place end)
{
	place from = p;

	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p > from ? p : NULL;
}

static place
valid_number(place p, place end)
{
	if (p < end && *p == '-')
		p++;
	if (p < end && *p == '0')
		p++;
	else if ((p = valid_digits(p, end)) == NULL)
		return NULL;
	if (p < end && *p == '.' && (p = valid_digits(p + 1, end)) == NULL)
		return NULL;
	if (p == end || (*p | 32) != 'e')
		return p;
	p++;
	if (p < end && (*p == '+' || *p == '-'))
		p++;
	return valid_digits(p, end);
}

static place
valid_word(place p, place end, const char *word, size_t n)
{
	return (size_t)(end - p) >= n && memcmp(p, word, n) == 0 ? p + n : NULL;
}

static inline place
valid_scalar(place p, place end)
{
	switch (*p) {
	case 't':
		return valid_word(p, end, "true", 4);
	case 'f':
		return valid_word(p, end, "false", 5);
	case 'n':
		return valid_word(p, end, "null", 4);
	default:
		return valid_number(p, end);
	}
}

/* ---- the document --------------------------------------------------- */

static place
valid_blanks(struct valid *v, place p)
{
	while (p < v->end
	    && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r')) {
		v->breaks |= *p == '\n' || *p == '\r';
		p++;
	}
	return p;
}

static inline place
skip_blanks(struct valid *v, place p)
{
	return p < v->end && *p <= ' ' ? valid_blanks(v, p) : p;
}

static inline void
push(struct valid *v, bool object)
{
	uint64_t *word = &v->is_object[v->depth / 64];
	uint64_t bit = (uint64_t)1 << (v->depth % 64);

	*word = object ? *word | bit : *word & ~bit;
	v->depth++;
}

/* What we are in, once more, is an object. */
static inline bool
pop(struct valid *v)
{
	unsigned d = --v->depth - 1;

	return v->depth > 0 && (v->is_object[d / 64] >> (d % 64) & 1) != 0;
}

/* A key with its colon. */
static inline place
valid_key(struct valid *v, place p)
{
	p = skip_blanks(v, p);
	if (p == v->end || *p != '"'
	    || (p = valid_string(p + 1, v->end)) == NULL)
		return NULL;
	p = skip_blanks(v, p);
	return p < v->end && *p == ':' ? p + 1 : NULL;
}

/* Behind a value: what ends here is closed; then behind the comma and, in an
 * object, the next key.  With nothing left open it is the end. */
static inline place
valid_next(struct valid *v, place p, bool *object)
{
	while (p != NULL && v->depth > 0) {
		p = skip_blanks(v, p);
		if (p == v->end)
			return NULL;
		if (*p == ',')
			return *object ? valid_key(v, p + 1) : p + 1;
		if (*p != (*object ? '}' : ']'))
			return NULL;
		p++;
		*object = pop(v);
	}
	return p;
}

/* An opening bracket with, in an object, its first key, or with the closing
 * one. */
static inline place
valid_open(struct valid *v, place p, bool *object)
{
	bool is = *p == '{';

	if (v->depth == v->max)
		return NULL;
	p = skip_blanks(v, p + 1);
	if (p < v->end && *p == (is ? '}' : ']'))
		return valid_next(v, p + 1, object);
	push(v, *object = is);
	return is ? valid_key(v, p) : p;
}

bool
envelope_valid_breaks(const char *text, size_t len, unsigned max_depth,
    bool *breaks)
{
	place p = (place)text;
	struct valid v; /* bits are set before they are read */
	bool object = false;

	v.end = p + len;
	v.breaks = false;
	v.depth = 0;
	v.max = max_depth < DEPTH_MAX ? max_depth : DEPTH_MAX;
	do {
		p = skip_blanks(&v, p);
		if (p == v.end)
			return false;
		if (*p == '"')
			p = valid_next(&v, valid_string(p + 1, v.end), &object);
		else if (*p == '{' || *p == '[')
			p = valid_open(&v, p, &object);
		else
			p = valid_next(&v, valid_scalar(p, v.end), &object);
	} while (p != NULL && v.depth > 0);
	if (p != NULL)
		p = skip_blanks(&v, p);
	*breaks = v.breaks;
	return p != NULL && p == v.end;
}

bool
envelope_valid(const char *text, size_t len, unsigned max_depth)
{
	bool breaks;

	return envelope_valid_breaks(text, len, max_depth, &breaks);
}

/* SPDX-License-Identifier: MIT */
/*
 * Mutations of JSON: a value becomes another one of the text or one that
 * readers like to get wrong, a member comes twice or goes, a string gets what
 * must be escaped.  Knows nothing of JSON but quotes and brackets, so that what
 * is no JSON is mutated, too; every other time it leaves all to the bytes.
 */
#include "tests/fuzz/kit.h"

#include <string.h>

#define TOKENS_MAX 512

/* One value with what it holds, or a key. */
struct span {
	size_t at, len;
};

static uint64_t state;

static uint32_t
pick(size_t below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((state >> 33) % below);
}

static size_t
string_end(const uint8_t *p, size_t n, size_t at)
{
	for (at++; at < n && p[at] != '"'; at++)
		at += p[at] == '\\' && at + 1 < n;
	return at < n ? at + 1 : n;
}

static size_t
value_end(const uint8_t *p, size_t n, size_t at)
{
	size_t depth = 0;

	do {
		if (p[at] == '"') {
			at = string_end(p, n, at);
			continue;
		}
		if (p[at] == '{' || p[at] == '[')
			depth++;
		else if ((p[at] == '}' || p[at] == ']') && depth > 0)
			depth--;
		else if (depth == 0 && strchr(",}]: \n", p[at]) != NULL)
			break;
		at++;
	} while (at < n && (depth > 0 || strchr(",}]: \n", p[at]) == NULL));
	return at;
}

static size_t
find(const uint8_t *p, size_t n, struct span *out)
{
	size_t found = 0, skip = n > 4096 ? 1 + n / 2048 : 1;

	for (size_t at = 0; at < n && found < TOKENS_MAX;) {
		size_t end;

		if (p[at] == '\0' || strchr(",}]: \n", p[at]) != NULL) {
			at++;
			continue;
		}
		end = value_end(p, n, at);
		if (skip == 1 || pick(skip) == 0) {
			out[found].at = at;
			out[found++].len = end - at;
		}
		at = p[at] == '{' || p[at] == '[' || end == at ? at + 1 : end;
	}
	return found;
}

/* Bytes [at, at + len) become those: the new size, or size: no room. */
static size_t
splice(uint8_t *p, size_t size, size_t max, struct span s, const void *to,
    size_t n)
{
	if (size - s.len + n > max)
		return size;
	memmove(p + s.at + n, p + s.at + s.len, size - s.at - s.len);
	memcpy(p + s.at, to, n);
	return size - s.len + n;
}

static size_t
odd_value(uint8_t *p, size_t size, size_t max, struct span s)
{
	static const char *const odd[] = {"null", "true", "false", "0", "-1",
	    "-0", "1e999", "0.1", "1E-7", "18446744073709551615",
	    "18446744073709551616", "9223372036854775808",
	    "-9223372036854775809", "4294967296", "65536", "16385",
	    "\"18446744073709551616\"", "\"\"", "\"0\"", "\"\\u0000\"",
	    "\"\\ud800\"", "\"\\ud83d\\ude00\"", "\"\xe2\x80\xa8\"", "\"\xff\"",
	    "\"\\n\\r\\t\\b\\f\\/\\\\\\\"\"", "\"../..\"", "\"wss://[::1]:0/\"",
	    "\"http://127.0.0.1/\"", "{}", "[]", "[[]]", "{\"\":{}}", "[{}]",
	    "[null]", "{\"id\":null}", "\"1206932842547003401\"", "nul", "NaN",
	    "'a'", "01", "1.", "\"2026-02-30T25:61:00.000000+00:00\"",
	    "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\""};
	const char *to = odd[pick(nitems(odd))];

	return splice(p, size, max, s, to, strlen(to));
}

static size_t
nest(uint8_t *p, size_t size, size_t max, struct span s)
{
	char deep[64];
	size_t n = 1 + pick(sizeof(deep));

	memset(deep, pick(2) != 0 ? '[' : '{', n);
	return splice(p, size, max, (struct span) {s.at, 0}, deep, n);
}

/* Once more, with a comma between. */
static size_t
again(uint8_t *p, size_t size, size_t max, struct span s, struct span of)
{
	char *copy = malloc(of.len + 1);

	must(copy != NULL);
	copy[0] = ',';
	memcpy(copy + 1, p + of.at, of.len);
	size = splice(p, size, max, (struct span) {s.at + s.len, 0}, copy,
	    of.len + 1);
	free(copy);
	return size;
}

static size_t
other_value(uint8_t *p, size_t size, size_t max, struct span s, struct span of)
{
	char *copy = kit_text(p + of.at, of.len);

	size = splice(p, size, max, s, copy, of.len);
	free(copy);
	return size;
}

/* A key and its value, which stand behind each other, as one. */
static struct span
with_next(const struct span *t, size_t n, size_t i)
{
	struct span s = t[i];

	if (i + 1 < n && t[i + 1].at > s.at)
		s.len = t[i + 1].at + t[i + 1].len - s.at;
	return s;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	static const char marks[] = "\\\",:{}[]\n";
	static struct span t[TOKENS_MAX];
	size_t n, i;

	state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	if (pick(2) == 0 || size == 0)
		return LLVMFuzzerMutate(data, size, max);
	n = find(data, size, t);
	if (n == 0)
		return LLVMFuzzerMutate(data, size, max);
	i = pick(n);
	switch (pick(8)) {
	case 0:
	case 1:
	case 2:
		return odd_value(data, size, max, t[i]);
	case 3:
		return other_value(data, size, max, t[i], t[pick(n)]);
	case 4:
		return again(data, size, max, t[i], with_next(t, n, pick(n)));
	case 5:
		return splice(data, size, max, with_next(t, n, i), "", 0);
	case 6:
		return nest(data, size, max, t[i]);
	default:
		return splice(data, size, max,
		    (struct span) {t[i].at + pick(t[i].len + 1), 0},
		    &marks[pick(sizeof(marks) - 1)], 1);
	}
}

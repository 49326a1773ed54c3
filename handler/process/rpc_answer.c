/* SPDX-License-Identifier: MIT */
/* Plain answers; see rpc_answer.h. */
#include "handler/process/rpc_answer.h"

#include "shared/json/scan.h"

#define DIGITS_MAX 15 /* such a number is one for everybody, json-c too */

enum {
	SEEN_VERSION = 1,
	SEEN_ID = 2,
	SEEN_RESULT = 4,
	SEEN_METHOD = 8,
	SEEN_PARAMS = 16,
};

/* A name or text of letters that need no second look. */
static bool
plain_text(struct scan *w, const char **text, size_t *len)
{
	if (!scan_take(w, '"'))
		return false;
	*text = w->p;
	while (w->p < w->end && *w->p >= ' ' && *w->p <= '~' && *w->p != '"'
	    && *w->p != '\\')
		w->p++;
	*len = (size_t)(w->p - *text);
	return w->p < w->end && *w->p++ == '"';
}

static bool
plain_number(struct scan *w, uint64_t *out)
{
	const char *from;
	uint64_t n = 0;

	scan_blanks(w);
	for (from = w->p; w->p < w->end && *w->p >= '0' && *w->p <= '9'; w->p++)
		if (w->p - from < DIGITS_MAX)
			n = n * 10 + (uint64_t)(*w->p - '0');
	*out = n;
	return w->p > from && w->p - from <= DIGITS_MAX
	    && (*from != '0' || w->p - from == 1);
}

static bool
plain_word(struct scan *w, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(w->end - w->p) < n || memcmp(w->p, word, n) != 0)
		return false;
	w->p += n;
	return true;
}

/* Whatever it is, nobody looks at it. */
static bool
plain_result(struct scan *w)
{
	uint64_t n;

	scan_blanks(w);
	return plain_word(w, "null") || plain_word(w, "true")
	    || plain_word(w, "false") || plain_word(w, "{}")
	    || plain_number(w, &n);
}

static bool
is(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(text, word, len) == 0;
}

static bool
plain_upto(struct scan *w, uint64_t *number)
{
	const char *text;
	size_t len;

	return scan_take(w, '{') && plain_text(w, &text, &len)
	    && is(text, len, "upto") && scan_take(w, ':')
	    && plain_number(w, number) && scan_take(w, '}');
}

/* One member; what it was, 0: none that such a line has. */
static unsigned
member(struct scan *w, uint64_t *number)
{
	const char *name, *text;
	size_t n, len;

	if (!plain_text(w, &name, &n) || !scan_take(w, ':'))
		return 0;
	if (is(name, n, "id"))
		return plain_number(w, number) ? SEEN_ID : 0;
	if (is(name, n, "result"))
		return plain_result(w) ? SEEN_RESULT : 0;
	if (is(name, n, "params"))
		return plain_upto(w, number) ? SEEN_PARAMS : 0;
	if (!plain_text(w, &text, &len))
		return 0;
	if (is(name, n, "jsonrpc"))
		return SEEN_VERSION;
	return is(name, n, "method") && is(text, len, "done") ? SEEN_METHOD : 0;
}

bool
rpc_answer_read(const char *text, size_t len, enum rpc_read_kind *kind,
    uint64_t *number)
{
	struct scan w = {text, text + len};
	unsigned seen = 0, now;

	if (!scan_take(&w, '{'))
		return false;
	do {
		now = member(&w, number);
		if (now == 0 || (seen & now) != 0)
			return false;
		seen |= now;
	} while (scan_take(&w, ','));
	if (!scan_take(&w, '}'))
		return false;
	scan_blanks(&w);
	seen &= ~(unsigned)SEEN_VERSION;
	*kind = seen == (SEEN_METHOD | SEEN_PARAMS) ? RPC_READ_DONE
						    : RPC_READ_RESULT;
	return w.p == w.end
	    && (seen == (SEEN_METHOD | SEEN_PARAMS)
		|| (seen == (SEEN_ID | SEEN_RESULT) && *number > 0));
}

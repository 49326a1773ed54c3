/* SPDX-License-Identifier: MIT */
/* Spans of JSON; see walk.h. */
#include "shared/json/walk.h"

#include "shared/json/envelope.h"
#include "shared/json/scan.h"

bool
walk_into(struct walk *w, const char *value, size_t len)
{
	struct scan s = {value, value + len};

	*w = (struct walk) {.first = true};
	scan_blanks(&s);
	if (s.p == s.end || (*s.p != '{' && *s.p != '['))
		return false;
	w->close = *s.p == '{' ? '}' : ']';
	w->p = s.p + 1;
	w->end = s.end;
	return true;
}

bool
walk_document(struct walk *w, const char *text, size_t len, unsigned max_depth)
{
	*w = (struct walk) {.first = true};
	return envelope_valid(text, len, max_depth) && walk_into(w, text, len);
}

bool
walk_next(struct walk *w, struct walk_item *out)
{
	struct scan s = {w->p, w->end};
	bool object = w->close == '}';

	if (w->close == '\0')
		return false;
	*out = (struct walk_item) {0};
	/* What does not go on ends here, be it closed or broken. */
	if (scan_take(&s, w->close) || (!w->first && !scan_take(&s, ','))
	    || (object && !scan_key(&s, &out->key, &out->key_len))) {
		w->close = '\0';
		return false;
	}
	scan_blanks(&s);
	out->value = s.p;
	if (!scan_value(&s)) {
		w->close = '\0';
		return false;
	}
	out->len = (size_t)(s.p - out->value);
	w->p = s.p;
	w->first = false;
	return true;
}

bool
walk_is(const struct walk_item *item, const char *key)
{
	return strlen(key) == item->key_len
	    && memcmp(key, item->key, item->key_len) == 0;
}

bool
walk_find(const char *value, size_t len, const char *key, struct walk_item *out)
{
	struct walk w;

	if (!walk_into(&w, value, len) || w.close != '}')
		return false;
	while (walk_next(&w, out))
		if (walk_is(out, key))
			return true;
	return false;
}

uint64_t
walk_id(const char *value, size_t len, const char *key)
{
	struct walk_item item;

	return walk_find(value, len, key, &item)
	    ? envelope_id(item.value, item.len)
	    : 0;
}

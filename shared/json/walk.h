/* SPDX-License-Identifier: MIT */
/*
 * The members of an object and the elements of an array as spans of its own
 * bytes: no tree, no copy, no recursion.  A text from outside is checked once,
 * as a whole, by walk_document(); what came out of a walk is walked further by
 * walk_into() without being read again.  A walk over what was never checked
 * ends early and never leaves it, but its spans need not be JSON.
 */
#ifndef SHARED_JSON_WALK_H
#define SHARED_JSON_WALK_H

#include "shared/base/base.h"

struct walk {
	const char *p, *end;
	char close; /* bracket it ends with; 0: it has */
	bool first;
};

/* key: between its quotes, escapes as they are; NULL in an array. */
struct walk_item {
	const char *key;
	size_t key_len;
	const char *value; /* raw, quotes and brackets included */
	size_t len;
};

/*
 * Begins at the object or array that text is, from end to end: false when it
 * is another value, or not strictly JSON in UTF-8 (envelope_valid).
 */
bool walk_document(struct walk *, const char *text, size_t len,
    unsigned max_depth);
/* The same without a check; for values of a walk, or of a checked text. */
bool walk_into(struct walk *, const char *value, size_t len);
/* The next one, false: there is none.  Of a key given twice both come. */
bool walk_next(struct walk *, struct walk_item *);

/* Is this the member key? */
bool walk_is(const struct walk_item *, const char *key);
/* The first member of the object value that is called key; false: none. */
bool walk_find(const char *value, size_t len, const char *key,
    struct walk_item *);
/* The snowflake in that member; 0: none. */
uint64_t walk_id(const char *value, size_t len, const char *key);

#endif

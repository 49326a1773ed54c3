/* SPDX-License-Identifier: MIT */
/*
 * Makes an object of members of others by copying spans of bytes: what is not
 * changed comes out as it came in, unknown members included, and nothing is
 * printed again.  What goes in was checked (walk_document) or made here.
 */
#ifndef SHARED_JSON_EDIT_H
#define SHARED_JSON_EDIT_H

#include "shared/base/buf.h"

struct edit {
	struct buf *out; /* the caller's; appended to */
	bool any;	 /* it has a member, so a comma is next */
};

/* The opening brace, and the closing one. */
void edit_begin(struct edit *, struct buf *out);
void edit_end(struct edit *);

/* One member more; value is JSON. */
void edit_add(struct edit *, const char *key, const char *value, size_t len);
/*
 * The members of object, but for those called as one of the n in keys.
 */
void edit_members(struct edit *, const char *object, size_t len,
    const char *const *keys, size_t n);
/* The members of old and those of more that are new; what both have has
 * more's value at old's place.  keys are left out of more. */
void edit_merge(struct edit *, const char *old, size_t old_len,
    const char *more, size_t more_len, const char *const *keys, size_t n);
/* The members of object with key set to value; NULL: without it. */
void edit_set(struct edit *, const char *object, size_t len, const char *key,
    const char *value, size_t value_len);

#endif

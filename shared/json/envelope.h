/* SPDX-License-Identifier: MIT */
/*
 * Reads op, t and s of a gateway message without parsing d
 * (discord-protocol.md section 2.2).  Observed messages carry t, s, op before
 * d, so the scan ends there; any other order is followed through d by
 * skipping, never by building a tree.  Depth and size are bounded by the
 * caller's buffer alone; there is no recursion.
 */
#ifndef SHARED_JSON_ENVELOPE_H
#define SHARED_JSON_ENVELOPE_H

#include "shared/base/base.h"

#define ENVELOPE_OP_NONE (-1)

struct envelope {
	int64_t op; /* ENVELOPE_OP_NONE: absent or not an integer */
	uint64_t s; /* valid when has_s */
	bool has_s;
	size_t s_off, s_len; /* raw bytes of s, whatever it is; len 0: absent */
	size_t t_off, t_len; /* raw bytes of t between its quotes; len 0: null
				   or absent */
	size_t d_off;	     /* where the value of d begins; 0: not seen */
};

/*
 * 0 when what precedes d (or the whole object, when d comes first) is well
 * formed, -1 when it is not JSON we can follow: the fields found so far are
 * still set.  Duplicate keys: the last one before the scan ends wins.
 */
int envelope_scan(const char *text, size_t len, struct envelope *out);

/*
 * Finds the raw value of a top-level key of the object at text: offsets into
 * text of the value, quotes included.  0 found, -1 not there or not JSON.
 */
int envelope_find(const char *text, size_t len, const char *key, size_t *off,
    size_t *vlen);

/*
 * The snowflake in a raw value: digits in quotes, or a bare number from sloppy
 * senders; 0: none.
 */
uint64_t envelope_id(const char *value, size_t len);

/*
 * Checks that text is exactly one JSON document (RFC 8259) in UTF-8, of any
 * depth up to max_depth, with optional white space around it.
 */
bool envelope_valid(const char *text, size_t len, unsigned max_depth);
/* The same; when it is one, *breaks: there are line ends in it, which can only
 * be between tokens. */
bool envelope_valid_breaks(const char *text, size_t len, unsigned max_depth,
    bool *breaks);

#endif

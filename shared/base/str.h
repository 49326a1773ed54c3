/* SPDX-License-Identifier: MIT */
/* Bounded strings, and numbers in them. */
#ifndef SHARED_BASE_STR_H
#define SHARED_BASE_STR_H

#include "shared/base/base.h"

/*
 * Copies src into dst (size bytes, always terminated).  Returns the length of
 * src: a result >= size means it was cut, between two characters if it is
 * UTF-8: half a letter makes a whole JSON document unreadable.
 */
size_t str_copy(char *dst, const char *src, size_t size);
/* snprintf that returns false when the result did not fit; cut likewise.  For
 * words that people read, see text_format(). */
bool str_format(char *dst, size_t size, const char *fmt, ...) printflike(3, 4);
/* Whole-string decimal numbers; false on anything else or out of range. */
bool str_to_u64(const char *s, uint64_t *out);
bool str_to_i64(const char *s, int64_t *out);
bool str_to_double(const char *s, double *out);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Foreign bytes become text, in one place.  What came from outside (a close
 * reason, a header, a plugin's stderr, a name somebody chose, another
 * program's file) is bytes until text_clean() has seen it: then it is one
 * line of UTF-8 that moves no cursor, rings no bell, turns no reading
 * direction round and forges no second line, in a terminal, a log, a page, a
 * JSON document or a monitoring line alike.  Nothing here allocates, waits or
 * calls back.
 */
#ifndef SHARED_BASE_TEXT_H
#define SHARED_BASE_TEXT_H

#include "shared/base/base.h"

#include <stdarg.h>
#include <string.h>

#define TEXT_CHAR_MAX 4 /* bytes of one character */

/* Bytes of the well-formed UTF-8 character at s, n > 0 bytes there; 0: none
 * (a stray byte, a longer form than needed, a surrogate, cut off). */
size_t text_char(const void *s, size_t n);
/* Are all n bytes UTF-8?  A NUL is. */
bool text_is_utf8(const void *s, size_t n);
/* Characters (code points) of UTF-8, as Discord counts its limits; a byte that
 * belongs to none counts as one. */
size_t text_count(const void *s, size_t n);
/* Where to cut s of n bytes so that at most max are left and no character is
 * halved; bytes that are no UTF-8 are cut anywhere. */
size_t text_cut(const void *s, size_t n, size_t max);
/* n less what is left of a character that was cut off at the end of s. */
size_t text_whole(const void *s, size_t n);

/*
 * Writes the n bytes at src as text into dst (size bytes, at least 16, always
 * terminated; dst may not overlap src) and returns its length.  Well-formed
 * characters stay as they are.  Bytes that are none become \xNN; so do NUL and
 * the other C0 and C1 controls, newline and tab among them; what changes the
 * reading direction or ends a line for some readers (U+2028) becomes \uNNNN.
 * Text that does not fit is cut between two characters and ends in "…".
 * Cleaning what is clean changes nothing.
 */
size_t text_clean(char *dst, size_t size, const void *src, size_t n);
/* The same of a string within itself, an array of size bytes. */
void text_clean_own(char *text, size_t size);
/* Formats words for people, cleaned; in place of a plain printf wherever they
 * may quote something foreign. */
void text_format(char *dst, size_t size, const char *fmt, ...) printflike(3, 4);
void text_vformat(char *dst, size_t size, const char *fmt, va_list);
/* The same, as an argument of a printf: TEXT_OF(reason, 90) is at most 90
 * bytes of reason as text, good to the end of the block it stands in. */
char *text_into(char *dst, size_t size, const void *src, size_t n);
#define TEXT_OF(s, max) TEXT_OF_N(s, strlen(s), max)
#define TEXT_OF_N(s, n, max) text_into((char[(max) + 1]) {0}, (max) + 1, s, n)

/*
 * A JSON document that strings of foreign bytes were written into, as one that
 * every reader takes: bytes that are no UTF-8 become U+FFFD, and what
 * text_clean() keeps out becomes an escape.  Owner frees.
 */
char *text_json(const char *json);

#endif

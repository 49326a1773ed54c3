/* SPDX-License-Identifier: MIT */
/*
 * Base64 (RFC 4648) of bytes from outside, by OpenSSL, which alone is not
 * strict: it skips blanks, and takes a '-' for the end.
 */
#ifndef SHARED_BASE_BASE64_H
#define SHARED_BASE_BASE64_H

#include <stddef.h>

/* The bytes, *len of them, free()d by the owner; NULL: it is malformed. */
unsigned char *base64_decode(const char *text, size_t *len);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A text that grows, for all that is written here.  Memory that can't be had
 * ends the program: callers bound what they add.
 */
#ifndef TOOLS_SIM_BASE_SBUF_H
#define TOOLS_SIM_BASE_SBUF_H

#include "shared/base/base.h"

/* p is NUL-terminated once anything was added. */
struct sbuf {
	char *p;
	size_t len, cap;
};

void sbuf_reserve(struct sbuf *, size_t more);
void sbuf_add(struct sbuf *, const void *, size_t);
void sbuf_str(struct sbuf *, const char *);
void sbuf_fmt(struct sbuf *, const char *fmt, ...) printflike(2, 3);
/* Appends a sentence and returns code: the end of a verb that failed. */
#define sbuf_say(t, code, ...) (sbuf_fmt(t, __VA_ARGS__), (code))
/* A JSON string with its quotes; bytes >= 0x80 pass unchanged. */
void sbuf_quote(struct sbuf *, const char *);
void sbuf_reset(struct sbuf *);		 /* empty, memory kept */
void sbuf_drop(struct sbuf *, size_t n); /* drops the first n bytes */
void sbuf_free(struct sbuf *);

#endif

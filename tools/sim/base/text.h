/* SPDX-License-Identifier: MIT */
/*
 * Growing texts (struct sim_text).  Memory that can't be had ends the program:
 * callers bound what they add.
 */
#ifndef TOOLS_SIM_BASE_TEXT_H
#define TOOLS_SIM_BASE_TEXT_H

#include "tools/sim/base/sim.h"

void text_reserve(struct sim_text *, size_t more);
void text_add(struct sim_text *, const void *, size_t);
void text_str(struct sim_text *, const char *);
void text_fmt(struct sim_text *, const char *fmt, ...) printflike(2, 3);
/* Appends a sentence and returns code: the end of a verb that failed. */
int text_say(struct sim_text *, int code, const char *fmt, ...)
    printflike(3, 4);
void text_u64(struct sim_text *, uint64_t);
/* A JSON string with its quotes; bytes >= 0x80 pass unchanged. */
void text_quote(struct sim_text *, const char *);
void text_quote_n(struct sim_text *, const char *, size_t);
void text_reset(struct sim_text *);	/* empty, memory kept */
void text_drop(struct sim_text *, size_t n); /* drops the first n bytes */
void text_free(struct sim_text *);

#endif

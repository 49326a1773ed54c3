/* SPDX-License-Identifier: MIT */
/*
 * This room: what everything stands on: errors, clock, timers, log, foreign
 * text, buffers, state machines.
 *
 * The few words every module uses: assertions that stay on in production,
 * memory, array and container helpers; and with them list.h, str.h and fd.h.
 * Input from outside must never reach must() or bug(): those are for our own
 * invariants only.
 */
#ifndef SHARED_BASE_BASE_H
#define SHARED_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define nitems(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(p, type, member)                                          \
	((type *)(void *)((char *)(p)-offsetof(type, member)))
#define printflike(fmt, args) __attribute__((format(printf, fmt, args)))
#define noreturn_fn __attribute__((noreturn))

/* Reports the broken invariant on stderr and aborts; never returns. */
void base_fail(const char *file, int line, const char *func,
    const char *what) noreturn_fn;

/* What base_fail() was called for, for who has the last word; "": it
 * was not. */
const char *base_fault(void);

#define must(e) ((e) ? (void)0 : base_fail(__FILE__, __LINE__, __func__, #e))
#define bug(why) base_fail(__FILE__, __LINE__, __func__, why)

/* Allocation at start-up or of a size we bound ourselves: failing is fatal. */
void *base_alloc(size_t size); /* zeroed; owner frees with free() */
void *base_realloc(void *p, size_t size);
char *base_strdup(const char *s);

/* FNV-1a, 64 bit: names a session or a token in memory; not for secrets. */
uint64_t base_hash64(const void *data, size_t len);

#include "shared/base/fd.h"
#include "shared/base/list.h"
#include "shared/base/str.h"

#endif

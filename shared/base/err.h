/* SPDX-License-Identifier: MIT */
/*
 * How a module in shared/ says what went wrong: it fills the caller's struct
 * and returns -1 (or NULL).  It never prints and never exits; the role prints
 * once, where it knows what to advise.
 */
#ifndef SHARED_BASE_ERR_H
#define SHARED_BASE_ERR_H

#include "shared/base/base.h"

/* Exit codes scripts rely on (shardherd(1), EXIT STATUS). */
enum exit_code {
	EXIT_FINE = 0,
	EXIT_DEGRADED = 1, /* degraded, or the operation failed */
	EXIT_DOWN = 2,
	EXIT_UNKNOWN = 3,
	EXIT_USAGE = 64,
	EXIT_TRY_LATER = 75,
	EXIT_CONFIG = 78,
	EXIT_WAIT = 99, /* a --wait ran out */
};

struct err {
	int code;	 /* enum exit_code the program should end with */
	char text[1024]; /* whole sentences, no newline, text.h-clean */
};

/* Fills e (which may be NULL) and returns -1. */
int err_set(struct err *e, int code, const char *fmt, ...) printflike(3, 4);
/* The same with ": strerror(errno)" appended. */
int err_sys(struct err *e, int code, const char *fmt, ...) printflike(3, 4);
/* Puts "context: " in front of what e already says; returns -1. */
int err_prefix(struct err *e, const char *fmt, ...) printflike(2, 3);

#endif

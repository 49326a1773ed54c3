/* SPDX-License-Identifier: MIT */
/*
 * How an operation goes, told to the log, under its label, and to the client
 * that asked for it, while that one is there and waits.  Nothing here calls
 * back or waits.
 */
#ifndef SUPERVISOR_BASE_REPORT_H
#define SUPERVISOR_BASE_REPORT_H

#include "supervisor/base/control.h"

/* Embedded in the operation's struct; zeroed, it has no client. */
struct report {
	struct control *control;
	const char *label; /* "Reload"; NULL: the log hears nothing of it */
	uint32_t ticket;   /* of the client that waits; 0: none */
};

/* A sentence on the way. */
void report_tell(struct report *, const char *fmt, ...) printflike(2, 3);
/*
 * The end, or all of it that the client waits for: its last line, an error
 * unless e is NULL.  The log hears of an error only.
 */
void report_end(struct report *, uint32_t generation, const struct err *e);
/* A good one, with a last sentence for the client alone. */
void report_fine(struct report *, uint32_t generation, const char *sentence);

#endif

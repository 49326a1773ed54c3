/* SPDX-License-Identifier: MIT */
/*
 * Does a plugin succeed at what it does?  Its last answers say: one that
 * answers everything with an error is up and worth nothing.  Judged by count,
 * not by time, so a plugin with an event an hour is judged as well.  Pure.
 */
#ifndef HANDLER_PROCESS_HEALTH_H
#define HANDLER_PROCESS_HEALTH_H

#include "shared/base/base.h"

#define HEALTH_ANSWERS 32u /* last ones that count */
#define HEALTH_LEAST 5u	   /* before that nothing is said */

struct health {
	uint64_t errors;  /* ever */
	uint32_t history; /* a bit for each of the last answers: an error */
	unsigned n;	  /* of them, up to HEALTH_ANSWERS */
	char last[160];	  /* text of the last error */
};

/* Another process: what the last one did does not count against it. */
void health_begin(struct health *);
/* error: its text, or NULL.  true when it fails now and did not, or back. */
bool health_answer(struct health *, const char *error);
/* At least half of the last answers were errors. */
bool health_fails(const struct health *);
/* "18 of its last 20 answers are errors, at last: ..." */
void health_words(const struct health *, char *out, size_t size);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Tells when the wall clock is set (TFD_TIMER_CANCEL_ON_SET), for who waits
 * for a time of the day: the kernel wakes us, nobody polls.
 */
#ifndef HANDLER_TIMER_CLOCKSET_H
#define HANDLER_TIMER_CLOCKSET_H

#include <ev.h>

struct clockset;
typedef void clockset_fn(struct clockset *);

struct clockset {
	struct ev_loop *loop;
	ev_io rd;
	int fd; /* -1: none */
	clockset_fn *fn;
};

/* Without an fd to spare nobody is told; the callers look now and then. */
void clockset_open(struct clockset *, struct ev_loop *, clockset_fn *);
void clockset_close(struct clockset *);

#endif

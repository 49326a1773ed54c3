/* SPDX-License-Identifier: MIT */
/*
 * One plugin's events: waiting, and out at the plugin within its window.
 * Interactions die after 3 s (discord-protocol.md 7.3), so they pass the
 * bulk and have slots of their own.  Pure bookkeeping, no clock, no process.
 *
 * When a plugin ends with several events out, any of them may be to blame.
 * They go back to the front as suspects and are sent one at a time, so the
 * second end names the culprit, and only that one is set aside.
 */
#ifndef HANDLER_WINDOW_H
#define HANDLER_WINDOW_H

#include "handler/work.h"

#define WINDOW_URGENT 16	/* interactions out beyond the window */
#define WINDOW_STRIKES 2	/* ends of the plugin before one is set aside */

struct window {
	struct list urgent, waiting; /* not sent */
	struct list out;	     /* sent, by ascending id */
	struct delivery **table;     /* out, by id */
	uint64_t mask;
	size_t size;	/* of the window */
	size_t queued;	/* waiting and urgent */
	size_t out_bulk, out_urgent;
	uint64_t next_id;
};

void window_init(struct window *, size_t size);
void window_free(struct window *);
void window_push(struct window *, struct delivery *);
/* The next that may be sent, now out with a fresh id; NULL: none may. */
struct delivery *window_next(struct window *);
/* The one out under id, taken off; NULL: no such. */
struct delivery *window_answer(struct window *, uint64_t id);
/* The oldest one out when its id <= upto, taken off; else NULL. */
struct delivery *window_upto(struct window *, uint64_t upto);
/* The oldest one out, or NULL. */
struct delivery *window_oldest(const struct window *);

/*
 * The plugin is gone.  guilty: the one it was ended for, or NULL: then those
 * out whose lines had begun to reach it (out_pos < written) are suspects.
 * Everything goes back to the front, ids start anew; what has
 * WINDOW_STRIKES strikes is moved to aside instead.
 */
void window_reset(struct window *, uint64_t written,
    const struct delivery *guilty, struct list *aside);

static inline size_t
window_out(const struct window *w)
{
	return w->out_bulk + w->out_urgent;
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * One plugin's events: waiting, and out at a process of the plugin within its
 * window.  Interactions die after 3 s (discord-protocol.md 7.3), so they pass
 * the bulk and have slots of their own.  Several processes of one plugin share
 * what waits.  Pure bookkeeping, no clock, no process.
 *
 * When a plugin ends with several events out, any of them may be to blame.
 * They go back to the front as suspects and are sent one at a time, so the
 * second end names the culprit, and only that one is set aside.
 */
#ifndef HANDLER_PROCESS_WINDOW_H
#define HANDLER_PROCESS_WINDOW_H

#include "handler/intake/in_flight.h"

#define WINDOW_URGENT 16 /* interactions out beyond the window */
#define WINDOW_STRIKES 2 /* ends of the plugin before one is set aside */

/* Not sent to any process yet. */
struct window_waiting {
	struct list urgent, bulk;
	size_t urgent_n, bulk_n;
};

struct window {
	struct window_waiting *from;
	struct list out;	 /* sent, by ascending id */
	struct delivery **table; /* out, by id */
	uint64_t mask;
	size_t size; /* of the window */
	size_t out_bulk, out_urgent;
	uint64_t next_id;
};

void window_waiting_init(struct window_waiting *);
void window_push(struct window_waiting *, struct delivery *);
/* Takes one that waits out of the line. */
void window_pull(struct window_waiting *, struct delivery *);

void window_init(struct window *, size_t size, struct window_waiting *from);
void window_free(struct window *);
/*
 * The next that may be sent, now out with a fresh id; NULL: none may.  Without
 * bulk, only what is urgent.
 */
struct delivery *window_next(struct window *, bool bulk);
/* now takes the place of was, and what is known of it; NULL: was waits. */
void window_replace(struct window *, struct delivery *was,
    struct delivery *now);
/* The one out under id, taken off; NULL: no such. */
struct delivery *window_answer(struct window *, uint64_t id);
/* The oldest one out when its id <= upto, taken off; else NULL. */
struct delivery *window_upto(struct window *, uint64_t upto);
/* The oldest one out, or NULL. */
struct delivery *window_oldest(const struct window *);

/*
 * The plugin is gone.  guilty: id of the one it was ended for, or 0: then those
 * out whose lines had begun to reach it (out_pos < written) are suspects.
 * Everything goes back to the front, ids start anew; what has
 * WINDOW_STRIKES strikes is moved to aside instead.
 */
void window_reset(struct window *, uint64_t written, uint64_t guilty,
    struct list *aside);

static inline size_t
window_out(const struct window *w)
{
	return w->out_bulk + w->out_urgent;
}

#endif

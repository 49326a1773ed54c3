/* SPDX-License-Identifier: MIT */
/* A plugin's window of events; see window.h. */
#include "handler/window.h"

void
window_init(struct window *w, size_t size)
{
	size_t n = 16;

	while (n < 2 * size && n < 65536)
		n *= 2;
	*w = (struct window) {.size = size, .mask = n - 1, .next_id = 1};
	w->table = base_alloc(n * sizeof(struct delivery *));
	list_init(&w->urgent);
	list_init(&w->waiting);
	list_init(&w->out);
}

void
window_free(struct window *w)
{
	free(w->table);
	w->table = NULL;
}

static struct delivery *
delivery_of(struct list *l)
{
	return container_of(l, struct delivery, link);
}

void
window_push(struct window *w, struct delivery *d)
{
	list_append(d->urgent ? &w->urgent : &w->waiting, &d->link);
	w->queued++;
}

struct delivery *
window_oldest(const struct window *w)
{
	return list_empty(&w->out) ? NULL : delivery_of(w->out.next);
}

/* A suspect travels alone, so that its guilt or innocence shows. */
static bool
window_may(const struct window *w, const struct delivery *d)
{
	const struct delivery *o = window_oldest(w);

	if (o != NULL && (o->strikes > 0 || d->strikes > 0))
		return false;
	return d->urgent ? w->out_urgent < WINDOW_URGENT
			 : w->out_bulk < w->size;
}

static void
window_send(struct window *w, struct delivery *d)
{
	struct delivery **at;

	list_remove(&d->link);
	list_append(&w->out, &d->link);
	w->queued--;
	*(d->urgent ? &w->out_urgent : &w->out_bulk) += 1;
	d->id = w->next_id++;
	if (d->tries < UINT8_MAX)
		d->tries++;
	at = &w->table[d->id & w->mask];
	d->chain = *at;
	*at = d;
}

struct delivery *
window_next(struct window *w)
{
	struct list *from[] = {&w->urgent, &w->waiting};

	for (size_t i = 0; i < nitems(from); i++) {
		struct delivery *d;

		if (list_empty(from[i]))
			continue;
		d = delivery_of(from[i]->next);
		if (window_may(w, d)) {
			window_send(w, d);
			return d;
		}
	}
	return NULL;
}

static void
window_take(struct window *w, struct delivery *d)
{
	struct delivery **at = &w->table[d->id & w->mask];

	while (*at != d) {
		must(*at != NULL);
		at = &(*at)->chain;
	}
	*at = d->chain;
	list_remove(&d->link);
	*(d->urgent ? &w->out_urgent : &w->out_bulk) -= 1;
}

struct delivery *
window_answer(struct window *w, uint64_t id)
{
	struct delivery *d = w->table[id & w->mask];

	while (d != NULL && d->id != id)
		d = d->chain;
	if (d != NULL)
		window_take(w, d);
	return d;
}

struct delivery *
window_upto(struct window *w, uint64_t upto)
{
	struct delivery *d = window_oldest(w);

	if (d == NULL || d->id > upto)
		return NULL;
	window_take(w, d);
	return d;
}

static void
window_blame(struct delivery *d, uint64_t written,
    const struct delivery *guilty)
{
	if (guilty != NULL ? d == guilty : d->out_pos < written)
		d->strikes++;
}

void
window_reset(struct window *w, uint64_t written,
    const struct delivery *guilty, struct list *aside)
{
	/* Backwards, each to the front: the order stays. */
	while (!list_empty(&w->out)) {
		struct delivery *d = delivery_of(w->out.prev);
		struct list *home = d->urgent ? &w->urgent : &w->waiting;

		window_take(w, d);
		window_blame(d, written, guilty);
		if (d->strikes >= WINDOW_STRIKES) {
			list_append(aside, &d->link);
			continue;
		}
		list_append(home->next, &d->link);
		w->queued++;
	}
	w->next_id = 1;
}

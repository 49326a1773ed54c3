/* SPDX-License-Identifier: MIT */
/* A plugin's window of events; see window.h. */
#include "handler/process/window.h"

void
window_waiting_init(struct window_waiting *w)
{
	*w = (struct window_waiting) {0};
	list_init(&w->urgent);
	list_init(&w->bulk);
}

void
window_init(struct window *w, size_t size, struct window_waiting *from)
{
	size_t n = 16;

	while (n < 2 * size && n < 65536)
		n *= 2;
	*w = (struct window) {.from = from,
	    .size = size,
	    .mask = n - 1,
	    .next_id = 1};
	w->table = base_alloc(n * sizeof(struct delivery *));
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

static size_t *
waiting_count(struct window_waiting *w, const struct delivery *d)
{
	return d->urgent ? &w->urgent_n : &w->bulk_n;
}

void
window_push(struct window_waiting *w, struct delivery *d)
{
	list_append(d->urgent ? &w->urgent : &w->bulk, &d->link);
	++*waiting_count(w, d);
}

void
window_pull(struct window_waiting *w, struct delivery *d)
{
	list_remove(&d->link);
	--*waiting_count(w, d);
}

static void
waiting_back(struct window_waiting *w, struct delivery *d)
{
	list_append((d->urgent ? &w->urgent : &w->bulk)->next, &d->link);
	++*waiting_count(w, d);
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

	window_pull(w->from, d);
	list_append(&w->out, &d->link);
	*(d->urgent ? &w->out_urgent : &w->out_bulk) += 1;
	d->id = w->next_id++;
	if (d->tries < UINT8_MAX)
		d->tries++;
	at = &w->table[d->id & w->mask];
	d->chain = *at;
	*at = d;
}

struct delivery *
window_next(struct window *w, bool bulk)
{
	struct list *from[] = {&w->from->urgent, &w->from->bulk};

	for (size_t i = 0; i < (bulk ? 2 : 1); i++) {
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

void
window_replace(struct window *w, struct delivery *was, struct delivery *now)
{
	struct event *e = now->event;

	*now = *was;
	now->event = e;
	list_init(&now->link);
	list_append(&was->link, &now->link);
	list_remove(&was->link);
	if (w == NULL)
		return;
	for (struct delivery **at = &w->table[was->id & w->mask];;
	     at = &(*at)->chain) {
		must(*at != NULL);
		if (*at == was) {
			*at = now;
			return;
		}
	}
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
window_blame(struct delivery *d, uint64_t written, uint64_t guilty)
{
	if (guilty != 0 ? d->id == guilty : d->out_pos < written)
		d->strikes++;
}

void
window_reset(struct window *w, uint64_t written, uint64_t guilty,
    struct list *aside)
{
	/* Backwards, each to the front: the order stays. */
	while (!list_empty(&w->out)) {
		struct delivery *d = delivery_of(w->out.prev);

		window_take(w, d);
		window_blame(d, written, guilty);
		if (d->strikes >= WINDOW_STRIKES) {
			list_append(aside, &d->link);
			continue;
		}
		waiting_back(w->from, d);
	}
	w->next_id = 1;
}

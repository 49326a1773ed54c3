/* SPDX-License-Identifier: MIT */
/* See ask_queue.h. */
#include "handler/gate/ask/ask_queue.h"

#include "shared/base/clock.h"

#include <string.h>

struct waiting {
	struct list link;
	uint64_t lane, id;
	uint64_t need; /* position of the log the cache is to have */
	uint64_t until_ms;
	struct gate_ask q;
	size_t len;
	char behind[];
};

static uint64_t *
place_of(struct ask_queue *a, uint64_t guild)
{
	return &a->changed[base_hash64(&guild, sizeof(guild))
	    % ASK_QUEUE_PLACES];
}

void
ask_queue_changed(struct ask_queue *a, uint64_t guild, uint64_t position)
{
	*place_of(a, guild) = a->last = position;
}

/* ---- how far the cache is to be ------------------------------------- */

/* Of a channel that is not known yet any change may be the one. */
static uint64_t
need_of(struct ask_queue *a, struct guild_cache *cache,
    const struct gate_ask *q)
{
	struct guild_cache_view *v;
	uint64_t guild = q->guild;
	struct err err;

	if (guild == 0) {
		if ((v = guild_cache_view(cache, &err)) == NULL)
			return 0;
		if (guild_cache_place(v, q->channel, &guild, &err) != 1)
			guild = 0;
		guild_cache_view_end(v);
	}
	return guild == 0 ? a->last : *place_of(a, guild);
}

/* ---- answers -------------------------------------------------------- */

static void
answer(struct ask_queue *a, struct guild_cache *cache, const struct waiting *w)
{
	struct ask_answer out = {.head = {.status = GATE_ANSWER_COLD}};
	struct guild_cache_view *v = NULL;
	struct err err = {.text = ""};

	if (cache == NULL)
		ask_refuse(&out, GATE_ANSWER_COLD, ask_cold);
	else if ((v = guild_cache_view(cache, &err)) == NULL)
		ask_refuse(&out, GATE_ANSWER_COLD, err.text);
	else
		ask_answer(v, &w->q, w->behind, w->len, a->self(a), &out);
	if (v != NULL)
		guild_cache_view_end(v);
	a->answer(a, w->lane, w->id, &out);
	buf_free(&out.text);
}

/* true: it is answered. */
static bool
try(struct ask_queue *a, const struct waiting *w)
{
	uint64_t position = 0;
	struct guild_cache *cache = a->cache(a, &position);
	bool late = clock_boot_ms() >= w->until_ms;

	if ((cache != NULL && position < w->need && !late)
	    || !a->room(a, w->lane))
		return false;
	a->late += late && position < w->need;
	answer(a, cache, w);
	return true;
}

static void
on_look(struct timer *t)
{
	struct ask_queue *a = container_of(t, struct ask_queue, look);

	list_each_safe (&a->waiting, at, next) {
		struct waiting *w = container_of(at, struct waiting, link);

		if (!try(a, w))
			continue;
		list_remove(&w->link);
		a->n--;
		free(w);
	}
	if (!list_empty(&a->waiting))
		timer_set(&a->look, ASK_QUEUE_LOOK_S);
}

static void
refuse(struct ask_queue *a, uint64_t lane, uint64_t id, const char *why)
{
	struct ask_answer out = {.head = {.status = GATE_ANSWER_COLD}};

	ask_refuse(&out, GATE_ANSWER_COLD, why);
	a->answer(a, lane, id, &out);
	buf_free(&out.text);
}

void
ask_queue_take(struct ask_queue *a, uint64_t lane, uint64_t id,
    const char *payload, size_t len)
{
	uint64_t position = 0;
	struct guild_cache *cache = a->cache(a, &position);
	struct waiting *w;

	a->asked++;
	if (len < sizeof(w->q) || len > sizeof(w->q) + GATE_ASK_MAX) {
		refuse(a, lane, id, "that is no question");
		return;
	}
	if (a->n >= ASK_QUEUE_MAX) {
		refuse(a, lane, id, "too many questions wait for the cache");
		return;
	}
	w = base_alloc(sizeof(*w) + len - sizeof(w->q));
	w->lane = lane;
	w->id = id;
	w->until_ms = clock_boot_ms() + ASK_QUEUE_WAIT_MS;
	w->len = len - sizeof(w->q);
	memcpy(&w->q, payload, sizeof(w->q));
	memcpy(w->behind, payload + sizeof(w->q), w->len);
	w->need = cache != NULL ? need_of(a, cache, &w->q) : 0;
	if (try(a, w)) {
		free(w);
		return;
	}
	list_append(&a->waiting, &w->link);
	a->n++;
	if (!timer_pending(&a->look))
		timer_set(&a->look, ASK_QUEUE_LOOK_S);
}

/* ---- life ----------------------------------------------------------- */

void
ask_queue_init(struct ask_queue *a, struct timers *timers, uint64_t last)
{
	a->last = last;
	for (size_t i = 0; i < ASK_QUEUE_PLACES; i++)
		a->changed[i] = last;
	list_init(&a->waiting);
	timer_init(timers, &a->look, on_look);
}

void
ask_queue_free(struct ask_queue *a)
{
	list_each_safe (&a->waiting, at, next)
		free(container_of(at, struct waiting, link));
	list_init(&a->waiting);
	a->n = 0;
	timer_stop(&a->look);
}

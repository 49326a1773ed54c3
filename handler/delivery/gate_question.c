/* SPDX-License-Identifier: MIT */
/* See gate_question.h. */
#include "handler/delivery/gate_question.h"

#include "shared/base/clock.h"

#include <string.h>

struct question {
	struct list link;
	uint64_t id, until_ms;
	gate_question_fn *fn;
	void *arg;
};

static void
end(struct gate_questions *g, struct question *q, const struct gate_answer *a,
    const char *text, size_t len)
{
	list_remove(&q->link);
	g->n--;
	q->fn(q->arg, a, text, len);
	free(q);
}

static void
end_cold(struct gate_questions *g, struct question *q, const char *why)
{
	struct gate_answer a = {.status = GATE_ANSWER_COLD};

	end(g, q, &a, why, strlen(why));
}

static struct question *
oldest(struct gate_questions *g)
{
	return list_empty(&g->asked)
	    ? NULL
	    : container_of(g->asked.next, struct question, link);
}

static void
on_late(struct timer *t)
{
	struct gate_questions *g = container_of(t, struct gate_questions, late);
	uint64_t now = clock_boot_ms();
	struct question *q;

	while ((q = oldest(g)) != NULL && q->until_ms <= now)
		end_cold(g, q, "the gate does not answer in time");
	if (q != NULL)
		timer_set(&g->late, (double)(q->until_ms - now) / 1000);
}

const char *
gate_question_ask(struct gate_questions *g, const struct gate_ask *ask,
    const char *behind, size_t len, gate_question_fn *fn, void *arg)
{
	struct gate_hdr h = {.len = (uint32_t)(sizeof(*ask) + len),
	    .type = GATE_ASK};
	unsigned most = ask->what == GATE_ASK_PLACE ? GATE_QUESTIONS_MAX / 2
						    : GATE_QUESTIONS_MAX;
	struct question *q;

	if (g == NULL || g->wire == NULL)
		return "there is no gate: [gate] listen and a [client] are not "
		       "configured";
	if (!gate_wire_is_open(g->wire))
		return "the gate is away";
	if (len > GATE_ASK_MAX)
		return "the question is too long";
	if (g->n >= most)
		return "too many questions wait for the gate already";
	q = base_alloc(sizeof(*q));
	*q = (struct question) {.id = ++g->next,
	    .until_ms = clock_boot_ms() + (uint64_t)(GATE_QUESTION_S * 1000),
	    .fn = fn,
	    .arg = arg};
	list_append(&g->asked, &q->link);
	g->n++;
	h.ord = q->id;
	gate_wire_put_both(g->wire, &h, ask, sizeof(*ask), behind);
	gate_wire_flush(g->wire);
	if (!timer_pending(&g->late))
		timer_set(&g->late, GATE_QUESTION_S);
	return NULL;
}

void
gate_question_answered(struct gate_questions *g, const struct gate_hdr *h,
    const char *payload)
{
	struct gate_answer a;

	if (h->len < sizeof(a))
		return; /* its question is late one day */
	memcpy(&a, payload, sizeof(a));
	list_each (&g->asked, at) {
		struct question *q = container_of(at, struct question, link);

		if (q->id != h->ord)
			continue;
		end(g, q, &a, payload + sizeof(a), h->len - sizeof(a));
		return;
	}
}

/* What is asked meanwhile is not of those. */
void
gate_question_lost(struct gate_questions *g, const char *why)
{
	uint64_t last = g->next;
	struct question *q;

	while ((q = oldest(g)) != NULL && q->id <= last)
		end_cold(g, q, why);
}

void
gate_question_init(struct gate_questions *g, struct timers *timers,
    struct gate_wire *wire)
{
	*g = (struct gate_questions) {.wire = wire};
	list_init(&g->asked);
	timer_init(timers, &g->late, on_late);
}

void
gate_question_free(struct gate_questions *g)
{
	g->wire = NULL;
	gate_question_lost(g, "the handler is stopping");
	timer_stop(&g->late);
}

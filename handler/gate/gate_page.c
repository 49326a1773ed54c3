/* SPDX-License-Identifier: MIT */
/*
 * The gate's part of the page.  Two processes run while one takes over from
 * the other: the one that the supervisor names writes, and counts on from
 * where the other has left the counters.
 */
#include "handler/gate/gate_impl.h"

#include "shared/base/clock.h"
#include "shared/base/text.h"

#include <string.h>
#include <unistd.h>

/* Counters that go on from one process to the next. */
#define COUNTERS(X) X(events) X(repeated) X(unreadable) X(too_big) X(log_lost)

static void
count(struct gate *g)
{
	struct page_gate *p = &g->own;
	struct cache_writer_state w;

	p->events = g->feed.events;
	p->repeated = g->feed.repeated;
	p->unreadable = g->feed.unreadable;
	p->too_big = g->feed.too_big;
	p->lanes = feed_lanes(&g->feed);
	str_copy(p->note, g->note, sizeof(p->note));
	p->cache_cold = gate_asks_cold(g);
	gate_desk_count(g);
	if (g->log == NULL)
		return;
	p->log_oldest = gatelog_oldest(g->log);
	p->log_last = gatelog_last(g->log);
	p->log_used = gatelog_used(g->log);
	p->log_size = (uint64_t)g->config.gate_log_bytes;
	if (g->writer == NULL)
		return;
	cache_writer_look(g->writer, &w);
	p->cache_behind = p->log_last > w.position ? p->log_last - w.position
						   : 0;
	if (w.why[0] != '\0')
		str_format(p->note, sizeof(p->note),
		    "the cache can't be written: %.150s", w.why);
}

static bool
serves(struct gate *g)
{
	struct page_head *head = g->page.head;
	bool named = head->gate_watch.pid == (int32_t)getpid();

	if (named && !g->in_service) {
		page_repair(&head->gate.lock);
		g->before = head->gate;
	}
	g->in_service = named;
	return named;
}

void
gate_page_write(struct gate *g)
{
	struct page_gate *p = &g->page.head->gate;
	const struct page_gate *own = &g->own;

	if (!serves(g))
		return;
	count(g);
	page_begin(&p->lock);
	p->state = g->state;
	p->state_since_ms = g->since_ms;
	p->pid = g->state == GATE_DOWN ? 0 : (int32_t)getpid();
	p->lanes = own->lanes;
#define X(n) p->n = g->before.n + own->n;
	COUNTERS(X)
#undef X
	p->log_oldest = own->log_oldest;
	p->log_last = own->log_last;
	p->log_used = own->log_used;
	p->log_size = own->log_size;
	p->cache_behind = own->cache_behind;
	p->cache_cold = own->cache_cold;
	p->clients = own->clients;
	memcpy(p->client, own->client, sizeof(p->client));
	if (strcmp(p->note, own->note) != 0)
		text_clean(p->note, sizeof(p->note), own->note,
		    strlen(own->note));
	page_end(&p->lock);
}

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

static void
count_log(struct gate *g, struct page_gate *p)
{
	p->log_size = (uint64_t)g->config.gate_log_bytes;
	p->log_age_ms = (uint64_t)(g->config.gate_log_age_s * 1000);
	p->log_lost = g->before.log_lost + g->log_lost;
	if (g->log == NULL)
		return;
	p->log_life = gatelog_life(g->log);
	p->log_oldest = gatelog_oldest(g->log);
	p->log_last = gatelog_last(g->log);
	p->log_used = gatelog_used(g->log);
}

static void
count_cache(struct gate *g, struct page_gate *p)
{
	struct cache_writer_state w;

	p->cache_cold = g->log != NULL && gate_asks_cold(g);
	p->cache_lost = g->before.cache_lost;
	if (g->writer == NULL)
		return;
	cache_writer_look(g->writer, &w);
	p->cache_behind = p->log_last > w.position ? p->log_last - w.position
						   : 0;
	p->cache_damaged = w.damaged;
	p->cache_lost += w.lost;
	if (w.why[0] != '\0')
		str_format(g->note, sizeof(g->note),
		    "the cache can't be written: %.150s", w.why);
	else if (g->cache != NULL)
		g->note[0] = '\0';
}

static void
count(struct gate *g, struct page_gate *p)
{
	const struct page_gate *b = &g->before;

	p->state = g->state;
	p->state_since_ms = g->since_ms;
	p->pid = g->state == GATE_DOWN ? 0 : (int32_t)getpid();
	p->lanes = feed_lanes(&g->feed);
	p->events = b->events + g->feed.events;
	p->repeated = b->repeated + g->feed.repeated;
	p->unreadable = b->unreadable + g->feed.unreadable;
	p->too_big = b->too_big + g->feed.too_big;
	count_log(g, p);
	count_cache(g, p);
	gate_page_clients(g, p);
	text_clean(p->note, sizeof(p->note), g->note, strlen(g->note));
}

static bool
serves(struct gate *g)
{
	struct page_head *head = g->page.head;
	bool named = head->gate_watch.pid == (int32_t)getpid();

	if (named && !g->in_service) {
		page_repair(&head->gate.lock);
		g->before = head->gate;
		g->own = g->before;
	}
	g->in_service = named;
	return named;
}

void
gate_page_write(struct gate *g)
{
	static struct page_gate p; /* large */

	if (!serves(g))
		return;
	memset(&p, 0, sizeof(p));
	count(g, &p);
	/* While it starts, and once it has let go of its clients. */
	if (g->clients == NULL) {
		p.clients = g->own.clients;
		memcpy(p.client, g->own.client, sizeof(p.client));
		memcpy(p.ends, g->own.ends, sizeof(p.ends));
		p.accepted = g->own.accepted;
		p.resume_lost = g->own.resume_lost;
		p.log_life = g->own.log_life;
		p.log_oldest = g->own.log_oldest;
		p.log_last = g->own.log_last;
		p.log_used = g->own.log_used;
	}
	g->own = p;
	page_put(&g->page.head->gate, &p, sizeof(p));
}

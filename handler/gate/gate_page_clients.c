/* SPDX-License-Identifier: MIT */
/*
 * The clients on the page: sessions as they are now, counters from the first
 * day on, what was refused of late; see gate_impl.h.
 */
#include "handler/gate/gate_impl.h"

#include "shared/base/clock.h"
#include "shared/base/text.h"

#include <string.h>

/* ---- sessions ------------------------------------------------------- */

static struct page_client *
place_of(struct page_gate *p, const char *name)
{
	for (uint32_t i = 0; i < p->clients && i < PAGE_CLIENTS; i++)
		if (strcmp(p->client[i].name, name) == 0)
			return &p->client[i];
	return NULL;
}

/* On the clock of the page. */
static uint64_t
boot_of(int64_t wall_ms)
{
	int64_t ago = clock_wall_ms() - wall_ms;
	uint64_t now = clock_boot_ms();

	return wall_ms == 0 || ago < 0 || (uint64_t)ago >= now
	    ? 0
	    : now - (uint64_t)ago;
}

/* The two newest processes of ours: one takes over from the other. */
static void
count_run(struct page_client *c, const struct gate_clients_row *r)
{
	struct page_client_run *run = c->run;

	if (r->run > run[0].run) {
		run[1] = run[0];
		run[0] = (struct page_client_run) {.run = r->run};
	} else if (r->run > run[1].run && r->run != run[0].run) {
		run[1] = (struct page_client_run) {.run = r->run};
	}
	for (size_t i = 0; i < nitems(c->run); i++) {
		if (run[i].run != r->run)
			continue;
		run[i].live += r->live;
		run[i].shards = r->shard_count;
	}
}

static void
on_row(const struct gate_clients_row *r, void *arg)
{
	struct page_client *c = place_of(arg, r->client);
	uint64_t heard = boot_of(r->seen_ms);

	if (c == NULL)
		return; /* of a config of before: its sessions end by age */
	c->sessions++;
	c->connected += strcmp(r->state, "AWAY") != 0;
	if (r->position != 0 && (c->position == 0 || r->position < c->position))
		c->position = r->position;
	if (heard > c->heard_ms)
		c->heard_ms = heard;
	if (r->run != 0)
		count_run(c, r);
}

/* ---- what they did -------------------------------------------------- */

static void
on_tally(const struct gate_clients_tally *t, void *arg)
{
	struct page_client *c = place_of(arg, t->client);
	char words[PAGE_WORDS];

	if (c == NULL)
		return;
#define X(n) c->n = t->n;
	PAGE_CLIENT_COUNTERS(X)
#undef X
	c->overrun_ms = t->overrun_ms;
	if (t->refused_ms == 0
	    || clock_boot_ms() - t->refused_ms >= GATE_NOTE_MS)
		return;
	str_format(words, sizeof(words), "refused: %s%s%s",
	    page_gate_end[t->refused_end].words,
	    t->refused_why[0] != '\0' ? ": " : "", t->refused_why);
	text_clean(c->note, sizeof(c->note), words, strlen(words));
}

/* What this process can't know: as it was last, was, and what the gate before
 * counted, of. */
static void
go_on(struct page_client *c, const struct page_client *was,
    const struct page_client *of)
{
#define X(n) c->n += of->n;
	PAGE_CLIENT_COUNTERS(X)
#undef X
	if (c->overrun_ms == 0)
		c->overrun_ms = of->overrun_ms;
	if (was->heard_ms > c->heard_ms)
		c->heard_ms = was->heard_ms;
	if (c->connected > 0)
		c->away_ms = 0;
	else if (was->away_ms != 0)
		c->away_ms = was->away_ms;
	else if (was->connected > 0 || c->heard_ms != 0)
		c->away_ms = clock_boot_ms();
}

/* Up to where it has the log: of sessions that ended while it is away, as long
 * as it would catch up from there. */
static void
find_position(const struct gate *g, const struct page_gate *p,
    struct page_client *c, const struct page_client *was, bool catch_up)
{
	if (c->position == 0 && c->sessions == 0 && catch_up
	    && g->own.log_life == p->log_life)
		c->position = was->position;
	if (c->position > p->log_last)
		c->position = 0;
	c->lag_events = c->position != 0 ? p->log_last - c->position : 0;
}

static void
count_clients(struct gate *g, struct page_gate *p)
{
	static const struct page_client none;
	const struct config *conf = &g->config;

	p->clients = (uint32_t)conf->clients;
	for (size_t i = 0; i < conf->clients; i++)
		str_copy(p->client[i].name, conf->client[i].name,
		    sizeof(p->client[i].name));
	gate_clients_each(g->clients, on_row, p);
	gate_clients_tallies(g->clients, on_tally, p);
	for (uint32_t i = 0; i < p->clients; i++) {
		struct page_client *c = &p->client[i];
		const struct page_client *of = place_of(&g->before, c->name);
		const struct page_client *was = place_of(&g->own, c->name);

		of = of != NULL ? of : &none;
		was = was != NULL ? was : of;
		go_on(c, was, of);
		find_position(g, p, c, was, conf->client[i].catch_up);
	}
}

/* ---- refusals ------------------------------------------------------- */

static void
keep_minute(struct gate *g, const uint64_t *end, uint64_t now)
{
	const struct gate_minute *last =
	    &g->minute[(g->minute_next + GATE_MINUTES - 1) % GATE_MINUTES];
	struct gate_minute *m = &g->minute[g->minute_next];

	if (last->at_ms != 0 && now - last->at_ms < GATE_MINUTE_MS)
		return;
	m->at_ms = now;
	memcpy(m->end, end, sizeof(m->end));
	g->minute_next = (g->minute_next + 1) % GATE_MINUTES;
}

/* The oldest stand that is not older than a minute. */
static const struct gate_minute *
minute_ago(const struct gate *g, uint64_t now)
{
	const struct gate_minute *oldest = NULL;

	for (size_t i = 0; i < GATE_MINUTES; i++) {
		const struct gate_minute *m = &g->minute[i];

		if (m->at_ms != 0 && now - m->at_ms <= 60000
		    && (oldest == NULL || m->at_ms < oldest->at_ms))
			oldest = m;
	}
	return oldest;
}

static void
count_refused(struct gate *g, struct page_gate *p)
{
	const struct gate_clients_counters *c = gate_clients_counted(
	    g->clients);
	uint64_t now = clock_boot_ms(), n, most = 0;
	const struct gate_minute *from;

	p->accepted = g->before.accepted + c->accepted;
	p->resume_lost = g->before.resume_lost + c->resume_lost;
	keep_minute(g, c->end, now);
	from = minute_ago(g, now);
	for (unsigned i = 0; i < PAGE_GATE_ENDS_N; i++) {
		p->ends[i] = g->before.ends[i] + c->end[i];
		n = from != NULL ? c->end[i] - from->end[i] : 0;
		if (!page_gate_end[i].refused || n == 0)
			continue;
		p->refused_now += (uint32_t)n;
		if (n > most)
			p->refused_end = i;
		if (n > most)
			most = n;
	}
}

void
gate_page_clients(struct gate *g, struct page_gate *p)
{
	if (g->clients == NULL)
		return;
	count_clients(g, p);
	count_refused(g, p);
}

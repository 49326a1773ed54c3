/* SPDX-License-Identifier: MIT */
/* The handler's part of the page; see stats_page.h. */
#include "handler/stats_page.h"

#include "shared/base/clock.h"
#include "shared/base/text.h"

#include <string.h>
#include <unistd.h>

/* Counters that go on from one generation to the next. */
#define SHEET_COUNTERS(X)                                                      \
	X(events)                                                              \
	X(duplicates)                                                          \
	X(acked)                                                               \
	X(dead_letters)                                                        \
	X(plugin_restarts)                                                     \
	X(rest_calls) X(rest_429) X(rest_errors) X(unreadable)

int
stats_page_open(struct stats_page *s, int fd, struct err *e)
{
	s->pid = (int32_t)getpid();
	return page_attach(&s->page, fd, e);
}

/* Of a plugin. */
#define PLUGIN_COUNTERS(X)                                                     \
	X(events)                                                              \
	X(errors)                                                              \
	X(answered) X(worked_ms) X(restarts) X(dead_letters) X(dropped)

static void
plugins_take(struct stats_page *s, const struct page_plugins *of)
{
	free(s->plugins);
	s->plugins = base_alloc(sizeof(*s->plugins));
	memcpy(s->plugins, of, sizeof(*of));
	s->fresh = true;
}

static struct page_plugin *
plugin_before(struct stats_page *s, const char *name)
{
	for (size_t i = 0; s->plugins != NULL && i < PAGE_PLUGINS; i++)
		if (strcmp(s->plugins->plugin[i].name, name) == 0)
			return &s->plugins->plugin[i];
	return NULL;
}

void
stats_page_plugins(struct stats_page *s, struct page_plugins *own)
{
	for (size_t i = 0; i < PAGE_PLUGINS; i++) {
		struct page_plugin *p = &own->plugin[i], *b;

		if (p->name[0] == '\0'
		    || (b = plugin_before(s, p->name)) == NULL)
			continue;
#define X(n)                                                                   \
	b->n -= s->fresh ? p->n : 0;                                           \
	p->n += b->n;
		PLUGIN_COUNTERS(X)
#undef X
	}
	s->fresh = false;
}

static void
sheet_take(struct stats_page *s, const struct page_handler *own)
{
	struct page_head *head = s->page.head;
	struct page_handler *b = &s->before;

	page_repair(&head->handler.lock);
	page_repair(&head->plugins.lock);
	for (size_t i = 0; i < PAGE_PLUGINS; i++)
		page_repair(&head->plugin_past[i].lock);
	plugins_take(s, &head->plugins);
	memcpy(b, &head->handler, sizeof(*b));
#define X(n) b->n -= own->n;
	SHEET_COUNTERS(X)
#undef X
	page_counts_less(&b->counts, &own->counts);
}

bool
stats_page_serves(struct stats_page *s, const struct page_handler *own)
{
	bool named = s->page.head->handler_watch.pid == s->pid;

	if (named && !s->in_service)
		sheet_take(s, own);
	s->in_service = named;
	return named;
}

static void
words_put(char to[PAGE_WORDS], const char *from)
{
	if (strcmp(to, from) != 0)
		text_clean(to, PAGE_WORDS, from, strlen(from));
}

void
stats_page_write(struct stats_page *s, const struct page_handler *own)
{
	struct page_handler *p = &s->page.head->handler;
	const struct page_handler *b = &s->before;

	if (!stats_page_serves(s, own))
		return;
	page_beat(&s->page.head->pulse.handler_ms, clock_boot_ms());
	page_begin(&p->lock);
	if (p->state != own->state)
		p->state_since_ms = clock_boot_ms();
	p->state = own->state;
	p->pid = own->pid;
	p->generation = own->generation;
	p->lag_events = own->lag_events;
	p->lag_ms = own->lag_ms;
	p->plugins = own->plugins;
	p->plugins_up = own->plugins_up;
	p->plugins_unloaded = own->plugins_unloaded;
	p->plugins_failing = own->plugins_failing;
#define X(n) p->n = b->n + own->n;
	SHEET_COUNTERS(X)
#undef X
	page_counts_sum(&p->counts, &b->counts, &own->counts);
	p->rest_invalid = own->rest_invalid;
	p->rest = own->rest;
	p->rest_since_ms = own->rest_since_ms;
	p->commands_out = own->commands_out;
	p->gate_open = own->gate_open;
	p->gate_waiting = own->gate_waiting;
	p->gate_backlog = own->gate_backlog;
	p->gate_dropped = own->gate_dropped;
	p->gate_lag_ms = own->gate_lag_ms;
	words_put(p->note, own->note);
	words_put(p->rest_note, own->rest_note);
	words_put(p->commands_note, own->commands_note);
	page_end(&p->lock);
}

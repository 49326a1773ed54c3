/* SPDX-License-Identifier: MIT */
/* See client_rows.h. */
#include "tools/cli/base/client_rows.h"

#include "tools/cli/base/human.h"

#include <string.h>

#define FILL_TOLD 10 /* %: less of the log is no news */

static struct verdict_client
verdict_of(const struct view *v, const struct page_client *c)
{
	return verdict_client(&v->gate, c, v->now_ms);
}

const struct page_client *
client_rows_find(const struct view *v, const char *name)
{
	for (uint32_t i = 0; i < v->gate.clients; i++)
		if (strcmp(v->gate.client[i].name, name) == 0)
			return &v->gate.client[i];
	return NULL;
}

static const struct page_client_rest *
rest_of(const struct view *v, const char *name)
{
	for (size_t i = 0; i <= PAGE_CLIENTS; i++)
		if (strcmp(v->clients_rest.of[i].name, name) == 0)
			return &v->clients_rest.of[i];
	return NULL;
}

/* ---- worst first ---------------------------------------------------- */

static unsigned
urgency(const struct view *v, const struct page_client *c)
{
	struct verdict_client one = verdict_of(v, c);

	return 2 * (unsigned)one.state - (one.overran ? 1 : 0)
	    - (c->note[0] != '\0' ? 1 : 0);
}

size_t
client_rows_sort(const struct view *v,
    const struct page_client *order[PAGE_CLIENTS])
{
	size_t n = 0, at;

	for (uint32_t i = 0; i < v->gate.clients; i++) {
		const struct page_client *c = &v->gate.client[i];

		if (c->name[0] == '\0')
			continue;
		for (at = n++;
		     at > 0 && urgency(v, c) < urgency(v, order[at - 1]); at--)
			order[at] = order[at - 1];
		order[at] = c;
	}
	return n;
}

/* ---- rows ----------------------------------------------------------- */

static enum table_colour
colour_of(enum verdict_client_state s)
{
	switch (s) {
	case VERDICT_CLIENT_HERE:
		return TABLE_GREEN;
	case VERDICT_CLIENT_LOST:
	case VERDICT_CLIENT_FALLING:
		return TABLE_RED;
	case VERDICT_CLIENT_NEVER:
		return TABLE_PLAIN;
	default:
		return TABLE_YELLOW;
	}
}

void
client_rows_note(const struct view *v, const struct page_client *c, char *out,
    size_t size)
{
	struct verdict_client one = verdict_of(v, c);
	char age[24];

	if (one.overran)
		str_format(out, size, "fell off the log %s ago",
		    human_age(view_age(v, c->overrun_ms), age));
	else if (one.state == VERDICT_CLIENT_LOST)
		str_format(out, size,
		    "away for %s: the log lets go of what it missed",
		    human_age(one.away_ms, age));
	else if (c->note[0] != '\0')
		str_format(out, size, "%s", c->note);
	else if (one.away_ms >= 0 && one.fill >= FILL_TOLD)
		str_format(out, size, "away for %s, %u %% of the log behind",
		    human_age(one.away_ms, age), one.fill);
	else
		out[0] = '\0';
}

void
client_rows_add(struct table *t, const struct view *v,
    const struct page_client *c)
{
	static const struct page_client_rest none;
	const struct page_client_rest *r = rest_of(v, c->name);
	enum verdict_client_state state = verdict_of(v, c).state;
	char age[24];

	r = r != NULL ? r : &none;
	table_add(t, "%s", c->name);
	table_add(t, "%s", verdict_client_name[state]);
	table_colour(t, colour_of(state));
	table_add(t, "%u/%u", c->connected, c->sessions);
	table_add(t, "%llu", (unsigned long long)c->lag_events);
	table_add(t, "%s", human_age(view_age(v, c->heard_ms), age));
	table_add(t, "%llu", (unsigned long long)c->events);
	table_add(t, "%llu", (unsigned long long)c->replayed);
	table_add(t, "%llu", (unsigned long long)c->caught_up);
	table_add(t, "%llu", (unsigned long long)c->overruns);
	table_add(t, "%llu", (unsigned long long)r->calls);
	table_add(t, "%llu",
	    (unsigned long long)(r->limited_ours + r->limited_discord));
}

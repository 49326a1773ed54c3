/* SPDX-License-Identifier: MIT */
/* client why: what a client of the gate is doing, and what happened to it. */
#include "shared/json/json.h"
#include "shared/base/text.h"
#include "tools/cli/base/human.h"
#include "tools/cli/see/verb.h"

#include <string.h>

struct story {
	struct page_event event[2 * PAGE_CLIENT_PAST];
	size_t n; /* oldest first */
};

/* From the oldest on, so that what has one time stays in its order. */
static void
take(struct story *st, const struct page_client_past *past, const char *name)
{
	struct page_client_past p;

	if (!page_read(past, &p, sizeof(p))
	    || strncmp(p.name, name, sizeof(p.name)) != 0)
		return;
	for (uint32_t i = 0; i < PAGE_CLIENT_PAST; i++) {
		struct page_event e = p.event[(p.next + i) % PAGE_CLIENT_PAST];
		size_t at = st->n;

		if (e.at_ms == 0 || st->n == nitems(st->event))
			continue;
		while (at > 0 && st->event[at - 1].at_ms > e.at_ms)
			at--;
		memmove(&st->event[at + 1], &st->event[at],
		    (st->n - at) * sizeof(e));
		text_clean_own(e.text, sizeof(e.text));
		st->event[at] = e;
		st->n++;
	}
}

static int
read_story(struct cli *c, struct story *st, const char *name)
{
	struct page page;

	if (page_open(&page, c->config.state_dir, &c->err) == -1)
		return -1;
	for (size_t i = 0; i < PAGE_CLIENTS; i++) {
		take(st, &page.head->gate_past[i], name);
		take(st, &page.head->client[i].past, name);
	}
	page_close(&page);
	return 0;
}

static const struct page_client *
row_of(const struct view *v, const char *name)
{
	for (uint32_t i = 0; i < v->gate.clients; i++)
		if (strcmp(v->gate.client[i].name, name) == 0)
			return &v->gate.client[i];
	return NULL;
}

/* How it is, in sentences. */
static size_t
now(const struct view *v, const char *name, char out[3][512])
{
	const struct view_process *p = view_process(v, name);
	const struct page_client *row = v->gate_alive ? row_of(v, name) : NULL;
	char age[24];
	size_t n = 0;

	if (row == NULL)
		str_format(out[n++], sizeof(out[0]),
		    "The gate does not run: client %s has no connection.",
		    name);
	else if (row->heard_ms == 0)
		str_format(out[n++], sizeof(out[0]),
		    "Client %s has %u sessions, %u of them connected.", name,
		    row->sessions, row->connected);
	else
		str_format(out[n++], sizeof(out[0]),
		    "Client %s has %u sessions, %u of them connected; last "
		    "heartbeat %s ago.",
		    name, row->sessions, row->connected,
		    human_age(view_age(v, row->heard_ms), age));
	if (p == NULL)
		return n;
	if (p->pid != 0)
		str_format(out[n++], sizeof(out[0]),
		    "Its process %d runs for %s, %llu were started.", p->pid,
		    human_age(view_age(v, p->w.started_ms), age),
		    (unsigned long long)p->w.starts);
	else
		str_format(out[n++], sizeof(out[0]),
		    "Its process does not run, %llu were started.",
		    (unsigned long long)p->w.starts);
	if (p->w.last_end[0] != '\0')
		str_format(out[n++], sizeof(out[0]), "The one before: %s.",
		    p->w.last_end);
	return n;
}

static void
print_json(char words[3][512], size_t n, const struct story *st)
{
	struct json_object *o = json_object_new_object();
	struct json_object *why = json_object_new_array();
	struct json_object *past = json_object_new_array();

	for (size_t i = 0; i < n; i++)
		json_object_array_add(why, json_object_new_string(words[i]));
	for (size_t i = 0; i < st->n; i++) {
		struct json_object *e = json_object_new_object();

		json_put_int(e, "time_ms", st->event[i].at_ms);
		json_put_text(e, "text", st->event[i].text);
		json_object_array_add(past, e);
	}
	json_object_object_add(o, "why", why);
	json_object_object_add(o, "past", past);
	cli_print_json(o);
}

int
verb_client_why(struct cli *c, const char *name)
{
	static struct story st;
	char words[3][512], when[32];
	struct view v;
	size_t n;

	if (config_client(&c->config, name) == NULL)
		return cli_error(c, EXIT_USAGE,
		    "There is no [client \"%s\"] in %s.", name, c->config.path);
	if (view_read(&v, &c->config, &c->err) == -1
	    || read_story(c, &st, name) == -1)
		return cli_fail(c);
	n = now(&v, name, words);
	if (c->json) {
		print_json(words, n, &st);
	} else {
		for (size_t i = 0; i < n; i++)
			puts(words[i]);
		if (st.n > 0)
			puts("\nWhat happened, the last of it last:");
		for (size_t i = 0; i < st.n; i++)
			printf("%s  %s\n", human_when(st.event[i].at_ms, when),
			    st.event[i].text);
	}
	view_free(&v);
	return EXIT_FINE;
}

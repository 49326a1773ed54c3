/* SPDX-License-Identifier: MIT */
/* See clients.h. */
#include "supervisor/client/clients.h"

#include <string.h>

#include "shared/base/clock.h"
#include "shared/config/config_diff.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/client/clients_impl.h"
#include "supervisor/operation/operation.h"

/* ---- places --------------------------------------------------------- */

static const struct config_client *
wanted(const struct fleet *f, const char *name)
{
	const struct config_client *c = config_gate(f->config)
	    ? config_client(f->config, name)
	    : NULL;

	return c != NULL && c->exec[0] != '\0' ? c : NULL;
}

static bool
is_free(const struct client_process *p)
{
	return p == NULL
	    || (!member_running(&p->slot[0]) && !member_running(&p->slot[1])
		&& !client_change_busy(&p->change)
		&& wanted(p->fleet, p->name) == NULL);
}

static struct client_process *
process_of(const struct clients *all, const char *name)
{
	for (size_t i = 0; i < PAGE_CLIENTS; i++)
		if (all->of[i] != NULL && strcmp(all->of[i]->name, name) == 0)
			return all->of[i];
	return NULL;
}

static void
drop(struct clients *all, size_t i)
{
	struct client_process *p = all->of[i];

	if (p == NULL)
		return;
	timer_stop(&p->look);
	member_free(&p->slot[0]);
	member_free(&p->slot[1]);
	free(p);
	all->of[i] = NULL;
}

/* As the page has them; of the free ones the first. */
static size_t
place_for(struct clients *all, const char *name)
{
	struct page_client_process *on = all->fleet->page.head->client;
	size_t i, first = PAGE_CLIENTS;

	for (i = 0; i < PAGE_CLIENTS; i++)
		if (strcmp(on[i].name, name) == 0)
			return i;
	for (i = 0; i < PAGE_CLIENTS && first == PAGE_CLIENTS; i++)
		if (on[i].name[0] == '\0')
			first = i;
	for (i = 0; i < PAGE_CLIENTS && first == PAGE_CLIENTS; i++)
		if (is_free(all->of[i])
		    && wanted(all->fleet, on[i].name) == NULL)
			first = i;
	return first;
}

static void
name_place(struct page_client_process *on, const char *name)
{
	if (strcmp(on->name, name) == 0)
		return;
	page_begin(&on->lock);
	memset((char *)on + sizeof(on->lock), 0,
	    sizeof(*on) - sizeof(on->lock));
	str_copy(on->name, name, sizeof(on->name));
	str_copy(on->past.name, name, sizeof(on->past.name));
	page_end(&on->lock);
}

static struct client_process *
make(struct clients *all, const char *name)
{
	struct fleet *f = all->fleet;
	size_t i = place_for(all, name);
	struct client_process *p;

	if (i == PAGE_CLIENTS)
		return NULL; /* those of before still end: its turn comes */
	drop(all, i);
	name_place(&f->page.head->client[i], name);
	p = all->of[i] = base_alloc(sizeof(*p));
	p->fleet = f;
	p->place = (uint32_t)i;
	str_copy(p->name, name, sizeof(p->name));
	for (size_t s = 0; s < nitems(p->slot); s++) {
		member_init(&p->slot[s], f, CONTRACT_RUNNER, p->place);
		p->slot[s].client = p->name;
	}
	p->now = &p->slot[0];
	p->slot[1].own = &p->spare;
	str_format(p->now->name, sizeof(p->now->name), "client %s", name);
	clients_change_init(p);
	return p;
}

static void
make_all(struct clients *all)
{
	const struct config *c = all->fleet->config;

	for (size_t i = 0; i < c->clients; i++)
		if (wanted(all->fleet, c->client[i].name) != NULL
		    && process_of(all, c->client[i].name) == NULL)
			(void)make(all, c->client[i].name);
}

/* ---- what the config wants ------------------------------------------ */

static void
start_first(struct client_process *p, const struct config_client *c)
{
	struct fleet *f = p->fleet;
	struct err e;

	/* It would be refused, and may not try again. */
	if (!member_serves(f->gate))
		return;
	p->sum = config_diff_client_sum(c);
	program_close(&p->now->program);
	if (program_open(&p->now->program, f->program_path, f->config->text, &e)
	    == -1)
		log_error("Client %s is not started: %s. \"shardherd reload\" "
			  "tries again.",
		    p->name, e.text);
	else
		member_event(p->now, MEMBER_ON_START);
}

static void
end(struct client_process *p)
{
	clients_change_abort(p, "it is not in the config any more");
	member_event(p->now, MEMBER_ON_STOP);
}

static bool
differs(const struct client_process *p, const struct config_client *c)
{
	uint64_t sum = config_diff_client_sum(c);

	return sum != p->sum && sum != p->tried;
}

static void
follow(struct client_process *p)
{
	struct fleet *f = p->fleet;
	const struct config_client *c = wanted(f, p->name);

	restart_delay_limits(&p->now->delay, f->config->restart_min_s,
	    f->config->restart_max_s);
	if (c == NULL)
		end(p);
	else if (client_change_busy(&p->change)
	    || p->now->state == MEMBER_STOPPING)
		return; /* its end comes by here */
	else if (p->now->state == MEMBER_DOWN)
		start_first(p, c);
	else if (differs(p, c) && operation_may(f, OPERATION_CLIENT, NULL) == 0)
		clients_change_begin(p, 0);
}

void
clients_follow(struct clients *all)
{
	struct fleet *f = all->fleet;

	if (f->stopping || f->local == 0)
		return;
	make_all(all);
	for (size_t i = 0; i < PAGE_CLIENTS; i++)
		if (all->of[i] != NULL)
			follow(all->of[i]);
}

void
clients_reloaded(struct clients *all)
{
	for (size_t i = 0; i < PAGE_CLIENTS; i++)
		if (all->of[i] != NULL)
			all->of[i]->tried = 0;
	clients_follow(all);
}

/* ---- orders --------------------------------------------------------- */

int
clients_restart(struct clients *all, const char *name, uint32_t ticket,
    struct err *e)
{
	struct fleet *f = all->fleet;
	struct client_process *p;

	if (config_client(f->config, name) == NULL)
		return err_set(e, EXIT_USAGE,
		    "there is no [client \"%s\"] in %s", name, f->config->path);
	if (wanted(f, name) == NULL)
		return err_set(e, EXIT_USAGE,
		    "client %s has no exec in its section, so its process is "
		    "not ours: restart it where it runs",
		    name);
	if (operation_may(f, OPERATION_CLIENT, e) == -1)
		return -1;
	if (!member_serves(f->gate))
		return err_set(e, EXIT_TRY_LATER,
		    "the gate does not serve (%s): a new process of %s could "
		    "not become READY there",
		    member_state_name[f->gate->state], name);
	p = process_of(all, name);
	if (p == NULL || p->now->state == MEMBER_STOPPING)
		return err_set(e, EXIT_TRY_LATER,
		    "client %s is not there yet, or its process ends", name);
	log_notice("client %s is restarted by %s.", name, f->control.who);
	clients_past(p, "restart asked for by %s", f->control.who);
	clients_change_begin(p, ticket);
	return 0;
}

bool
clients_busy(const struct clients *all)
{
	for (size_t i = 0; i < PAGE_CLIENTS; i++)
		if (all->of[i] != NULL
		    && client_change_busy(&all->of[i]->change))
			return true;
	return false;
}

bool
clients_run(const struct clients *all)
{
	for (size_t i = 0; i < PAGE_CLIENTS; i++)
		if (all->of[i] != NULL
		    && (member_running(&all->of[i]->slot[0])
			|| member_running(&all->of[i]->slot[1])))
			return true;
	return false;
}

/* ---- what is heard -------------------------------------------------- */

static struct client_process *
whose(const struct clients *all, const struct member *c)
{
	struct client_process *p = process_of(all, c->client);

	must(p != NULL);
	return p;
}

static uint32_t
generation_of(const struct member *c)
{
	return c->pid != 0 ? c->generation : 0;
}

static void
note(struct client_process *p, const struct member *ended, bool taken_over)
{
	struct page_client_process *on = &p->fleet->page.head->client[p->place];

	page_begin(&on->lock);
	on->pid = (int32_t)p->now->guest;
	page_run_note(on, generation_of(p->now),
	    generation_of(&p->slot[p->now == &p->slot[0]]),
	    ended != NULL ? ended->generation : 0, taken_over);
	on->changing = client_change_busy(&p->change);
	page_end(&on->lock);
}

void
clients_note(struct client_process *p)
{
	note(p, NULL, false);
}

void
clients_guest(struct clients *all, struct member *c, pid_t bot)
{
	struct client_process *p = whose(all, c);

	c->guest = bot;
	clients_note(p);
	clients_past(p, "%s (pid %d)",
	    c == p->now ? "process started"
			: "new process started, beside the one there is",
	    (int)bot);
}

void
clients_adopted(struct clients *all, struct member *c, uint64_t sum, pid_t bot)
{
	struct client_process *p = whose(all, c);

	p->sum = sum;
	c->guest = bot;
	if (c->generation > p->fleet->runs)
		p->fleet->runs = c->generation;
	note(p, NULL, true);
}

void
clients_gone(struct clients *all, struct member *c)
{
	struct client_process *p = whose(all, c);
	struct fleet *f = p->fleet;

	clients_past(p, "%s%s",
	    c == p->now ? "" : "the new process: ", member_watch(c)->last_end);
	note(p, c, false);
	if (f->stopping)
		return;
	if (client_change_busy(&p->change))
		client_change_event(&p->change,
		    c == p->now ? CLIENT_CHANGE_ON_OLD_GONE
				: CLIENT_CHANGE_ON_NEW_GONE);
	else if (c == p->now && c->state == MEMBER_DOWN && !c->again)
		clients_follow(all);
}

/* ---- life ----------------------------------------------------------- */

void
clients_init(struct clients *all, struct fleet *f)
{
	memset(all, 0, sizeof(*all));
	all->fleet = f;
}

void
clients_expect(struct clients *all)
{
	make_all(all);
}

bool
clients_end(struct clients *all)
{
	for (size_t i = 0; i < PAGE_CLIENTS; i++) {
		if (all->of[i] == NULL)
			continue;
		clients_change_abort(all->of[i], "the fleet is stopping");
		member_event(all->of[i]->now, MEMBER_ON_STOP);
	}
	return !clients_run(all);
}

void
clients_each(struct clients *all, void (*fn)(struct member *))
{
	for (size_t i = 0; i < PAGE_CLIENTS; i++)
		for (size_t s = 0; all->of[i] != NULL && s < 2; s++)
			fn(&all->of[i]->slot[s]);
}

struct member *
clients_find(struct clients *all, pid_t pid)
{
	for (size_t i = 0; i < PAGE_CLIENTS; i++)
		for (size_t s = 0; all->of[i] != NULL && s < 2; s++)
			if (all->of[i]->slot[s].pid == pid)
				return &all->of[i]->slot[s];
	return NULL;
}

struct member *
clients_at(struct clients *all, uint32_t place)
{
	return all->of[place] != NULL ? all->of[place]->now : NULL;
}

void
clients_close(struct clients *all)
{
	for (size_t i = 0; i < PAGE_CLIENTS; i++)
		drop(all, i);
}

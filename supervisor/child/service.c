/* SPDX-License-Identifier: MIT */
/* See service.h. */
#include "supervisor/child/service.h"

#include "shared/base/clock.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/child/gate_lanes.h"

/* ---- what they differ in -------------------------------------------- */

static void
gate_in_service(struct fleet *f, struct member *c)
{
	gate_lanes_add(f->gate_lanes, c);
}

static void
gate_down(struct fleet *f)
{
	struct page_gate *p = &f->page.head->gate;

	page_repair(&p->lock);
	page_begin(&p->lock);
	p->state = GATE_DOWN;
	p->state_since_ms = clock_boot_ms();
	p->pid = 0;
	p->lanes = 0;
	page_end(&p->lock);
}

static void
nothing_more(struct fleet *f, struct member *c)
{
}

static void
web_down(struct fleet *f)
{
	page_beat(&f->page.head->pulse.web_ms, 0);
}

static const struct service_kind kinds[SERVICES] = {
    [SERVICE_GATE] = {CONTRACT_GATE, "gate", "new gate",
	"[gate] listen and a [client] are not configured",
	"Another gate is in service; clients RESUME with it.",
	CONFIG_RELOAD_GATE, true, false, config_gate, gate_in_service,
	gate_down, offsetof(struct fleet, gate),
	offsetof(struct page_head, gate_watch)},
    [SERVICE_WEB] = {CONTRACT_WEB, "web", "new web",
	"neither listen, public_listen nor push_file of [web] is configured",
	"Another web process is in service.", CONFIG_RELOAD_WEB, false, true,
	config_web, nothing_more, web_down, offsetof(struct fleet, web),
	offsetof(struct page_head, web_watch)},
};

/* ---- places --------------------------------------------------------- */

void
service_init(struct service *s, enum service_which which, struct fleet *f)
{
	*s = (struct service) {.kind = &kinds[which], .fleet = f};
	for (uint32_t i = 0; i < SERVICE_SLOTS; i++)
		member_init(&s->slot[i], f, s->kind->role, i);
	service_now_set(s, &s->slot[0]);
}

static struct member **
place(const struct service *s)
{
	return (struct member **)((char *)s->fleet + s->kind->now);
}

struct member *
service_now(const struct service *s)
{
	return *place(s);
}

void
service_now_set(struct service *s, struct member *c)
{
	*place(s) = c;
}

struct member *
service_spare(struct service *s)
{
	return &s->slot[service_now(s) == &s->slot[0]];
}

struct page_watch *
service_watch(const struct service *s)
{
	return (
	    struct page_watch *)((char *)s->fleet->page.head + s->kind->watch);
}

struct service *
service_of(struct fleet *f, enum contract_role role)
{
	for (size_t i = 0; i < SERVICES; i++)
		if (kinds[i].role == role)
			return &f->service[i];
	return NULL;
}

void
service_each(struct fleet *f, void (*fn)(struct member *))
{
	for (size_t i = 0; i < SERVICES; i++)
		for (size_t j = 0; j < SERVICE_SLOTS; j++)
			fn(&f->service[i].slot[j]);
}

struct member *
service_find(struct fleet *f, pid_t pid)
{
	for (size_t i = 0; i < SERVICES; i++)
		for (size_t j = 0; j < SERVICE_SLOTS; j++)
			if (f->service[i].slot[j].pid == pid)
				return &f->service[i].slot[j];
	return NULL;
}

bool
service_runs(struct fleet *f)
{
	for (size_t i = 0; i < SERVICES; i++)
		for (size_t j = 0; j < SERVICE_SLOTS; j++)
			if (member_running(&f->service[i].slot[j]))
				return true;
	return false;
}

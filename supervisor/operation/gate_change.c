/* SPDX-License-Identifier: MIT */
/* See gate_change.h. */
#include "supervisor/operation/gate_change.h"

#include "shared/base/clock.h"
#include "shared/config/config_diff.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/child/gate_lanes.h"
#include "supervisor/child/member.h"
#include "supervisor/operation/operation.h"

void
gate_change_init(struct gate_change *g, struct fleet *f)
{
	*g = (struct gate_change) {.fleet = f};
}

static uint64_t
sum_of(const struct config *c)
{
	return config_diff_sum(c, CONFIG_RELOAD_GATE);
}

/* ---- into service --------------------------------------------------- */

/* The gate writes its part of the page while gate_watch names it. */
static void
swap_watch(struct fleet *f)
{
	struct page_watch *w = &f->page.head->gate_watch;
	struct page_watch *spare = &f->gate_spare_watch, was = *w;

	page_begin(&w->lock);
	w->pid = spare->pid;
	w->pid_start = spare->pid_start;
	w->started_ms = spare->started_ms;
	w->program = spare->program;
	w->restart_ms = 0;
	w->starts++;
	str_copy(w->version, spare->version, sizeof(w->version));
	page_end(&w->lock);
	spare->pid = was.pid;
	spare->pid_start = was.pid_start;
	spare->started_ms = was.started_ms;
}

static void
put_into_service(struct gate_change *g, struct member *c)
{
	(void)ipc_send(&c->ipc, MSG_TAKE_OVER, -1, 0, NULL, 0, -1);
	gate_lanes_add(g->fleet->gate_lanes, c);
}

/* The old one is gone, and nobody writes the log. */
static void
take(struct gate_change *g)
{
	struct fleet *f = g->fleet;
	struct member *fresh = g->fresh, *old = f->gate;

	swap_watch(f);
	f->gate = fresh;
	str_copy(fresh->name, "gate", sizeof(fresh->name));
	fresh->trial = false;
	program_close(&old->program);
	g->fresh = NULL;
	g->taking = false;
	g->sum = g->fresh_sum;
	put_into_service(g, fresh);
	log_notice("Another gate is in service; clients RESUME with it.");
	gate_change_follow(g);
}

/* ---- the next one --------------------------------------------------- */

static void
start_fresh(struct gate_change *g)
{
	struct fleet *f = g->fleet;
	struct member *c = member_gate_spare(f);
	struct err e;

	if (program_open(&c->program, f->program_path, f->config->text, &e)
	    == -1) {
		log_error("The gate goes on as it is: %s. \"shardherd reload\" "
			  "tries again.",
		    e.text);
		return;
	}
	g->fresh = c;
	g->fresh_sum = sum_of(f->config);
	str_copy(c->name, "new gate", sizeof(c->name));
	c->trial = true;
	member_event(c, MEMBER_ON_START);
	if (member_running(c))
		return;
	c->trial = false;
	member_event(c, MEMBER_ON_STOP);
	program_close(&c->program);
	g->fresh = NULL;
	log_error("The gate goes on as it is: the new one's process could not "
		  "be made (see the log). \"shardherd reload\" tries again.");
}

static void
start_first(struct gate_change *g)
{
	struct fleet *f = g->fleet;
	struct err e;

	g->sum = sum_of(f->config);
	if (program_open(&f->gate->program, f->program_path, f->config->text,
		&e)
	    == -1)
		log_error("There is no gate: %s. \"shardherd reload\" tries "
			  "again.",
		    e.text);
	else
		member_event(f->gate, MEMBER_ON_START);
}

static bool
differs(const struct gate_change *g)
{
	const struct fleet *f = g->fleet;

	return g->sum != sum_of(f->config)
	    || f->page.head->gate_watch.program != f->program
	    || !program_is(&f->gate->program, f->program_path);
}

void
gate_change_follow(struct gate_change *g)
{
	struct fleet *f = g->fleet;

	/* With the shards of before the gate ends, and a launch starts it. */
	if (f->stopping || f->local == 0 || g->fresh != NULL
	    || f->underway(f, UNDERWAY_RESHARD))
		return;
	if (!config_gate(f->config))
		(void)gate_change_end(g);
	else if (f->gate->state == MEMBER_DOWN)
		start_first(g);
	else if (f->gate->state == MEMBER_STOPPING)
		return; /* its end comes by here */
	else if (differs(g))
		start_fresh(g);
}

bool
gate_change_renew(struct gate_change *g)
{
	const struct fleet *f = g->fleet;

	if (f->stopping || f->local == 0 || g->fresh != NULL
	    || f->gate->state != MEMBER_UP)
		return false;
	start_fresh(g);
	return g->fresh != NULL;
}

void
gate_change_adopted(struct gate_change *g, uint64_t sum)
{
	g->sum = sum;
	put_into_service(g, g->fleet->gate);
}

/* ---- what is heard -------------------------------------------------- */

void
gate_change_ready(struct gate_change *g, struct member *c)
{
	struct fleet *f = g->fleet;

	if (c == f->gate) {
		put_into_service(g, c);
		return;
	}
	if (c != g->fresh || g->taking)
		return;
	g->taking = true;
	member_event(f->gate, MEMBER_ON_STOP);
	if (!member_running(f->gate))
		take(g);
}

static void
fresh_gone(struct gate_change *g, struct member *c)
{
	struct fleet *f = g->fleet;

	c->trial = false;
	g->fresh = NULL;
	program_close(&c->program);
	if (f->stopping)
		return;
	log_error("The new gate did not come up: %s. The one before goes on "
		  "as it was; \"shardherd reload\" tries again.",
	    f->gate_spare_watch.last_end);
	/* It may have been asked to leave already. */
	if (g->taking && f->gate->state == MEMBER_DOWN)
		member_event(f->gate, MEMBER_ON_START);
	else if (g->taking)
		f->gate->again = true;
	g->taking = false;
}

static void
note_down(struct fleet *f)
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

void
gate_change_gone(struct gate_change *g, struct member *c)
{
	if (c == g->fresh) {
		fresh_gone(g, c);
		return;
	}
	if (c != g->fleet->gate)
		return;
	note_down(g->fleet);
	if (g->taking)
		take(g);
	else if (c->state == MEMBER_DOWN && !c->again)
		gate_change_follow(g);
}

bool
gate_change_end(struct gate_change *g)
{
	struct fleet *f = g->fleet;
	bool gone = true;

	for (size_t i = 0; i < FLEET_GATES; i++) {
		member_event(&f->gate_slot[i], MEMBER_ON_STOP);
		gone = gone && !member_running(&f->gate_slot[i]);
	}
	return gone;
}

/* SPDX-License-Identifier: MIT */
/* The actions of client_change.h; see clients_impl.h. */
#include "supervisor/client/clients_impl.h"

#include <stdarg.h>
#include <string.h>

#include "shared/base/clock.h"
#include "shared/base/text.h"
#include "shared/config/config_diff.h"
#include "supervisor/base/fleet_state.h"

void
clients_past(struct client_process *p, const char *fmt, ...)
{
	char text[sizeof(((struct page_event *)NULL)->text)];
	va_list ap;

	va_start(ap, fmt);
	text_vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	page_client_past_add(&p->fleet->page.head->client[p->place].past, text);
}

static struct member *
other_of(struct client_process *p)
{
	return &p->slot[p->now == &p->slot[0]];
}

/* ---- has it arrived? ------------------------------------------------ */

static bool
gate_row(const struct fleet *f, const char *name, struct page_client *out)
{
	struct page_gate *g = base_alloc(sizeof(*g));
	bool found = false;

	if (page_read(&f->page.head->gate, g, sizeof(*g)))
		for (uint32_t i = 0; i < g->clients && !found; i++)
			if (strcmp(g->client[i].name, name) == 0) {
				*out = g->client[i];
				found = true;
			}
	free(g);
	return found;
}

static const struct page_client_run *
run_of(const struct page_client *row, uint32_t run)
{
	for (size_t i = 0; i < nitems(row->run); i++)
		if (run != 0 && row->run[i].run == run)
			return &row->run[i];
	return NULL;
}

/* With all the shards it says it has, or as many as the one before had. */
static bool
has_arrived(const struct client_process *p)
{
	struct page_client row;
	const struct page_client_run *run;

	if (!gate_row(p->fleet, p->name, &row)
	    || (run = run_of(&row, p->fresh->generation)) == NULL)
		return false;
	return run->live > 0
	    && (run->live >= run->shards
		|| (p->had > 0 && run->live >= p->had));
}

static void
on_look(struct timer *t)
{
	struct client_process *p = container_of(t, struct client_process, look);

	if (p->change.state != CLIENT_CHANGE_STARTING)
		return;
	if (member_running(p->fresh) && has_arrived(p)) {
		report_tell(&p->report,
		    "The new process is READY at the gate, after %.1f s; the "
		    "one before ends.",
		    (double)(clock_boot_ms() - p->began_ms) / 1000);
		client_change_event(&p->change, CLIENT_CHANGE_ON_ARRIVED);
	} else if (clock_boot_ms() >= p->late_ms) {
		client_change_event(&p->change, CLIENT_CHANGE_ON_LATE);
	} else {
		timer_set(t, CLIENTS_LOOK_S);
	}
}

/* ---- actions -------------------------------------------------------- */

/* One that was to be started again by itself is not, meanwhile. */
static void
hold_old(struct client_process *p)
{
	p->now->trial = true;
	if (p->now->state == MEMBER_WAITING || p->now->state == MEMBER_FAILED)
		member_event(p->now, MEMBER_ON_STOP);
}

static uint32_t
live_of(const struct client_process *p)
{
	const struct page_client_run *run = NULL;
	struct page_client row;

	if (member_running(p->now) && gate_row(p->fleet, p->name, &row))
		run = run_of(&row, p->now->generation);
	return run != NULL ? run->live : 0;
}

static bool
start(void *arg)
{
	struct client_process *p = arg;
	struct fleet *f = p->fleet;
	const struct config_client *cfg = config_client(f->config, p->name);
	struct member *c = other_of(p);
	struct err e;

	hold_old(p);
	p->had = live_of(p);
	p->fresh_sum = cfg != NULL ? config_diff_client_sum(cfg) : 0;
	if (cfg == NULL || member_running(c)
	    || program_open(&c->program, f->program_path, f->config->text, &e)
		== -1)
		return false;
	p->fresh = c;
	str_format(c->name, sizeof(c->name), "new client %s", p->name);
	c->trial = true;
	member_event(c, MEMBER_ON_START);
	if (!member_running(c)) {
		c->trial = false;
		member_event(c, MEMBER_ON_STOP);
		program_close(&c->program);
		p->fresh = NULL;
		return false;
	}
	p->began_ms = clock_boot_ms();
	p->late_ms = p->began_ms + (uint64_t)(cfg->start_timeout_s * 1000);
	timer_set(&p->look, CLIENTS_LOOK_S);
	report_tell(&p->report,
	    "A new process starts%s; it has %g s to be READY at the gate.",
	    member_running(p->now) ? ", and the one before goes on until then"
				   : "",
	    cfg->start_timeout_s);
	return true;
}

static void
end_new(void *arg)
{
	struct client_process *p = arg;

	member_event(p->fresh, MEMBER_ON_STOP);
}

static void
end_old(void *arg)
{
	struct client_process *p = arg;

	member_event(p->now, MEMBER_ON_STOP);
}

static bool
old_runs(void *arg)
{
	struct client_process *p = arg;

	return member_running(p->now);
}

/* The part of the page is of the one in service. */
static void
swap_watch(struct client_process *p)
{
	struct page_watch *w = &p->fleet->page.head->client[p->place].watch;

	page_begin(&w->lock);
	w->pid = p->spare.pid;
	w->pid_start = p->spare.pid_start;
	w->started_ms = p->spare.started_ms;
	w->program = p->spare.program;
	w->restart_ms = 0;
	w->starts++;
	str_copy(w->version, p->spare.version, sizeof(w->version));
	page_end(&w->lock);
	memset(&p->spare, 0, sizeof(p->spare));
}

static void
promote(void *arg)
{
	struct client_process *p = arg;
	struct member *old = p->now;

	swap_watch(p);
	p->now = p->fresh;
	p->fresh = NULL;
	p->now->own = NULL;
	p->now->trial = old->trial = false;
	old->own = &p->spare;
	p->sum = p->fresh_sum;
	program_close(&old->program);
	str_format(p->now->name, sizeof(p->now->name), "client %s", p->name);
	clients_past(p, "the new process (pid %d) took over",
	    (int)p->now->guest);
}

static void
revive(void *arg)
{
	struct client_process *p = arg;

	p->now->trial = false;
	/* Else it was never started, and is as the config has it. */
	if (p->now->state == MEMBER_DOWN && p->now->program.fd != -1)
		member_event(p->now, MEMBER_ON_START);
}

static const char *
obituary(void *arg)
{
	struct client_process *p = arg;

	return p->spare.last_end;
}

/* ---- the end -------------------------------------------------------- */

static void
forget_fresh(struct client_process *p)
{
	if (p->fresh != NULL) {
		p->fresh->trial = false;
		program_close(&p->fresh->program);
	}
	p->fresh = NULL;
	p->now->trial = false;
	timer_stop(&p->look);
}

static void
tell_well(struct client_process *p)
{
	char words[256];

	str_format(words, sizeof(words),
	    "Client %s runs as process %d, after %.1f s.", p->name,
	    (int)p->now->guest, (double)(clock_boot_ms() - p->began_ms) / 1000);
	log_notice("%s", words);
	report_fine(&p->report, p->now->generation, words);
}

static void
tell_back(struct client_process *p, const char *why)
{
	struct err e;

	err_set(&e, EXIT_DEGRADED,
	    "The new process did not come up: %s. The one before goes on%s.%s",
	    why, member_running(p->now) ? " as it was" : ", started again",
	    p->ordered ? ""
		       : " \"shardherd reload\", or a restart of the client, "
			 "tries again.");
	clients_past(p, "the new process did not come up: %s", why);
	p->tried = p->fresh_sum;
	report_end(&p->report, 0, &e);
}

static void
done(void *arg, const char *why)
{
	struct client_process *p = arg;

	forget_fresh(p);
	clients_note(p);
	if (why[0] == '\0')
		tell_well(p);
	else
		tell_back(p, why);
	clients_follow(p->fleet->clients);
}

static const struct client_change_actions actions = {.start = start,
    .end_new = end_new,
    .end_old = end_old,
    .old_runs = old_runs,
    .promote = promote,
    .revive = revive,
    .obituary = obituary,
    .done = done};

void
clients_change_init(struct client_process *p)
{
	str_format(p->label, sizeof(p->label), "Client %s", p->name);
	p->report.control = &p->fleet->control;
	p->report.label = p->label;
	client_change_init(&p->change, &actions, p);
	timer_init(p->fleet->timers, &p->look, on_look);
}

void
clients_change_begin(struct client_process *p, uint32_t ticket)
{
	p->report.ticket = ticket;
	p->ordered = ticket != 0;
	client_change_event(&p->change, CLIENT_CHANGE_ON_BEGIN);
	clients_note(p);
}

void
clients_change_abort(struct client_process *p, const char *why)
{
	struct member *fresh = p->fresh;
	struct err e;

	if (!client_change_busy(&p->change))
		return;
	forget_fresh(p);
	clients_change_init(p);
	if (fresh != NULL)
		member_event(fresh, MEMBER_ON_STOP);
	err_set(&e, EXIT_TRY_LATER, "Given up: %s.", why);
	report_end(&p->report, 0, &e);
}

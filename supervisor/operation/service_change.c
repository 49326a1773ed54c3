/* SPDX-License-Identifier: MIT */
/* See service_change.h. */
#include "supervisor/operation/service_change.h"

#include "shared/config/config_diff.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/child/member.h"
#include "supervisor/operation/operation.h"

static void follow(struct service *);

static uint64_t
sum_of(const struct service *s)
{
	return config_diff_sum(s->fleet->config, s->kind->reload);
}

/* ---- into service --------------------------------------------------- */

/* Who writes a part of the page does so while its watch names it. */
static void
swap_watch(struct service *s)
{
	struct page_watch *w = service_watch(s);
	struct page_watch *spare = &s->spare_watch, was = *w;

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
put_into_service(struct service *s, struct member *c)
{
	(void)ipc_send(&c->ipc, MSG_TAKE_OVER, -1, 0, NULL, 0, -1);
	s->kind->in_service(s->fleet, c);
}

/* The old one is gone, and nobody writes what is theirs. */
static void
take(struct service *s)
{
	struct member *fresh = s->fresh, *old = service_now(s);

	swap_watch(s);
	service_now_set(s, fresh);
	str_copy(fresh->name, s->kind->name, sizeof(fresh->name));
	fresh->trial = false;
	program_close(&old->program);
	s->fresh = NULL;
	s->taking = false;
	s->sum = s->fresh_sum;
	put_into_service(s, fresh);
	log_notice("%s", s->kind->replaced);
	follow(s);
}

/* ---- the next one --------------------------------------------------- */

/* Told as a reload that failed is: until the next one is well. */
static void
note_kept(struct service *s, const char *why)
{
	char text[256];

	str_format(text, sizeof(text),
	    "The %s goes on as it is: %.160s. Mend that, then \"shardherd "
	    "reload\".",
	    s->kind->name, why);
	log_error("%s", text);
	status_notes_say(&s->fleet->notes, NOTE_RELOAD, text);
}

static void
start_fresh(struct service *s)
{
	struct fleet *f = s->fleet;
	struct member *c = service_spare(s);
	struct err e;

	if (program_open(&c->program, f->program_path, f->config->text, &e)
	    == -1) {
		note_kept(s, e.text);
		return;
	}
	s->fresh = c;
	s->fresh_sum = sum_of(s);
	str_copy(c->name, s->kind->next, sizeof(c->name));
	c->trial = true;
	member_event(c, MEMBER_ON_START);
	if (member_running(c))
		return;
	c->trial = false;
	member_event(c, MEMBER_ON_STOP);
	program_close(&c->program);
	s->fresh = NULL;
	note_kept(s, s->spare_watch.last_end);
}

static void
start_first(struct service *s)
{
	struct fleet *f = s->fleet;
	struct member *c = service_now(s);
	struct err e;

	s->sum = sum_of(s);
	if (program_open(&c->program, f->program_path, f->config->text, &e)
	    == -1)
		log_error("There is no %s: %s. \"shardherd reload\" tries "
			  "again.",
		    s->kind->name, e.text);
	else
		member_event(c, MEMBER_ON_START);
}

static bool
differs(const struct service *s)
{
	const struct fleet *f = s->fleet;

	return s->sum != sum_of(s) || service_watch(s)->program != f->program
	    || !program_is(&service_now(s)->program, f->program_path);
}

static void
follow(struct service *s)
{
	struct fleet *f = s->fleet;
	struct member *c = service_now(s);

	/* With the shards of before the gate ends, and a launch starts it. */
	if (f->stopping || s->fresh != NULL || f->page.head == NULL
	    || (s->kind->with_shards
		&& (f->local == 0 || f->underway(f, UNDERWAY_RESHARD))))
		return;
	if (!s->kind->wanted(f->config))
		(void)service_change_end(s);
	else if (c->state == MEMBER_DOWN)
		start_first(s);
	else if (c->state == MEMBER_STOPPING || c->orphan != 0)
		return; /* its end, or its call, comes by here */
	else if (differs(s))
		start_fresh(s);
}

void
service_change_follow(struct fleet *f)
{
	for (size_t i = 0; i < SERVICES; i++)
		follow(&f->service[i]);
}

int
service_change_renew(struct service *s, struct err *e)
{
	const char *name = s->kind->name;
	struct fleet *f = s->fleet;

	if (!s->kind->wanted(f->config))
		return err_set(e, EXIT_USAGE, "there is no %s: %s", name,
		    s->kind->absent);
	if (f->stopping || (s->kind->with_shards && f->local == 0)
	    || s->fresh != NULL || service_now(s)->state != MEMBER_UP)
		return err_set(e, EXIT_TRY_LATER,
		    "the %s is %s: another one takes its place only while "
		    "one is up",
		    name,
		    s->fresh != NULL
			? "being replaced"
			: member_state_name[service_now(s)->state]);
	start_fresh(s);
	if (s->fresh == NULL)
		return err_set(e, EXIT_DEGRADED,
		    "the new %s's process could not be made (see the log)",
		    name);
	return 0;
}

void
service_change_adopted(struct service *s, uint64_t sum)
{
	s->sum = sum;
	put_into_service(s, service_now(s));
}

/* ---- what is heard -------------------------------------------------- */

void
service_change_ready(struct service *s, struct member *c)
{
	struct member *now = service_now(s);

	if (c == now) {
		put_into_service(s, c);
		return;
	}
	if (c != s->fresh || s->taking)
		return;
	s->taking = true;
	member_event(now, MEMBER_ON_STOP);
	if (!member_running(now))
		take(s);
}

static void
fresh_gone(struct service *s, struct member *c)
{
	struct member *now = service_now(s);

	c->trial = false;
	s->fresh = NULL;
	program_close(&c->program);
	if (s->fleet->stopping)
		return;
	note_kept(s, s->spare_watch.last_end);
	/* It may have been asked to leave already. */
	if (s->taking && now->state == MEMBER_DOWN)
		member_event(now, MEMBER_ON_START);
	else if (s->taking)
		now->again = true;
	s->taking = false;
	/* Meanwhile a reload may have done without it. */
	if (!s->kind->wanted(s->fleet->config))
		(void)service_change_end(s);
}

void
service_change_gone(struct service *s, struct member *c)
{
	if (c == s->fresh) {
		fresh_gone(s, c);
		return;
	}
	if (c != service_now(s))
		return;
	s->kind->down(s->fleet);
	if (s->taking)
		take(s);
	else if (c->state == MEMBER_DOWN && !c->again)
		follow(s);
}

bool
service_change_due(const struct service *s)
{
	/* Not for as long as a predecessor has its address. */
	return s->kind->wanted(s->fleet->config)
	    && service_now(s)->evict_ms == 0
	    && (s->sum == sum_of(s) || service_now(s)->state != MEMBER_DOWN);
}

bool
service_change_end(struct service *s)
{
	bool gone = true;

	s->sum = 0; /* with the same config it is due when it is started */
	for (size_t i = 0; i < SERVICE_SLOTS; i++) {
		member_event(&s->slot[i], MEMBER_ON_STOP);
		gone = gone && !member_running(&s->slot[i]);
	}
	return gone;
}

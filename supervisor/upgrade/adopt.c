/* SPDX-License-Identifier: MIT */
/* See adopt.h. */
#include "supervisor/upgrade/adopt.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/base/clock.h"
#include "shared/config/config_diff.h"
#include "shared/process/process.h"
#include "supervisor/upgrade/adopt_call.h"
#include "supervisor/upgrade/adopt_leave.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/upgrade/upgrade.h"
#include "supervisor/base/procfs.h"
#include "supervisor/child/spawn.h"
#include "supervisor/child/death_report.h"
#include "supervisor/child/member.h"
#include "supervisor/child/uplinks.h"
#include "supervisor/client/clients.h"
#include "supervisor/identify/permit.h"
#include "supervisor/operation/service_change.h"
#include "supervisor/operation/reload_effects.h"

/* ---- who is awaited ------------------------------------------------- */

static uint32_t
awaited(const struct fleet *f)
{
	uint32_t n = f->handler->orphan != 0;
	struct member *c;

	for (size_t i = 0; i < SERVICES; i++)
		n += service_now(&f->service[i])->orphan != 0;

	for (uint32_t i = 0; i < f->local; i++)
		n += f->shard[i].orphan != 0;
	for (uint32_t i = 0; i < PAGE_CLIENTS; i++)
		n += (c = clients_at(f->clients, i)) != NULL && c->orphan != 0;
	return n;
}

/* How one ended that we have not taken over, but whose parent we are. */
static void
lost(struct member *c, pid_t pid, int status)
{
	struct page_watch *w = member_watch(c);
	struct death_report o = {.who = c->name,
	    .pid = pid,
	    .status = status,
	    .killed_for = CRASHES,
	    .last_words = ""};
	enum crash_cause cause;
	char words[PAGE_WORDS];

	cause = death_report_write(&o, words, sizeof(words));
	log_warn("%s, while the supervisor became another program.", words);
	page_begin(&w->lock);
	w->crashes[cause]++;
	w->restarts++;
	str_copy(w->last_end, words, sizeof(w->last_end));
	page_end(&w->lock);
}

/* It ended before this program began: nobody else can tell how. */
static void
bury_ended(struct member *c)
{
	pid_t pid = member_watch(c)->pid;
	int status;

	if (c->orphan == 0 && pid > 0 && waitpid(pid, &status, WNOHANG) == pid)
		lost(c, pid, status);
}

/* Bots of ours that run on while the shards are planned anew are no orphans. */
static void
expect_runners(struct fleet *f)
{
	struct member *c;

	clients_expect(f->clients);
	for (uint32_t i = 0; i < PAGE_CLIENTS; i++) {
		if ((c = clients_at(f->clients, i)) == NULL
		    || member_running(c))
			continue;
		c->orphan = adopt_leave_behind(c);
		bury_ended(c);
	}
}

/* Those that run on in the same way are none either. */
static void
expect_services(struct fleet *f)
{
	for (size_t i = 0; i < SERVICES; i++) {
		struct member *c = service_now(&f->service[i]);

		if (member_running(c))
			continue;
		c->orphan = adopt_leave_behind(c);
		bury_ended(c);
	}
}

static void
expect(struct adopt *a)
{
	struct fleet *f = a->fleet;
	uint32_t heard = f->page.head->handler.generation;

	if (f->config->orphan_time_s <= 0) {
		clients_expect(f->clients);
		return;
	}
	for (uint32_t i = 0; i < f->local; i++)
		f->shard[i].orphan = adopt_leave_behind(&f->shard[i]);
	f->handler->orphan = adopt_leave_behind(f->handler);
	expect_services(f);
	expect_runners(f);
	for (uint32_t i = 0; i < f->local; i++)
		bury_ended(&f->shard[i]);
	bury_ended(f->handler);
	a->busy = awaited(f) > 0;
	/* To the shards a lower generation is one of the past. */
	if (a->busy && heard > f->epoch)
		f->epoch = heard;
}

bool
adopt_awaits(struct member *c)
{
	struct adopt *a = c->fleet->adopt;
	pid_t pid = c->orphan;

	if (pid == 0)
		return false;
	if (adopt_leave_behind(c) == pid) {
		if (clock_boot_ms() < a->until_ms)
			return true;
		log_warn("%s: the process %d of an earlier supervisor did not "
			 "call within %d s: it is replaced.",
		    c->name, (int)pid, ADOPT_WAIT_MS / 1000);
		adopt_dismiss(c);
	}
	c->orphan = 0;
	timer_set(&a->settled, 0);
	return false;
}

bool
adopt_reaped(struct adopt *a, pid_t pid, int status)
{
	struct fleet *f = a->fleet;
	struct member *c = f->handler->orphan == pid ? f->handler : NULL;

	for (size_t i = 0; c == NULL && i < SERVICES; i++)
		if (service_now(&f->service[i])->orphan == pid)
			c = service_now(&f->service[i]);
	for (uint32_t i = 0; c == NULL && i < f->local; i++)
		if (f->shard[i].orphan == pid)
			c = &f->shard[i];
	for (uint32_t i = 0; c == NULL && i < PAGE_CLIENTS; i++) {
		struct member *runner = clients_at(f->clients, i);

		if (runner != NULL && runner->orphan == pid)
			c = runner;
	}
	if (c == NULL)
		return false;
	lost(c, pid, status);
	return true;
}

/* ---- when all have called ------------------------------------------- */

static void
replace_handler(struct fleet *f)
{
	struct err e;

	log_notice("The handler was started with another config: a new one "
		   "takes its place.");
	if (reload_effects_begin(f->reload, 0, false, true, &e) == -1)
		log_error("The handler goes on with its old config, as %s. "
			  "\"shardherd reload\" tries again.",
		    e.text);
}

/* A program of before says no end of it: hence not for ever. */
static bool
handing(const struct adopt *a)
{
	return a->handing != 0 && clock_boot_ms() < a->hand_until_ms;
}

void
adopt_handed(struct member *c)
{
	c->fleet->adopt->handing &= ~(1u << c->role);
}

/* After an exec all of it is here already. */
static void
await_kept(struct adopt *a, const struct member *c)
{
	if (c->role == CONTRACT_SHARD || c->role == CONTRACT_RUNNER
	    || a->fleet->upgrade->arrived)
		return;
	a->handing |= 1u << c->role;
	a->hand_until_ms = clock_boot_ms() + ADOPT_HAND_MS;
}

static void
on_settled(struct timer *t)
{
	struct adopt *a = container_of(t, struct adopt, settled);
	struct fleet *f = a->fleet;

	if (!a->busy || awaited(f) > 0)
		return;
	/* What follows may need every process to have been started, and what
	 * those that may be replaced were given to keep: without the gate's
	 * socket no other gate can listen. */
	if (f->launched < f->local || handing(a)) {
		timer_set(t, ADOPT_LOOK_S);
		return;
	}
	a->busy = false;
	if (a->shards > 0 || a->handler || a->gate)
		log_notice("Taken over from the supervisor before: %u of %u "
			   "shards%s%s. Their connections were not touched.",
		    a->shards, f->local, a->handler ? " and the handler" : "",
		    a->gate ? " and the gate" : "");
	if (a->runners > 0)
		log_notice("Taken over as well: the processes of %u clients.",
		    a->runners);
	if (a->stale > 0)
		log_warn(
		    "%u shards go on with the config they were started with, "
		    "which differs from the file: \"shardherd rollout\" brings "
		    "the new one, the sessions kept.",
		    a->stale);
	f->notes.due = true;
	f->upgrade_ops->settled(f);
	if (f->upgrade->arrived)
		upgrade_settled(f->upgrade, a->shards);
	else if (a->handler_stale && !f->stopping)
		replace_handler(f);
	else
		service_change_follow(f);
	clients_follow(f->clients);
}

/* ---- a call is judged ----------------------------------------------- */

/* Of several of a kind the kernel's word says which. */
static struct member *
runner_of(struct fleet *f, pid_t pid)
{
	struct member *c;

	for (uint32_t i = 0; i < PAGE_CLIENTS; i++)
		if ((c = clients_at(f->clients, i)) != NULL && pid > 0
		    && c->orphan == pid)
			return c;
	return NULL;
}

static struct member *
member_of(struct fleet *f, const struct msg_hdr *h, const struct msg_adopt *m,
    pid_t pid)
{
	if (m->role == CONTRACT_RUNNER)
		return runner_of(f, pid);
	if (m->role == CONTRACT_HANDLER)
		return f->handler;
	if (m->role != CONTRACT_SHARD) {
		struct service *s = service_of(f, m->role);

		return s != NULL ? service_now(s) : NULL;
	}
	return h->shard >= 0 && (uint32_t)h->shard < f->local
	    ? &f->shard[h->shard]
	    : NULL;
}

/* NULL: it fits; else why not, a clause. */
static const char *
misfit(const struct adopt *a, const struct msg_adopt *m)
{
	struct fleet *f = a->fleet;
	const struct config *c = f->config;
	const struct service *s = service_of(f, m->role);
	bool token = s == NULL || !s->kind->tokenless;

	if (memcmp(m->nonce, f->nonce.bytes, sizeof(m->nonce)) != 0)
		return "it belongs to another fleet, or to an earlier life of "
		       "this one";
	/* It has a token of ours, and nothing else of the config. */
	if (m->role == CONTRACT_RUNNER)
		return NULL;
	if (token && memcmp(m->seal, f->nonce.seal, sizeof(m->seal)) != 0)
		return "the token was changed";
	if (token && m->intents != c->intents)
		return "[bot] intents was changed";
	if (m->role == CONTRACT_SHARD && m->shard_count != f->count)
		return "the number of shards was changed";
	if (m->fleet_sum != config_diff_sum(c, CONFIG_RELOAD_FLEET))
		return "a key of the config was changed that counts for the "
		       "whole fleet";
	return NULL;
}

static const char *
judge(const struct adopt_caller *x, const struct member *c,
    const struct msg_adopt *m, int log_fd)
{
	if (c == NULL)
		return m->role == CONTRACT_RUNNER
		    ? "it is of no client, or of a process that was to take "
		      "over"
		    : "this fleet has no such shard";
	if (m->pid != x->pid || c->orphan != x->pid
	    || c->state != MEMBER_WAITING)
		return "it is not the one that is awaited";
	if (adopt_leave_behind(c) != x->pid)
		return "it does not hold the place of this shard";
	if (log_fd == -1)
		return "it hands no log pipe over";
	return misfit(x->adopt, m);
}

/* ---- taking over ---------------------------------------------------- */

static void
note_taken(struct member *c, const char *build)
{
	struct page_watch *w = member_watch(c);

	page_begin(&w->lock);
	w->restart_ms = 0;
	page_end(&w->lock);
	member_version(c, build);
}

/* A generation below what the shards have heard of would be fenced off. */
static void
outrank(struct adopt *a)
{
	struct fleet *f = a->fleet;
	struct member *h = f->handler;

	if (a->newest > f->epoch)
		f->epoch = a->newest;
	if (!member_running(h) || h->generation >= a->newest)
		return;
	h->generation = ++f->epoch;
	if (h->ready_ms != 0)
		uplinks_add(f->uplinks, h);
}

static void
pair_if_due(struct fleet *f, struct member *c)
{
	if (f->handler->ready_ms != 0 && c->paired != f->handler->generation)
		uplinks_add(f->uplinks, c);
}

static void
took_shard(struct adopt *a, struct member *c, const struct msg_adopt *m)
{
	struct fleet *f = a->fleet;

	a->shards++;
	a->stale += m->shards_sum
	    != config_diff_sum(f->config, CONFIG_RELOAD_SHARDS);
	c->switched = m->uplink;
	c->paired = m->next_uplink != 0 ? m->next_uplink : m->uplink;
	if (m->ledger_id != 0 && m->outcome <= OUTCOME_UNUSED)
		permit_done(f->permit, c->slot, m->ledger_id, m->outcome,
		    m->close_code);
	if (m->ready)
		member_event(c, MEMBER_ON_READY);
	if (m->newest > a->newest)
		a->newest = m->newest;
	outrank(a);
	pair_if_due(f, c);
}

static void
took_handler(struct adopt *a, struct member *c, const struct msg_adopt *m)
{
	struct fleet *f = a->fleet;
	const struct page_handler *p = &f->page.head->handler;

	a->handler = true;
	a->handler_stale = m->handler_sum
	    != config_diff_sum(f->config, CONFIG_RELOAD_HANDLER);
	if (c->generation > f->epoch)
		f->epoch = c->generation;
	if (!m->ready) {
		outrank(a);
		timer_set(&c->timer, f->config->handler_start_timeout_s);
		return;
	}
	/* Not as when one becomes ready: the uplinks it has stay. */
	c->ready_ms = clock_boot_ms();
	c->ends_before = p->plugin_restarts + p->dead_letters;
	outrank(a);
	for (uint32_t i = 0; i < f->local; i++)
		if (f->shard[i].state == MEMBER_UP)
			pair_if_due(f, &f->shard[i]);
}

static void
took_service(struct adopt *a, struct member *c, const struct msg_adopt *m)
{
	a->gate |= c->role == CONTRACT_GATE;
	if (!m->ready) {
		timer_set(&c->timer, c->fleet->config->handler_start_timeout_s);
		return;
	}
	c->ready_ms = clock_boot_ms();
	service_change_adopted(service_of(c->fleet, c->role), m->handler_sum);
}

static void
took_runner(struct adopt *a, struct member *c, const struct msg_adopt *m)
{
	a->runners++;
	c->ready_ms = clock_boot_ms();
	clients_adopted(c->fleet->clients, c, m->handler_sum, (pid_t)m->newest);
}

static void
take_over(struct adopt_caller *x, struct member *c, const struct msg_adopt *m,
    int pidfd, int log_fd)
{
	struct adopt *a = x->adopt;
	struct msg_adopted ok = {.pid = (int32_t)getpid()};

	c->orphan = 0;
	c->pid = x->pid;
	c->generation = m->generation;
	c->identity = c->fleet->identity; /* its seal has shown that */
	spawn_listen(c, ipc_release(&x->ipc), log_fd);
	ipc_send(&c->ipc, MSG_ADOPTED, member_shard(c), 0, &ok, sizeof(ok), -1);
	member_adopted(c, pidfd);
	await_kept(a, c);
	note_taken(c, m->build);
	log_debug("%s is taken over, pid %d, generation %u", c->name,
	    (int)c->pid, c->generation);
	if (c->role == CONTRACT_RUNNER)
		took_runner(a, c, m);
	else if (service_of(a->fleet, c->role) != NULL)
		took_service(a, c, m);
	else if (c->role == CONTRACT_HANDLER)
		took_handler(a, c, m);
	else
		took_shard(a, c, m);
	timer_set(&a->settled, 0);
}

static void
refuse(struct adopt_caller *x, struct member *c, int32_t shard,
    enum contract_role role, const char *why)
{
	struct msg_refused no;
	char who[48];

	str_format(who, sizeof(who), "the %s", adopt_leave_words(role));
	if (shard >= 0)
		str_format(who, sizeof(who), "shard %d", shard);
	log_notice("The process %d of an earlier supervisor, %s, is not taken "
		   "over: %s. It leaves, and nothing it holds is lost.",
	    (int)x->pid, who, why);
	str_copy(no.text, why, sizeof(no.text));
	ipc_send(&x->ipc, MSG_REFUSED, shard, 0, &no, sizeof(no), -1);
	ipc_close(&x->ipc);
	if (c != NULL && c->orphan == x->pid) {
		c->orphan = 0;
		timer_set(&x->adopt->settled, 0);
	}
}

bool
adopt_called(struct adopt_caller *x, const struct msg_hdr *h,
    const struct msg_adopt *m, int log_fd)
{
	struct member *c = member_of(x->adopt->fleet, h, m, x->pid);
	const char *why;
	int pidfd;

	/* Its start was still to come; this is what it would wait for. */
	if (c != NULL && c->state == MEMBER_DOWN && c->orphan == x->pid
	    && !x->adopt->fleet->stopping)
		member_event(c, MEMBER_ON_START);
	/* Held before it is judged, so that the number stays this process's. */
	pidfd = pidfd_pidfd(x->pid);
	why = pidfd == -1 ? "this kernel has no pidfds, or it has just ended"
			  : judge(x, c, m, log_fd);
	if (why == NULL) {
		take_over(x, c, m, pidfd, log_fd);
		return true;
	}
	refuse(x, c, m->role != CONTRACT_SHARD ? -1 : h->shard, m->role, why);
	if (pidfd != -1)
		close(pidfd);
	return false;
}

/* ---- life ----------------------------------------------------------- */

void
adopt_init(struct adopt *a, struct fleet *f)
{
	memset(a, 0, sizeof(*a));
	a->fleet = f;
	timer_init(f->timers, &a->settled, on_settled);
	timer_init(f->timers, &a->leave, adopt_leave_late);
	adopt_call_init(a);
}

int
adopt_launch(struct adopt *a, struct err *e)
{
	struct fleet *f = a->fleet;
	const char *dir = f->config->state_dir;

	if (listener_place(&a->listener, f->config->run_dir,
		CONTRACT_ADOPT_SOCK, e)
	    == -1)
		return -1;
	expect(a);
	a->until_ms = clock_boot_ms() + ADOPT_WAIT_MS;
	/* One that can't be read nobody can show: they are refused.  Bots of
	 * ours that run have tokens that it proves. */
	if (!clients_run(f->clients) && !service_runs(f)
	    && (!a->busy || nonce_read(&f->nonce, dir, f->token, e) == -1)
	    && nonce_make(&f->nonce, dir, f->token, e) == -1)
		return -1;
	return adopt_call_listen(a, e);
}

static void
forget(struct member *c)
{
	c->orphan = 0;
}

void
adopt_forget(struct adopt *a)
{
	struct fleet *f = a->fleet;

	for (uint32_t i = 0; i < f->local; i++)
		f->shard[i].orphan = 0;
	f->handler->orphan = 0;
	service_each(f, forget);
	clients_each(f->clients, forget);
	a->busy = false;
	a->listener.at.sun_path[0] = '\0';
}

void
adopt_close(struct adopt *a)
{
	timer_stop(&a->settled);
	timer_stop(&a->leave);
	adopt_call_close(a);
}

/* SPDX-License-Identifier: MIT */
/* See member.h. */
#include "supervisor/child/member.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "shared/base/clock.h"
#include "shared/process/oom.h"
#include "shared/base/version.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/child/crash_brake.h"
#include "supervisor/child/loglevel.h"
#include "supervisor/base/procfs.h"
#include "supervisor/child/spawn.h"
#include "supervisor/child/uplinks.h"

const char *const member_state_name[MEMBER_STATE_COUNT] = {
#define X(n, s) [MEMBER_##n] = s,
    MEMBER_STATES(X)
#undef X
};
static const char *const member_event_name[MEMBER_EVENT_COUNT] = {
#define X(n, s) [MEMBER_ON_##n] = s,
    MEMBER_EVENTS(X)
#undef X
};

/* Processes of a role: their name, what a death means, when it starts again. */
static const struct {
	const char *name, *follows;
} of_role[CONTRACT_ROLES] = {
    [CONTRACT_SHARD] = {"shard",
	" It will be restarted and resume its session."},
    [CONTRACT_HANDLER] = {"handler",
	" Shards stay connected and keep its events; it is restarted."},
    [CONTRACT_GATE] = {"gate",
	" Clients' sessions and events are kept; it is restarted."},
    [CONTRACT_RUNNER] = {"client", " Its events are kept; it is restarted."},
    [CONTRACT_WEB] = {"web", " The bot does not need it; it is restarted."},
};

/* What a transition tells the fleet when it is over. */
enum member_news { NEWS_UP, NEWS_READY, NEWS_ENDED };

static void on_timer(struct timer *);
static void step(struct machine *, unsigned event);
static void tell(struct machine *, unsigned news);

void
member_init(struct member *c, struct fleet *f, enum contract_role role,
    uint32_t slot)
{
	must(c->magic != MEMBER_MAGIC || !machine_inside(&c->machine));
	memset(c, 0, sizeof(*c));
	machine_init(&c->machine, step, tell);
	c->magic = MEMBER_MAGIC;
	c->fleet = f;
	c->role = role;
	c->slot = slot;
	c->ipc.fd = -1;
	c->killed_for = CRASHES;
	child_output_init(&c->lines);
	pidfd_init(&c->foreign);
	program_init(&c->program);
	timer_init(f->timers, &c->timer, on_timer);
	restart_delay_init(&c->delay, f->config->restart_min_s,
	    f->config->restart_max_s);
	if (role == CONTRACT_SHARD)
		str_format(c->name, sizeof(c->name), "shard %u", c->slot);
	else
		str_copy(c->name, of_role[role].name, sizeof(c->name));
}

void
member_free(struct member *c)
{
	must(!machine_inside(&c->machine));
	timer_stop(&c->timer);
	ipc_close(&c->ipc);
	child_output_close(&c->lines);
	pidfd_forget(&c->foreign);
	program_close(&c->program);
	c->magic = 0;
}

bool
member_running(const struct member *c)
{
	return c->pid > 0;
}

/* ---- pieces of the transitions -------------------------------------- */

static void
wait_restart(struct member *c)
{
	uint64_t now = clock_boot_ms();
	uint64_t ready = c->ready_ms ? now - c->ready_ms : 0;
	double s = restart_delay_next(&c->delay, ready, clock_random());

	c->state = MEMBER_WAITING;
	c->braked = false;
	timer_set(&c->timer, s);
	member_note_restart(c, now + (uint64_t)(s * 1000));
}

static void
bury(struct member *c, char *words, size_t size, enum crash_cause *cause)
{
	struct death_report o = {.who = c->name,
	    .pid = c->pid,
	    .status = c->status,
	    .asked = c->state == MEMBER_STOPPING,
	    .unknown = c->unknown,
	    .killed_for = c->killed_for,
	    .signalled = c->signalled,
	    .oom_before = c->oom_before,
	    .oom_after = oom_kills(),
	    .rss_kb = member_watch(c)->rss_kb};

	child_output_close(&c->lines);
	o.last_words = c->words[0] != '\0'
	    ? c->words
	    : child_output_last(&c->lines, clock_boot_ms());
	*cause = death_report_write(&o, words, size);
	ipc_close(&c->ipc);
	timer_stop(&c->timer);
	member_note_end(c, *cause, words);
	pidfd_forget(&c->foreign);
	c->pid = c->guest = 0;
}

/* ---- transitions ---------------------------------------------------- */

static bool
holds_place(pid_t pid, const void *arg)
{
	const struct member *c = arg;

	return page_slot_holder(&c->fleet->page, c->slot) == pid;
}

static void
tell_evicting(struct fleet *f)
{
	if (!f->evicting)
		log_notice("Shards of an earlier supervisor still run: they "
			   "hand over what they hold and leave, and each one's "
			   "successor starts as it goes.");
	f->evicting = true;
}

/*
 * A shard of an earlier supervisor may still have this one's place: it is
 * asked to leave, and hands over what it holds (its lock names it, so nobody
 * else is signalled).  true: not yet.
 */
static bool
evicting(struct member *c)
{
	pid_t pid = !member_is_shard(c) || c->second != NULL
	    ? 0
	    : page_slot_holder(&c->fleet->page, c->slot);
	uint64_t now = clock_boot_ms();

	if (pid == 0 && c->orphan == 0) {
		c->evict_ms = 0;
		return false;
	}
	if (c->fleet->member_ops->awaits(c)) {
		c->evict_ms = 0;
	} else if (pid == 0) {
		return false;
	} else if (c->evict_ms == 0) {
		c->evict_ms = now;
		tell_evicting(c->fleet);
		if (pid > 0)
			pidfd_signal_if(pid, SIGTERM, holds_place, c);
	} else if (pid > 0 && now - c->evict_ms >= MEMBER_EVICT_MS) {
		log_warn("%s: the process %d of an earlier supervisor did not "
			 "leave: killing it.",
		    c->name, (int)pid);
		c->evict_ms = now;
		pidfd_signal_if(pid, SIGKILL, holds_place, c);
	}
	c->state = MEMBER_WAITING;
	timer_set(&c->timer, MEMBER_EVICT_S);
	return true;
}

/* No process of a bot had it before, or it had the token of one that ended. */
static uint32_t
next_run(const struct member *c)
{
	struct fleet *f = c->fleet;
	uint32_t now = (uint32_t)(clock_wall_ms() / 1000),
		 noted = f->page.head->client[c->slot].noted;

	if (noted > f->runs)
		f->runs = noted;
	f->runs = now > f->runs ? now : f->runs + 1;
	return f->runs;
}

/* For status and `why`: once, however often it is tried. */
static void
note_unstarted(struct member *c, const char *why)
{
	char words[PAGE_WORDS];

	str_format(words, sizeof(words), "%s could not be started: %s", c->name,
	    why);
	if (strcmp(member_watch(c)->last_end, words) != 0)
		member_note_end(c, CRASHES, words);
}

/* That of an earlier supervisor, whom no place names, has it a moment longer. */
static bool
address_comes_free(struct member *c)
{
	uint64_t now = clock_boot_ms();

	if (c->role != CONTRACT_WEB
	    || now - c->fleet->started_ms >= MEMBER_EVICT_MS)
		return false;
	c->evict_ms = now;
	c->state = MEMBER_WAITING;
	timer_set(&c->timer, MEMBER_EVICT_S);
	return true;
}

static void
launch(struct member *c)
{
	struct err e;

	if (evicting(c))
		return;
	timer_stop(&c->timer);
	c->ready_ms = 0;
	c->signalled = 0;
	c->again = c->fatal = c->braked = false;
	c->killed_for = CRASHES;
	c->oom_before = oom_kills();
	/* Others count their restarts from 0, handlers together from 1. */
	c->words[0] = '\0';
	if (c->role == CONTRACT_HANDLER)
		c->generation = ++c->fleet->epoch;
	else if (c->role == CONTRACT_RUNNER)
		c->generation = next_run(c);
	else if (c->started)
		c->generation++;
	c->started = true;
	c->reaped = c->unknown = false;
	if (spawn_child(c, &e) == -1) {
		if (address_comes_free(c))
			return;
		log_error("%s could not be started: %s", c->name, e.text);
		note_unstarted(c, e.text);
		wait_restart(c);
		return;
	}
	c->state = MEMBER_STARTING;
	timer_set(&c->timer, MEMBER_HELLO_S);
	member_note_start(c);
	log_debug("%s started, pid %d, generation %u", c->name, (int)c->pid,
	    c->generation);
}

/* No HELLO follows: its call has said as much, and adopt.c does the rest. */
static void
adopted(struct member *c)
{
	timer_stop(&c->timer);
	c->state = MEMBER_UP;
	c->started = true;
	c->ready_ms = c->evict_ms = 0;
	c->signalled = 0;
	c->again = c->fatal = c->braked = c->reaped = c->unknown = false;
	c->killed_for = CRASHES;
	c->oom_before = oom_kills();
	loglevel_tell(c);
	c->fleet->member_ops->greet(c);
}

static void
launch_if_free(struct member *c)
{
	struct crash_brake *b = c->fleet->brake;

	if (member_is_shard(c)
	    && !crash_brake_may_start(b, c->slot, clock_boot_ms())) {
		c->braked = true; /* member_unbrake follows */
		return;
	}
	launch(c);
}

static void
hello(struct member *c)
{
	c->state = MEMBER_UP;
	timer_stop(&c->timer);
	if (!member_is_shard(c))
		timer_set(&c->timer,
		    c->fleet->config->handler_start_timeout_s + MEMBER_HELLO_S);
	loglevel_tell(c);
	c->fleet->member_ops->greet(c);
	machine_tell(&c->machine, NEWS_UP);
}

static void
ready(struct member *c)
{
	timer_stop(&c->timer);
	if (c->ready_ms == 0)
		c->ready_ms = clock_boot_ms();
	machine_tell(&c->machine, NEWS_READY);
}

static void
late_start(struct member *c)
{
	if (c->ipc.fd == -1)
		member_kill(c, CRASH_HUNG,
		    "it closed its channel to us and went on running");
	else
		member_kill(c, CRASH_START,
		    c->state == MEMBER_STARTING
			? "it did not report within 10 s of its start"
			: "it was not ready within [handler] start_timeout");
}

static const char *
what_follows(const struct member *c)
{
	return c->state == MEMBER_WAITING ? of_role[c->role].follows : "";
}

static void
died(struct member *c)
{
	struct fleet *f = c->fleet;
	enum crash_cause cause;
	char words[PAGE_WORDS];
	bool fatal;

	bury(c, words, sizeof(words), &cause);
	fatal = c->fatal
	    || (member_is_shard(c) && WIFEXITED(c->status)
		&& WEXITSTATUS(c->status) == EXIT_CONFIG);
	if (fatal && !member_outdated(c))
		c->state = MEMBER_FAILED;
	else if (f->stopping || c->trial)
		c->state = MEMBER_DOWN;
	else
		wait_restart(c);
	log_warn("%s.%s", words, what_follows(c));
	if (member_is_shard(c) && c->second == NULL && !fatal
	    && crash_brake_died(f->brake, c->slot, cause, clock_boot_ms()))
		log_error("A third of the shards died alike (%s) within 10 s: "
			  "restarts wait until one of them stays up.",
		    page_crash_name[cause]);
	machine_tell(&c->machine, NEWS_ENDED);
}

/* Ladder: ask, TERM, KILL, each with its own deadline. */
static void
request_stop(struct member *c)
{
	struct fleet *f = c->fleet;
	double s = c->role == CONTRACT_HANDLER
	    ? f->config->handler_drain_timeout_s
	    : f->config->stop_timeout_s;
	struct msg_stop m = {.end_sessions = c->end_sessions};

	if (s > f->config->stop_timeout_s)
		s = f->config->stop_timeout_s;
	m.deadline_ms = (uint32_t)(s * 1000);
	c->state = MEMBER_STOPPING;
	c->signalled = 0;
	if (ipc_send(&c->ipc, MSG_STOP, member_shard(c), 0, &m, sizeof(m), -1)
	    == -1)
		s = 0;
	timer_set(&c->timer, s);
}

static void
send_signal(struct member *c, int sig)
{
	if (pidfd_is(&c->foreign))
		pidfd_signal(&c->foreign, sig);
	else if (!c->reaped) {
		must(c->pid > 1); /* our child, not yet waited for */
		kill(c->pid, sig);
	}
}

static void
climb(struct member *c)
{
	if (c->signalled++ == 0) {
		log_warn("%s did not stop when asked: sending SIGTERM.",
		    c->name);
		send_signal(c, SIGTERM);
		timer_set(&c->timer, MEMBER_TERM_S);
		return;
	}
	log_warn("%s did not stop on SIGTERM: killing it.", c->name);
	send_signal(c, SIGKILL);
}

static void
ended(struct member *c)
{
	enum crash_cause cause;
	char words[PAGE_WORDS];

	bury(c, words, sizeof(words), &cause);
	c->state = MEMBER_DOWN;
	if (cause == CRASHES)
		log_info("%s.", words);
	else
		log_warn("%s%s.", words,
		    c->signalled > 0 ? "" : " while stopping");
	machine_tell(&c->machine, NEWS_ENDED);
	member_event(c, MEMBER_ON_AGAIN);
}

/* Whoever hears of the end may have thought better of it. */
static void
launch_again(struct member *c)
{
	if (c->again && !c->fleet->stopping)
		launch(c);
}

static void
restart(struct member *c)
{
	request_stop(c);
	c->again = !c->trial;
}

static void
give_up(struct member *c)
{
	timer_stop(&c->timer);
	c->fleet->member_ops->dismiss(c);
	member_note_restart(c, 0);
	c->state = MEMBER_DOWN;
}

static void
dont_restart(struct member *c)
{
	c->again = false;
}

static void
nothing(struct member *c)
{
}

static void
impossible(struct member *c)
{
	bug("a child's state and event do not fit");
}

typedef void transition(struct member *);

#define S(n) [MEMBER_##n]
#define E(n) [MEMBER_ON_##n]
static transition *const table[MEMBER_STATE_COUNT][MEMBER_EVENT_COUNT] = {
    S(DOWN) = {E(START) = launch, E(HELLO) = impossible, E(READY) = impossible,
	E(EXIT) = impossible, E(TIMER) = impossible, E(STOP) = dont_restart,
	E(RESTART) = launch, E(AGAIN) = launch_again, E(ADOPT) = impossible},
    S(STARTING) = {E(START) = nothing, E(HELLO) = hello, E(READY) = ready,
	E(EXIT) = died, E(TIMER) = late_start, E(STOP) = request_stop,
	E(RESTART) = restart, E(AGAIN) = nothing, E(ADOPT) = impossible},
    S(UP) = {E(START) = nothing, E(HELLO) = nothing, E(READY) = ready,
	E(EXIT) = died, E(TIMER) = late_start, E(STOP) = request_stop,
	E(RESTART) = restart, E(AGAIN) = nothing, E(ADOPT) = impossible},
    S(STOPPING) = {E(START) = nothing, E(HELLO) = nothing, E(READY) = nothing,
	E(EXIT) = ended, E(TIMER) = climb, E(STOP) = dont_restart,
	E(RESTART) = nothing, E(AGAIN) = nothing, E(ADOPT) = impossible},
    S(WAITING) = {E(START) = nothing, E(HELLO) = impossible,
	E(READY) = impossible, E(EXIT) = impossible, E(TIMER) = launch_if_free,
	E(STOP) = give_up, E(RESTART) = launch, E(AGAIN) = nothing,
	E(ADOPT) = adopted},
    S(FAILED) = {E(START) = nothing, E(HELLO) = impossible,
	E(READY) = impossible, E(EXIT) = impossible, E(TIMER) = impossible,
	E(STOP) = give_up, E(RESTART) = launch, E(AGAIN) = nothing,
	E(ADOPT) = impossible},
};
#undef S
#undef E

static void
step(struct machine *m, unsigned ev)
{
	struct member *c = container_of(m, struct member, machine);

	log_debug("%s: %s on %s", c->name, member_state_name[c->state],
	    member_event_name[ev]);
	table[c->state][ev](c);
}

static void
tell(struct machine *m, unsigned news)
{
	struct member *c = container_of(m, struct member, machine);

	if (news == NEWS_READY)
		c->fleet->member_ops->ready(c);
	else if (news == NEWS_ENDED)
		c->fleet->member_ops->ended(c);
	else if (member_is_shard(c) && c->second == NULL)
		uplinks_add(c->fleet->uplinks, c);
}

void
member_event(struct member *c, enum member_event ev)
{
	must(c->magic == MEMBER_MAGIC);
	machine_event(&c->machine, ev);
}

static void
on_timer(struct timer *t)
{
	member_event(container_of(t, struct member, timer), MEMBER_ON_TIMER);
}

void
member_kill(struct member *c, enum crash_cause cause, const char *why)
{
	if (c->pid <= 0 || c->reaped || c->killed_for != CRASHES)
		return;
	log_error("%s (pid %d) is killed: %s.", c->name, (int)c->pid, why);
	c->killed_for = cause;
	timer_stop(&c->timer);
	send_signal(c, SIGKILL);
}

void
member_reaped(struct member *c, int status)
{
	must(!machine_inside(&c->machine));
	c->status = status;
	c->reaped = true;
	/* Its last words may be that it leaves by agreement. */
	member_drain(c);
	member_event(c, MEMBER_ON_EXIT);
}

static void
on_foreign_gone(struct pidfd *x)
{
	struct member *c = container_of(x, struct member, foreign);

	c->unknown = true;
	member_reaped(c, 0);
}

void
member_adopted(struct member *c, int pidfd)
{
	/* After an upgrade it is our child as before: SIGCHLD tells more. */
	if (procfs_parent(c->pid) == getpid())
		close(pidfd);
	else
		pidfd_watch(&c->foreign, c->fleet->loop, pidfd,
		    on_foreign_gone);
	member_event(c, MEMBER_ON_ADOPT);
}

void
member_unbrake(struct member *c)
{
	if (c->state != MEMBER_WAITING || !c->braked)
		return;
	c->braked = false;
	timer_set(&c->timer, clock_random());
}

void
member_revive(struct member *c)
{
	if (c->state != MEMBER_STOPPING) {
		member_event(c, MEMBER_ON_RESTART);
		return;
	}
	c->again = true;
	if (c->signalled == 0)
		member_event(c, MEMBER_ON_TIMER);
}

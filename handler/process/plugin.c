/* SPDX-License-Identifier: MIT */
/* A plugin's life; see plugin.h. */
#include "handler/process/plugin_impl.h"

#include "handler/process/rpc_write.h"
#include "handler/process/rpc_read.h"
#include "shared/base/clock.h"
#include "shared/config/config_plugin_keys.h"
#include "shared/base/log.h"
#include "shared/process/oom.h"
#include "shared/base/text.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

static void
plugin_enter(struct plugin *p, enum plugin_state state)
{
	p->state = state;
	p->state_ms = clock_boot_ms();
	p->host->changed(p->host, p);
}

static void
plugin_wait(struct plugin *p)
{
	timer_set(&p->timer, p->delay_s);
	p->waits_s = p->delay_s;
	p->delay_s *= 2;
	if (p->delay_s > p->host->config->restart_max_s)
		p->delay_s = p->host->config->restart_max_s;
	plugin_enter(p, PLUGIN_IDLE);
}

/* What comes after its end. */
static void
plugin_next(struct plugin *p)
{
	if (p->stopping || p->retired || (p->once && !p->was_up)) {
		plugin_enter(p, PLUGIN_GONE);
	} else if (p->strikes < PLUGIN_HOLD_AFTER) {
		plugin_wait(p);
	} else {
		log_error("plugin %s is held: it ended %u times without a "
			  "minute of health, at last: %s.  Its events wait for "
			  "it on disk.  Once it is mended: shardherd plugin "
			  "load %s",
		    p->cfg->name, p->strikes, p->ended, p->cfg->name);
		plugin_enter(p, PLUGIN_HELD);
	}
}

static int
start(const struct plugin *p, struct guest *c, struct err *e)
{
	const struct config_plugin *cfg = p->cfg;
	char whose[128];
	struct guest_job job = {.exec = cfg->exec,
	    .user = cfg->user,
	    .memory = cfg->memory,
	    .nofile = cfg->nofile,
	    .nice = cfg->nice,
	    .sandbox = cfg->sandbox,
	    .death_signal = SIGTERM,
	    .env = {whose}};

	str_format(whose, sizeof(whose), "SHARDHERD_PLUGIN=%s", cfg->name);
	return guest_start(c, &job, p->host->dir, p->host->limits, e);
}

static void
plugin_begin(struct plugin *p)
{
	struct guest c;
	struct err e;
	char *own;

	p->life = ++p->host->lives;
	p->oom_kills = oom_kills();
	p->failure[0] = p->words[0] = '\0';
	p->nobodys = p->closing = p->in_order = false;
	health_begin(&p->health);
	if (start(p, &c, &e) < 0) {
		log_error("plugin %s cannot be started: %s.  Next attempt in "
			  "%.0f s.",
		    p->cfg->name, e.text, p->delay_s);
		str_copy(p->ended, e.text, sizeof(p->ended));
		p->settled = true;
		p->strikes++;
		plugin_next(p);
		return;
	}
	p->started++;
	p->pid = c.pid;
	pipes_open(&p->pipes, p->host->loop, &c, &plugin_pipes);
	own = config_plugin_keys_json(p->cfg->own);
	rpc_write_initialize(&p->pipes.send, p->cfg->name, own);
	free(own);
	plugin_dirty(p);
	timer_set(&p->timer, p->host->config->handler_start_timeout_s);
	plugin_enter(p, PLUGIN_STARTING);
}

static void
plugin_is_up(struct plugin *p)
{
	timer_stop(&p->timer);
	p->up_ms = clock_boot_ms();
	p->settled = p->was_up = true;
	log_info("plugin %s is up (pid %d)", p->cfg->name, (int)p->pid);
	plugin_enter(p, PLUGIN_UP);
	plugin_dirty(p);
}

/* How long each rung waits, and what is sent when that was in vain. */
static const struct {
	double wait_s;
	int signal;
} plugin_ladder[] = {
    {PLUGIN_STOP_S, SIGTERM},
    {PLUGIN_TERM_S, SIGKILL},
};

static void
plugin_rung(struct plugin *p)
{
	p->settled = true;
	if (p->rung == nitems(plugin_ladder))
		return; /* SIGKILL is out: the kernel delivers */
	if (p->rung == 0 && !p->stopping)
		log_error("plugin %s %s: it is ended", p->cfg->name,
		    p->failure);
	guest_signal(p->pid, plugin_ladder[p->rung].signal);
	if (++p->rung < nitems(plugin_ladder))
		timer_set(&p->timer, plugin_ladder[p->rung].wait_s);
}

static void
plugin_end(struct plugin *p)
{
	/* What it says from here on can't be trusted; its stderr can. */
	pipes_close_in(&p->pipes);
	pipes_close_out(&p->pipes);
	timer_stop(&p->timer);
	p->rung = 0;
	p->closing = false;
	plugin_enter(p, PLUGIN_ENDING);
	plugin_rung(p);
}

/* Most likely it ends: what it still has to say is read at its end. */
static void
plugin_closed(struct plugin *p)
{
	pipes_close_in(&p->pipes);
	p->rung = 0;
	p->closing = true;
	timer_set(&p->timer, PLUGIN_EXIT_S);
	plugin_enter(p, PLUGIN_ENDING);
}

static void
plugin_late(struct plugin *p)
{
	str_format(p->failure, sizeof(p->failure),
	    "did not answer \"initialize\" within %.1f s (start_timeout)",
	    p->host->config->handler_start_timeout_s);
	plugin_end(p);
}

static void
plugin_check(struct plugin *p)
{
	double due = plugin_due(p, clock_boot_ms());
	const struct delivery *d = window_oldest(&p->window);
	char name[128];

	if (due != 0) {
		plugin_watch(p);
		return;
	}
	if (d == NULL) {
		str_copy(p->failure, "does not read its standard input",
		    sizeof(p->failure));
	} else {
		/* One that says "done" for several may be at any of them. */
		p->guilty = p->in_order ? 0 : d->id;
		plugin_event_name(d->event, name, sizeof(name));
		str_format(p->failure, sizeof(p->failure),
		    "did not finish %s within %.1f s (timeout)", name,
		    p->cfg->timeout_s);
	}
	plugin_end(p);
}

static void
plugin_ask_to_stop(struct plugin *p)
{
	rpc_write_shutdown(&p->pipes.send);
	p->rung = 0;
	timer_set(&p->timer, plugin_ladder[0].wait_s);
	plugin_enter(p, PLUGIN_ENDING);
	pipes_flush(&p->pipes);
	/* What did not fit now is lost: it is not reading. */
	pipes_close_in(&p->pipes);
}

static void
plugin_requeue(struct plugin *p)
{
	struct list aside;

	list_init(&aside);
	/* Asked to stop: ended because we said so, nobody is to blame. */
	window_reset(&p->window,
	    p->stopping || p->nobodys ? 0 : p->pipes.written, p->guilty,
	    &aside);
	p->guilty = 0;
	while (!list_empty(&aside)) {
		struct delivery *d = container_of(aside.next, struct delivery,
		    link);

		list_remove(&d->link);
		p->host->aside(p->host, p, d);
	}
}

static void
plugin_died(struct plugin *p)
{
	timer_stop(&p->timer);
	plugin_requeue(p);
	pipes_close(&p->pipes);
	p->up_ms = 0;
	p->settled = true;
	p->host->ended(p->host, p);
	/* An end that nobody asked for; a successor that never was up has not
	 * taken the place of the one that was. */
	if (!p->stopping && (!p->once || p->was_up)) {
		p->ends++;
		p->host->restarts++;
	}
	plugin_next(p);
}

static void
plugin_over(struct plugin *p)
{
	timer_stop(&p->timer);
	plugin_enter(p, PLUGIN_GONE);
}

static void
plugin_nothing(struct plugin *p)
{
}

typedef void plugin_fn(struct plugin *);

/* ON_TIMER, ON_STARTED, ON_FAULT, ON_CLOSED, ON_EXIT, ON_STOP */
static plugin_fn *const plugin_table[PLUGIN_STATES][PLUGIN_EVENTS] = {
    [PLUGIN_IDLE] = {plugin_begin, plugin_nothing, plugin_nothing,
	plugin_nothing, plugin_nothing, plugin_over},
    [PLUGIN_STARTING] = {plugin_late, plugin_is_up, plugin_end, plugin_closed,
	plugin_died, plugin_ask_to_stop},
    [PLUGIN_UP] = {plugin_check, plugin_nothing, plugin_end, plugin_closed,
	plugin_died, plugin_ask_to_stop},
    [PLUGIN_ENDING] = {plugin_rung, plugin_nothing, plugin_end, plugin_nothing,
	plugin_died, plugin_nothing},
    [PLUGIN_GONE] = {plugin_nothing, plugin_nothing, plugin_nothing,
	plugin_nothing, plugin_nothing, plugin_nothing},
    [PLUGIN_HELD] = {plugin_begin, plugin_nothing, plugin_nothing,
	plugin_nothing, plugin_nothing, plugin_over},
};

static void
step(struct machine *m, unsigned event)
{
	struct plugin *p = container_of(m, struct plugin, machine);

	plugin_table[p->state][event](p);
}

void
plugin_event(struct plugin *p, enum plugin_event event)
{
	must(p->magic == PLUGIN_MAGIC);
	/* Its last lines are being read: that they end is no news. */
	if (p->reaping && event != ON_EXIT)
		return;
	if (event == ON_STOP)
		p->stopping = true;
	machine_event(&p->machine, event);
}

static void
plugin_timer(struct timer *t)
{
	plugin_event(container_of(t, struct plugin, timer), ON_TIMER);
}

/* SIGKILL by nobody we know, and the kernel has ended somebody since. */
static bool
plugin_starved(const struct plugin *p, int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL
	    && p->failure[0] == '\0' && !p->stopping && p->oom_kills >= 0
	    && oom_kills() > p->oom_kills;
}

/* How it ended that was asked to. */
static void
plugin_asked_words(struct plugin *p, int status, const char *how)
{
	bool ours = WIFSIGNALED(status) && p->rung > 0
	    && WTERMSIG(status) == plugin_ladder[p->rung - 1].signal;

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		str_copy(p->ended, "as asked", sizeof(p->ended));
	else if (ours)
		str_format(p->ended, sizeof(p->ended),
		    "it had not ended when asked and was ended by the handler "
		    "(%s)",
		    how);
	else
		str_copy(p->ended, how, sizeof(p->ended));
	log_info("plugin %s, pid %d, ended: %s", p->cfg->name, (int)p->was,
	    p->ended);
}

static void
plugin_obituary(struct plugin *p, int status)
{
	size_t left = p->window.from->bulk_n + window_out(&p->window);
	char how[128];

	guest_status_text(status, how, sizeof(how));
	if (plugin_starved(p, status))
		str_copy(how,
		    "signal 9 (Killed), likely for want of memory: the kernel "
		    "has ended a process of our cgroup",
		    sizeof(how));
	if (p->stopping) {
		plugin_asked_words(p, status, how);
		return;
	}
	/* What is too long is cut at the end. */
	str_format(p->ended, sizeof(p->ended), "%s%s%s", TEXT_OF(how, 110),
	    p->failure[0] || p->words[0] ? ": " : "",
	    p->failure[0] ? p->failure : p->words);
	if (p->up_ms != 0 && clock_boot_ms() - p->up_ms >= PLUGIN_HEALTHY_MS) {
		p->delay_s = p->host->config->restart_min_s;
		p->strikes = 0;
	}
	p->strikes++;
	log_error("plugin %s ended: %s; last words: %s.  %zu events wait for "
		  "it.",
	    p->cfg->name, how, p->words[0] ? p->words : "none", left);
}

void
plugin_reap(struct plugin *p)
{
	int status;

	if (p->pid == 0 || !guest_ended(p->pid, &status))
		return;
	p->was = p->pid;
	p->pid = 0;
	/* Answers it gave before the end count, and so do its last words. */
	p->reaping = true;
	pipes_last(&p->pipes);
	p->reaping = false;
	/* It closed its pipes because it ended: that is no reason. */
	if (p->state == PLUGIN_ENDING && p->rung == 0)
		p->failure[0] = '\0';
	plugin_log_cut(p, true);
	plugin_obituary(p, status);
	plugin_event(p, ON_EXIT);
}

struct plugin *
plugin_new(struct plugin_host *h, unsigned index, unsigned slot,
    struct window_waiting *from)
{
	struct plugin *p = base_alloc(sizeof(*p));

	p->magic = PLUGIN_MAGIC;
	machine_init(&p->machine, step, NULL);
	p->host = h;
	p->index = index;
	p->slot = slot;
	p->state = PLUGIN_GONE;
	p->waiting = from;
	p->pipes.in = p->pipes.out = p->pipes.err = -1;
	list_init(&p->dirty);
	timer_init(h->timers, &p->timer, plugin_timer);
	return p;
}

void
plugin_free(struct plugin *p)
{
	if (p == NULL)
		return;
	must(p->pid == 0 && !machine_inside(&p->machine));
	timer_stop(&p->timer);
	list_remove(&p->dirty);
	window_free(&p->window);
	p->magic = 0;
	free(p);
}

void
plugin_start(struct plugin *p, const struct config_plugin *cfg, bool once)
{
	must(p->pid == 0 && window_out(&p->window) == 0);
	window_free(&p->window);
	window_init(&p->window, (size_t)cfg->window, p->waiting);
	p->cfg = cfg;
	p->once = once;
	p->retired = p->stopping = p->settled = p->was_up = false;
	p->strikes = 0;
	p->delay_s = p->host->config->restart_min_s;
	p->state = PLUGIN_IDLE;
	plugin_event(p, ON_TIMER);
}

void
plugin_retire(struct plugin *p)
{
	p->retired = true;
	if (p->state != PLUGIN_UP && p->state != PLUGIN_ENDING)
		plugin_stop(p);
}

void
plugin_stop(struct plugin *p)
{
	plugin_event(p, ON_STOP);
}

const char *
plugin_name(const struct plugin *p)
{
	return p->cfg->name;
}

const struct config_plugin *
plugin_config(const struct plugin *p)
{
	return p->cfg;
}

pid_t
plugin_pid(const struct plugin *p)
{
	return p->pid;
}

unsigned
plugin_index(const struct plugin *p)
{
	return p->index;
}

unsigned
plugin_slot(const struct plugin *p)
{
	return p->slot;
}

enum plugin_state
plugin_state(const struct plugin *p)
{
	return p->state;
}

uint64_t
plugin_life(const struct plugin *p)
{
	return p->life;
}

bool
plugin_settled(const struct plugin *p)
{
	return p->settled;
}

struct window *
plugin_window(struct plugin *p)
{
	return &p->window;
}

uint64_t
plugin_errors(const struct plugin *p)
{
	return p->health.errors;
}

pid_t
plugin_was(const struct plugin *p)
{
	return p->was;
}

uint64_t
plugin_ends(const struct plugin *p)
{
	return p->ends;
}

uint64_t
plugin_worked_ms(const struct plugin *p, uint64_t *answers)
{
	*answers = p->answered;
	return p->worked_ms;
}

const char *
plugin_words(const struct plugin *p)
{
	return p->words;
}

const char *
plugin_failure(const struct plugin *p)
{
	return p->failure;
}

bool
plugin_closing(const struct plugin *p)
{
	return p->closing;
}

double
plugin_delay_s(const struct plugin *p)
{
	return p->waits_s;
}

void
plugin_describe(const struct plugin *p, struct page_plugin *out)
{
	out->state = p->state;
	out->pid = (int32_t)p->pid;
	out->generation = (uint32_t)p->started;
	out->strikes = p->strikes;
	out->state_since_ms = p->state_ms;
	out->failing = p->state == PLUGIN_UP && health_fails(&p->health);
	if (out->failing)
		health_words(&p->health, out->note, sizeof(out->note));
	else
		str_copy(out->note, p->state == PLUGIN_UP ? "" : p->ended,
		    sizeof(out->note));
}

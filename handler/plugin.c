/* SPDX-License-Identifier: MIT */
/* A plugin's life; see plugin.h. */
#include "handler/plugin.h"

#include "handler/line.h"
#include "handler/pipes.h"
#include "handler/talk.h"
#include "shared/clock.h"
#include "shared/log.h"

#include <signal.h>
#include <string.h>

#define PLUGIN_MAGIC 0x706c7567u

/* What happens to a plugin. */
enum plugin_event {
	ON_TIMER,   /* what the state waits for is due or overdue */
	ON_STARTED, /* initialize was answered */
	ON_FAULT,   /* broke a rule; p->failure says which */
	ON_CLOSED,  /* closed a pipe; p->failure says which */
	ON_EXIT,    /* the process is gone */
	ON_STOP,    /* asked to end for good */
	PLUGIN_EVENTS
};

struct plugin {
	uint32_t magic;
	struct plugin_host *host;
	const struct config_plugin *cfg;
	unsigned index;
	enum plugin_state state;
	struct timer timer;
	struct list dirty; /* in host->dirty, or in itself */
	struct window window;
	struct json_tokener *tokener;
	pid_t pid; /* 0: none */
	struct pipes pipes;
	uint64_t life, up_ms;
	double delay_s;
	unsigned rung; /* of plugin_ladder, in ENDING */
	bool stopping, settled, reaping;
	const struct delivery *guilty; /* what it is being ended for */
	char failure[512];	       /* why it is being ended */
	char words[256];	       /* last line of its stderr */
	uint64_t grumble_ms, grumbles;
	uint64_t asks;
};

static void plugin_event(struct plugin *, enum plugin_event);

static void
plugin_enter(struct plugin *p, enum plugin_state state)
{
	p->state = state;
	p->host->changed(p->host, p);
}

static void
plugin_dirty(struct plugin *p)
{
	if (list_empty(&p->dirty))
		list_append(&p->host->dirty, &p->dirty);
}

/* ---- what it says -------------------------------------------------------- */

/* At most one line a second: a plugin may misbehave at any rate. */
static void
plugin_grumble(struct plugin *p, const char *what, uint64_t id,
    const char *text)
{
	uint64_t now = clock_boot_ms();

	p->grumbles++;
	if (now - p->grumble_ms < PLUGIN_GRUMBLE_MS)
		return;
	log_warn("plugin %s %s %llu%s%s (%llu such messages)", p->cfg->name,
	    what, (unsigned long long)id, text[0] ? ": " : "", text,
	    (unsigned long long)p->grumbles);
	p->grumble_ms = now;
	p->grumbles = 0;
}

static void
plugin_answered(struct plugin *p, const struct talk *t)
{
	struct delivery *d = window_answer(&p->window, t->number);

	if (d == NULL) {
		plugin_grumble(p, "answers a request it does not have: id",
		    t->number, "");
		return;
	}
	if (t->kind == TALK_REFUSAL)
		plugin_grumble(p, "answers with an error to event", t->number,
		    t->why);
	p->host->finished(p->host, d);
	plugin_dirty(p);
}

static void
plugin_done(struct plugin *p, uint64_t upto)
{
	struct delivery *d;

	while ((d = window_upto(&p->window, upto)) != NULL)
		p->host->finished(p->host, d);
	plugin_dirty(p);
}

static void
plugin_fail(struct plugin *p, const char *why)
{
	str_copy(p->failure, why, sizeof(p->failure));
	plugin_event(p, ON_FAULT);
}

static void
plugin_initialised(struct plugin *p, const struct talk *t)
{
	char why[256];

	if (t->kind == TALK_RESULT) {
		if (p->host->initialised != NULL)
			p->host->initialised(p->host, p, t->result);
		plugin_event(p, ON_STARTED);
		return;
	}
	str_format(why, sizeof(why), "refused to start: %s", t->why);
	plugin_fail(p, why);
}

static void
plugin_hear(struct plugin *p, const struct talk *t)
{
	char why[256];

	switch (t->kind) {
	case TALK_EMPTY:
		break;
	case TALK_BAD:
		str_format(why, sizeof(why), "broke the protocol: %s", t->why);
		plugin_fail(p, why);
		break;
	case TALK_DONE:
		plugin_done(p, t->number);
		break;
	case TALK_REQUEST:
		p->host->request(p->host, p, t->id, t->method, t->params);
		break;
	case TALK_RESULT:
	case TALK_REFUSAL:
		if (p->state == PLUGIN_STARTING && t->number == 0)
			plugin_initialised(p, t);
		else if (t->number >= PLUGIN_ASK_FIRST)
			p->host->answered(p->host, p, t->number,
			    t->kind == TALK_REFUSAL ? t->why : NULL);
		else
			plugin_answered(p, t);
		break;
	}
}

static bool
plugin_line(struct pipes *pipes, char *text, size_t len)
{
	struct plugin *p = container_of(pipes, struct plugin, pipes);
	struct talk t;

	talk_parse(&t, p->tokener, text, len);
	plugin_hear(p, &t);
	talk_free(&t);
	return pipes->out >= 0;
}

static void
plugin_words(struct pipes *pipes, const char *text)
{
	struct plugin *p = container_of(pipes, struct plugin, pipes);

	str_copy(p->words, text, sizeof(p->words));
	log_info("plugin %s: %s", p->cfg->name, text);
}

static void
plugin_pipe_fault(struct pipes *pipes, const char *why)
{
	plugin_fail(container_of(pipes, struct plugin, pipes), why);
}

static void
plugin_pipe_closed(struct pipes *pipes, const char *why)
{
	struct plugin *p = container_of(pipes, struct plugin, pipes);

	str_copy(p->failure, why, sizeof(p->failure));
	plugin_event(p, ON_CLOSED);
}

static void
plugin_room(struct pipes *pipes)
{
	plugin_dirty(container_of(pipes, struct plugin, pipes));
}

static const struct pipes_calls plugin_pipes = {
    .line = plugin_line,
    .words = plugin_words,
    .fault = plugin_pipe_fault,
    .closed = plugin_pipe_closed,
    .room = plugin_room,
};

/* ---- what it is told ----------------------------------------------------- */

/* Seconds until something is overdue; 0: is now; < 0: nothing is expected. */
static double
plugin_due(struct plugin *p, uint64_t now)
{
	const struct delivery *d = window_oldest(&p->window);
	uint64_t limit = (uint64_t)(p->cfg->timeout_s * 1000), since = now;

	if (d == NULL && p->pipes.stuck_ms == 0)
		return -1;
	if (d != NULL)
		since = d->sent_ms;
	if (p->pipes.stuck_ms != 0 && p->pipes.stuck_ms < since)
		since = p->pipes.stuck_ms;
	if (now >= since + limit)
		return 0;
	return (double)(since + limit - now) / 1000;
}

static void
plugin_watch(struct plugin *p)
{
	double due;

	if (timer_pending(&p->timer))
		return;
	due = plugin_due(p, clock_boot_ms());
	if (due >= 0)
		timer_set(&p->timer, due);
}

static void
plugin_pump(struct plugin *p)
{
	struct buf *send = &p->pipes.send;
	struct delivery *d;
	uint64_t now = clock_boot_ms();

	if (p->pipes.in < 0)
		return;
	while (p->state == PLUGIN_UP && buf_len(send) < PIPES_OUT_LOW
	    && (d = window_next(&p->window)) != NULL) {
		d->out_pos = p->pipes.written + buf_len(send);
		d->sent_ms = now;
		line_event(send, d);
	}
	pipes_flush(&p->pipes);
	if (p->state == PLUGIN_UP)
		plugin_watch(p);
}

void
plugin_pump_all(struct plugin_host *h)
{
	while (!list_empty(&h->dirty)) {
		struct plugin *p = container_of(h->dirty.next, struct plugin,
		    dirty);

		list_remove(&p->dirty);
		plugin_pump(p);
	}
}

void
plugin_push(struct plugin *p, struct delivery *d)
{
	d->plugin = (uint8_t)p->index;
	window_push(&p->window, d);
	if (p->state == PLUGIN_UP)
		plugin_dirty(p);
}

void
plugin_result(struct plugin *p, uint64_t life, const char *id,
    const char *result, size_t len)
{
	if (life != p->life || p->pipes.in < 0 || id[0] == '\0')
		return;
	line_result(&p->pipes.send, id, result, len);
	plugin_dirty(p);
}

void
plugin_error(struct plugin *p, uint64_t life, const char *id, int code,
    const char *message, const char *data)
{
	if (life != p->life || p->pipes.in < 0 || id[0] == '\0')
		return;
	line_error(&p->pipes.send, id, code, message, data);
	plugin_dirty(p);
}

uint64_t
plugin_ask(struct plugin *p, const char *method, const char *params,
    size_t len)
{
	uint64_t id = PLUGIN_ASK_FIRST + p->asks;

	if (p->state != PLUGIN_UP || p->pipes.in < 0)
		return 0;
	p->asks++;
	line_request(&p->pipes.send, id, method, params, len);
	plugin_dirty(p);
	return id;
}

/* ---- life ---------------------------------------------------------------- */

static void
plugin_wait(struct plugin *p)
{
	timer_set(&p->timer, p->delay_s);
	p->delay_s *= 2;
	if (p->delay_s > PLUGIN_RESTART_MAX_S)
		p->delay_s = PLUGIN_RESTART_MAX_S;
	plugin_enter(p, PLUGIN_IDLE);
}

static void
plugin_begin(struct plugin *p)
{
	struct child c;
	struct err e;

	p->life++;
	p->failure[0] = p->words[0] = '\0';
	if (child_start(&c, p->cfg->name, p->cfg->exec, p->host->dir,
		p->host->limits, &e) < 0) {
		log_error("plugin %s cannot be started: %s.  Next attempt in "
			  "%.0f s.", p->cfg->name, e.text, p->delay_s);
		p->settled = true;
		plugin_wait(p);
		return;
	}
	if (p->life > 1)
		p->host->restarts++;
	p->pid = c.pid;
	pipes_open(&p->pipes, p->host->loop, &c, &plugin_pipes);
	line_initialize(&p->pipes.send, p->cfg->name);
	plugin_dirty(p);
	timer_set(&p->timer, p->host->config->handler_start_timeout_s);
	plugin_enter(p, PLUGIN_STARTING);
}

static void
plugin_is_up(struct plugin *p)
{
	timer_stop(&p->timer);
	p->up_ms = clock_boot_ms();
	p->settled = true;
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
	if (p->rung == nitems(plugin_ladder))
		return; /* SIGKILL is out: the kernel delivers */
	if (p->rung == 0 && !p->stopping)
		log_error("plugin %s %s: it is ended", p->cfg->name,
		    p->failure);
	child_signal(p->pid, plugin_ladder[p->rung].signal);
	if (++p->rung < nitems(plugin_ladder))
		timer_set(&p->timer, plugin_ladder[p->rung].wait_s);
}

static void
plugin_end(struct plugin *p)
{
	p->settled = true;
	/* What it says from here on can't be trusted; its stderr can. */
	pipes_close_in(&p->pipes);
	pipes_close_out(&p->pipes);
	timer_stop(&p->timer);
	p->rung = 0;
	plugin_enter(p, PLUGIN_ENDING);
	plugin_rung(p);
}

/* Most likely it ends: what it still has to say is read at its end. */
static void
plugin_closed(struct plugin *p)
{
	p->settled = true;
	pipes_close_in(&p->pipes);
	p->rung = 0;
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
event_name(const struct event *e, char *out, size_t size)
{
	const char *name = e->t_len ? e->raw + e->t_off : "unnamed event";
	size_t len = e->t_len ? e->t_len : strlen(name);

	snprintf(out, size, "%.*s (shard %u, seq %llu)",
	    len > 64 ? 64 : (int)len, name, e->shard->id,
	    (unsigned long long)e->seq);
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
		p->guilty = d;
		event_name(d->event, name, sizeof(name));
		str_format(p->failure, sizeof(p->failure),
		    "did not finish %s within %.1f s (timeout)",
		    name, p->cfg->timeout_s);
	}
	plugin_end(p);
}

static void
plugin_ask_to_stop(struct plugin *p)
{
	line_shutdown(&p->pipes.send);
	p->rung = 0;
	timer_set(&p->timer, plugin_ladder[0].wait_s);
	plugin_enter(p, PLUGIN_ENDING);
	pipes_flush(&p->pipes);
	/* What did not fit now is lost: it is not reading. */
	pipes_close_in(&p->pipes);
}

static void
plugin_set_aside(struct plugin *p, struct delivery *d)
{
	char name[128];

	event_name(d->event, name, sizeof(name));
	p->host->dead_letters++;
	log_error("plugin %s: %s ended it %u times and is set aside; the "
		  "plugin's last words: %s", p->cfg->name, name, d->strikes,
	    p->words[0] ? p->words : "none");
	p->host->finished(p->host, d);
}

static void
plugin_requeue(struct plugin *p)
{
	struct list aside;

	list_init(&aside);
	/* Asked to stop: ended because we said so, nobody is to blame. */
	window_reset(&p->window, p->stopping ? 0 : p->pipes.written, p->guilty,
	    &aside);
	p->guilty = NULL;
	while (!list_empty(&aside)) {
		struct delivery *d = container_of(aside.next, struct delivery,
		    link);

		list_remove(&d->link);
		plugin_set_aside(p, d);
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
	if (p->stopping)
		plugin_enter(p, PLUGIN_GONE);
	else
		plugin_wait(p);
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
    [PLUGIN_ENDING] = {plugin_rung, plugin_nothing, plugin_end,
	plugin_nothing, plugin_died, plugin_nothing},
    [PLUGIN_GONE] = {plugin_nothing, plugin_nothing, plugin_nothing,
	plugin_nothing, plugin_nothing, plugin_nothing},
};

static void
plugin_event(struct plugin *p, enum plugin_event event)
{
	must(p->magic == PLUGIN_MAGIC);
	/* Its last lines are being read: that they end is no news. */
	if (p->reaping && event != ON_EXIT)
		return;
	if (event == ON_STOP)
		p->stopping = true;
	plugin_table[p->state][event](p);
}

static void
plugin_timer(struct timer *t)
{
	plugin_event(container_of(t, struct plugin, timer), ON_TIMER);
}

static void
plugin_obituary(struct plugin *p, int status)
{
	size_t left = p->window.queued + window_out(&p->window);
	char how[64];

	child_status_text(status, how, sizeof(how));
	if (p->stopping) {
		log_info("plugin %s ended: %s", p->cfg->name, how);
		return;
	}
	if (p->up_ms != 0 && clock_boot_ms() - p->up_ms >= PLUGIN_HEALTHY_MS)
		p->delay_s = PLUGIN_RESTART_MIN_S;
	log_error("plugin %s ended: %s; last words: %s.  It is started again "
		  "in %.0f s; %zu events wait for it.", p->cfg->name, how,
	    p->words[0] ? p->words : "none", p->delay_s, left);
}

void
plugin_reap(struct plugin *p)
{
	int status;

	if (p->pid == 0 || !child_ended(p->pid, &status))
		return;
	p->pid = 0;
	/* Answers it gave before the end count, and so do its last words. */
	p->reaping = true;
	pipes_last(&p->pipes);
	p->reaping = false;
	plugin_obituary(p, status);
	plugin_event(p, ON_EXIT);
}

struct plugin *
plugin_new(struct plugin_host *h, unsigned index)
{
	struct plugin *p = base_alloc(sizeof(*p));

	p->magic = PLUGIN_MAGIC;
	p->host = h;
	p->cfg = &h->config->plugin[index];
	p->index = index;
	p->delay_s = PLUGIN_RESTART_MIN_S;
	p->pipes.in = p->pipes.out = p->pipes.err = -1;
	list_init(&p->dirty);
	window_init(&p->window, (size_t)p->cfg->window);
	timer_init(h->timers, &p->timer, plugin_timer);
	p->tokener = talk_new();
	return p;
}

void
plugin_free(struct plugin *p)
{
	must(p->pid == 0);
	timer_stop(&p->timer);
	list_remove(&p->dirty);
	window_free(&p->window);
	json_tokener_free(p->tokener);
	p->magic = 0;
	free(p);
}

void
plugin_start(struct plugin *p)
{
	plugin_event(p, ON_TIMER);
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

unsigned
plugin_index(const struct plugin *p)
{
	return p->index;
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

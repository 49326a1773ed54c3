/* SPDX-License-Identifier: MIT */
/*
 * The handler process: joins intake, plugins, REST and the supervisor's
 * channel in one loop, writes the handler's part of the stats page, and ends
 * in order.  What it has not finished stays with the shards: nothing here is
 * ever the only copy of an event.
 */
#include "handler/handler.h"

#include "handler/rpc.h"
#include "shared/clock.h"
#include "shared/ipc.h"
#include "shared/log.h"
#include "shared/page.h"
#include "shared/proctitle.h"
#include "shared/version.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define HANDLER_CONFIG_MAX (1u << 20)
#define HANDLER_TOKEN_MAX 512u
#define HANDLER_TICK_S 1.0	/* lag on the page, late gateway commands */
#define HANDLER_LAST_S 15.0	/* for plugins that even SIGKILL can't end */
#define HANDLER_ORPHAN_S 600.0	/* work on for shards without a supervisor */

/* How far a stop has come. */
enum handler_stop { STOP_NOT, STOP_DRAIN, STOP_PLUGINS };

struct handler {
	struct ev_loop *loop;
	struct timers *timers;
	struct config config;
	struct page page;
	struct page_handler before; /* what other generations counted */
	struct ipc ipc;
	struct route route;
	struct intake intake;
	struct plugin_host host;
	struct plugin *plugin[CONFIG_PLUGINS_MAX];
	struct child_limits limits;
	struct rest *rest;
	struct rpc rpc;
	ev_prepare prepare;
	ev_io signals;
	struct timer tick, stop;
	uint32_t generation;
	enum handler_stop stopping;
	bool ready, orphan, in_service;
	uint64_t state_ms, lag_ms;
};

/* ---- the stats page ------------------------------------------------------------ */

static enum handler_state
handler_state(const struct handler *h)
{
	if (h->stopping != STOP_NOT)
		return HANDLER_DRAINING;
	return h->ready ? HANDLER_READY : HANDLER_STARTING;
}

static unsigned
handler_up(const struct handler *h)
{
	unsigned up = 0;

	for (size_t i = 0; i < h->config.plugins; i++)
		up += plugin_state(h->plugin[i]) == PLUGIN_UP;
	return up;
}

static void
handler_note(const struct handler *h, char *note, size_t size)
{
	size_t left = h->config.plugins - handler_up(h);

	note[0] = '\0';
	if (h->ready && left > 0 && h->stopping == STOP_NOT)
		str_format(note, size, "%zu of %zu plugins are not up: their "
				       "events wait (see the log)", left,
		    h->config.plugins);
}

/* Counters go on from where whoever served until now has left them. */
static void
handler_take_page(struct handler *h)
{
	struct page_handler *p = &h->page.head->handler;
	const struct rest_counts *rest = rest_counted(h->rest);
	struct page_handler *b = &h->before;

	page_repair(&p->lock);
	memcpy(b, p, sizeof(*b));
	b->events -= h->intake.events;
	b->duplicates -= h->intake.duplicates;
	b->acked -= h->intake.acked;
	b->dead_letters -= h->host.dead_letters;
	b->plugin_restarts -= h->host.restarts;
	b->rest_calls -= rest->calls;
	b->rest_429 -= rest->limited;
	b->rest_errors -= rest->errors;
}

/* Two handlers run during a reload; the supervisor names the one in service. */
static bool
handler_serves(struct handler *h)
{
	bool named = h->page.head->handler_watch.pid == (int32_t)getpid();

	if (named && !h->in_service)
		handler_take_page(h);
	h->in_service = named;
	return named;
}

static void
handler_page(struct handler *h, enum handler_state state)
{
	struct page_handler *p = &h->page.head->handler;
	const struct rest_counts *rest = rest_counted(h->rest);
	const struct page_handler *b = &h->before;

	if (!handler_serves(h))
		return;
	page_begin(&p->lock);
	if (p->state != state)
		p->state_since_ms = clock_boot_ms();
	p->state = state;
	p->pid = state == HANDLER_DOWN ? 0 : (int32_t)getpid();
	p->generation = h->generation;
	p->events = b->events + h->intake.events;
	p->duplicates = b->duplicates + h->intake.duplicates;
	p->acked = b->acked + h->intake.acked;
	p->lag_events = h->intake.work.events;
	p->lag_ms = h->intake.work.events > 0 ? h->lag_ms : 0;
	p->dead_letters = b->dead_letters + h->host.dead_letters;
	p->plugin_restarts = b->plugin_restarts + h->host.restarts;
	p->rest_calls = b->rest_calls + rest->calls;
	p->rest_429 = b->rest_429 + rest->limited;
	p->rest_errors = b->rest_errors + rest->errors;
	p->plugins = (uint32_t)h->config.plugins;
	p->plugins_up = handler_up(h);
	handler_note(h, p->note, sizeof(p->note));
	page_end(&p->lock);
}

static void
handler_tick(struct timer *t)
{
	struct handler *h = container_of(t, struct handler, tick);
	uint64_t oldest = intake_oldest(&h->intake);
	uint64_t now = (uint64_t)clock_wall_ms();

	h->lag_ms = oldest != 0 && now > oldest ? now - oldest : 0;
	intake_tick(&h->intake);
	timer_set(&h->tick, HANDLER_TICK_S);
}

/* ---- starting and stopping ------------------------------------------------------- */

static void
handler_check_ready(struct handler *h)
{
	if (h->ready)
		return;
	for (size_t i = 0; i < h->config.plugins; i++)
		if (!plugin_settled(h->plugin[i]))
			return;
	h->ready = true;
	ipc_send(&h->ipc, MSG_READY, -1, h->generation, NULL, 0, -1);
	log_info("handler is ready: %u of %zu plugins are up", handler_up(h),
	    h->config.plugins);
}

static void
handler_check_gone(struct handler *h)
{
	for (size_t i = 0; i < h->config.plugins; i++)
		if (plugin_state(h->plugin[i]) != PLUGIN_GONE)
			return;
	ev_break(h->loop, EVBREAK_ALL);
}

static void
handler_end_plugins(struct handler *h)
{
	if (h->intake.work.events > 0)
		log_warn("%zu events are not finished; the shards keep them "
			 "for the next handler", h->intake.work.events);
	h->stopping = STOP_PLUGINS;
	h->rpc.stopping = true;
	rest_stop(h->rest);
	timer_set(&h->stop, HANDLER_LAST_S);
	for (size_t i = 0; i < h->config.plugins; i++)
		plugin_stop(h->plugin[i]);
	handler_check_gone(h);
}

/* The stop goes on when nothing is left to finish. */
static void
handler_check_drained(struct handler *h)
{
	if (h->stopping == STOP_DRAIN && h->intake.work.events == 0
	    && rest_busy(h->rest) == 0)
		handler_end_plugins(h);
}

static void
handler_stop(struct handler *h, double within_s)
{
	double drain = h->config.handler_drain_timeout_s;

	if (h->stopping == STOP_DRAIN)
		handler_end_plugins(h); /* asked twice: now */
	if (h->stopping != STOP_NOT)
		return;
	log_info("handler stops: %zu events in work", h->intake.work.events);
	h->stopping = STOP_DRAIN;
	intake_stop(&h->intake);
	timer_set(&h->stop, drain < within_s ? drain : within_s);
}

static void
handler_stop_late(struct timer *t)
{
	struct handler *h = container_of(t, struct handler, stop);

	if (h->stopping == STOP_NOT)
		handler_stop(h, 0); /* an orphan's time is over */
	else if (h->stopping == STOP_DRAIN)
		handler_end_plugins(h);
	else
		ev_break(h->loop, EVBREAK_ALL);
}

/* ---- callbacks --------------------------------------------------------------------- */

static struct handler *
handler_of(struct plugin_host *host)
{
	return container_of(host, struct handler, host);
}

static void
on_finished(struct plugin_host *host, struct delivery *d)
{
	intake_finish(&handler_of(host)->intake, d->event);
}

static void
on_request(struct plugin_host *host, struct plugin *p, const char *id,
    const char *method, struct json_object *params)
{
	rpc_request(&handler_of(host)->rpc, p, id, method, params);
}

static void
on_initialised(struct plugin_host *host, struct plugin *p,
    struct json_object *result)
{
	commands_declare(&handler_of(host)->rpc.commands, plugin_index(p),
	    result);
}

static void
on_answered(struct plugin_host *host, struct plugin *p, uint64_t id,
    const char *refusal)
{
	rpc_answered(&handler_of(host)->rpc, p, id, refusal);
}

static void
on_ended(struct plugin_host *host, struct plugin *p)
{
	rest_forget(handler_of(host)->rest, plugin_index(p));
	rpc_plugin_ended(&handler_of(host)->rpc, p);
}

static void
on_changed(struct plugin_host *host, struct plugin *p)
{
	struct handler *h = handler_of(host);

	log_debug("plugin %s is %s", plugin_name(p),
	    page_plugin_state_name[plugin_state(p)]);
	if (plugin_state(p) == PLUGIN_UP)
		rpc_plugin_up(&h->rpc, p);
	if (h->stopping == STOP_PLUGINS)
		handler_check_gone(h);
}

static void
on_deliver(struct intake *in, struct event *e, uint64_t wanted)
{
	static const char urgent[] = "INTERACTION_CREATE";
	struct handler *h = container_of(in, struct handler, intake);
	bool hurry = e->t_len == sizeof(urgent) - 1
	    && memcmp(e->raw + e->t_off, urgent, e->t_len) == 0;

	for (unsigned n = 0; wanted != 0; wanted &= wanted - 1, n++) {
		struct delivery *d = &e->to[n];

		d->event = e;
		d->urgent = hurry;
		plugin_push(h->plugin[__builtin_ctzll(wanted)], d);
	}
}

static void
on_uplink_closed(struct intake *in)
{
	struct handler *h = container_of(in, struct handler, intake);

	if (h->orphan && in->open == 0)
		handler_stop(h, h->config.handler_drain_timeout_s);
}

/* Leaves room in the supervisor's deadline for plugins that must be killed. */
static double
drain_within(double deadline_s)
{
	double left = deadline_s - PLUGIN_STOP_S - PLUGIN_TERM_S - 1;

	return left > deadline_s / 4 ? left : deadline_s / 4;
}

static void
on_message(struct ipc *ipc, const struct msg_hdr *hdr, const void *payload,
    int fd)
{
	struct handler *h = container_of(ipc, struct handler, ipc);
	const struct msg_uplink *up;
	const struct msg_stop *stop;

	switch (hdr->type) {
	case MSG_UPLINK:
		up = ipc_payload(hdr, payload, sizeof(*up));
		if (up == NULL || fd < 0 || hdr->shard < 0)
			break;
		/* After a rollback the one before returns as the newest. */
		if (up->generation > h->generation)
			h->generation = h->intake.generation = up->generation;
		intake_uplink(&h->intake, (uint32_t)hdr->shard,
		    up->shard_count, fd);
		return;
	case MSG_STOP:
		stop = ipc_payload(hdr, payload, sizeof(*stop));
		if (stop == NULL)
			break;
		handler_stop(h, drain_within(stop->deadline_ms / 1000.0));
		return;
	default:
		break;
	}
	if (fd >= 0)
		close(fd);
	log_error("the supervisor sends %s, which makes no sense here",
	    contract_msg_name(hdr->type));
}

/* The shards go on without a supervisor, so their handler does (I4). */
static void
on_supervisor_gone(struct ipc *ipc, const char *why)
{
	struct handler *h = container_of(ipc, struct handler, ipc);

	log_warn("handler: the supervisor is gone (%s)", why);
	ipc_close(ipc);
	h->orphan = true;
	if (h->intake.open == 0)
		handler_stop(h, h->config.handler_drain_timeout_s);
	else if (h->stopping == STOP_NOT)
		timer_set(&h->stop, HANDLER_ORPHAN_S);
}

static void
on_signal(struct ev_loop *loop, ev_io *io, int revents)
{
	struct handler *h = container_of(io, struct handler, signals);
	struct signalfd_siginfo si;
	bool children = false, term = false;

	while (read(io->fd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		children |= si.ssi_signo == SIGCHLD;
		term |= si.ssi_signo == SIGTERM;
	}
	for (size_t i = 0; children && i < h->config.plugins; i++)
		plugin_reap(h->plugin[i]);
	if (term)
		handler_stop(h, h->config.handler_drain_timeout_s);
}

/* The end of each loop turn: everything that was gathered goes out. */
static void
on_turn(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct handler *h = container_of(w, struct handler, prepare);

	rest_flush(h->rest);
	rpc_flush(&h->rpc);
	intake_flush(&h->intake);
	plugin_pump_all(&h->host);
	handler_check_ready(h);
	handler_check_drained(h);
	handler_page(h, handler_state(h));
}

/* ---- set-up --------------------------------------------------------------------------- */

/* Reads all of fd, at most max bytes; NULL with err set.  Caller frees. */
static char *
read_all(int fd, size_t max, const char *what, struct err *e)
{
	char *text = base_alloc(max + 1);
	size_t len = 0;

	while (len <= max) {
		ssize_t n = read(fd, text + len, max + 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err_sys(e, EXIT_DEGRADED, "cannot read %s", what);
			goto err1;
		}
		if (n == 0) {
			text[len] = '\0';
			return text;
		}
		len += (size_t)n;
	}
	err_set(e, EXIT_CONFIG, "%s is longer than %zu bytes", what, max);
err1:
	explicit_bzero(text, max + 1);
	free(text);
	return NULL;
}

static void
print_problem(const char *line, void *arg)
{
	log_error("%s", line);
}

static int
read_config(struct handler *h, const char *path, struct err *e)
{
	char *slash, *text;

	/* A memfd keeps its offset for all who share it. */
	lseek(CONTRACT_FD_CONFIG, 0, SEEK_SET);
	text = read_all(CONTRACT_FD_CONFIG, HANDLER_CONFIG_MAX,
	    "the configuration", e);
	if (text == NULL)
		return -1;
	if (config_parse(&h->config, path, text, print_problem, NULL, e) < 0) {
		free(text);
		return -1;
	}
	free(text);
	log_set_level((enum log_level)h->config.log_level);
	str_copy(h->host.dir, h->config.path, sizeof(h->host.dir));
	slash = strrchr(h->host.dir, '/');
	if (slash != NULL)
		slash[slash == h->host.dir] = '\0';
	return 0;
}

static int
start_rest(struct handler *h, struct err *e)
{
	char *token = read_all(CONTRACT_FD_TOKEN, HANDLER_TOKEN_MAX,
	    "the token", e);

	close(CONTRACT_FD_TOKEN);
	if (token == NULL)
		return -1;
	h->rest = rest_new(h->loop, h->timers, &h->config, token, e);
	explicit_bzero(token, HANDLER_TOKEN_MAX + 1);
	free(token);
	return h->rest != NULL ? 0 : -1;
}

static int
start_signals(struct handler *h, struct err *e)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_SETMASK, &set, NULL);
	/* A terminal's ^C and hang-up are the supervisor's business. */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return err_sys(e, EXIT_DEGRADED, "signalfd");
	ev_io_init(&h->signals, on_signal, fd, EV_READ);
	ev_io_start(h->loop, &h->signals);
	return 0;
}

static int
start_loop(struct handler *h, struct err *e)
{
	h->loop = ev_loop_new(EVFLAG_AUTO);
	if (h->loop == NULL)
		return err_set(e, EXIT_DEGRADED, "no event loop");
	h->timers = timers_new(h->loop);
	if (h->timers == NULL)
		return err_sys(e, EXIT_DEGRADED, "no timer");
	timer_init(h->timers, &h->tick, handler_tick);
	timer_init(h->timers, &h->stop, handler_stop_late);
	ev_prepare_init(&h->prepare, on_turn);
	ev_prepare_start(h->loop, &h->prepare);
	return 0;
}

static void
start_plugins(struct handler *h)
{
	h->host.loop = h->loop;
	h->host.timers = h->timers;
	h->host.config = &h->config;
	h->host.limits = &h->limits;
	h->host.finished = on_finished;
	h->host.request = on_request;
	h->host.initialised = on_initialised;
	h->host.answered = on_answered;
	h->host.ended = on_ended;
	h->host.changed = on_changed;
	list_init(&h->host.dirty);
	for (size_t i = 0; i < h->config.plugins; i++)
		h->plugin[i] = plugin_new(&h->host, (unsigned)i);
	for (size_t i = 0; i < h->config.plugins; i++)
		plugin_start(h->plugin[i]);
}

static void
start_ipc(struct handler *h)
{
	struct msg_hello hello = {.pid = (int32_t)getpid(),
	    .generation = h->generation, .build = SHARDHERD_VERSION};

	ipc_open(&h->ipc, h->loop, CONTRACT_FD_CONTROL, "supervisor",
	    on_message, on_supervisor_gone);
	ipc_send(&h->ipc, MSG_HELLO, -1, h->generation, &hello, sizeof(hello),
	    -1);
}

/* More fds for plugins and uplinks; no core with a token in it (I6). */
static void
set_limits(struct handler *h)
{
	struct rlimit all;

	child_limits_save(&h->limits);
	all = h->limits.nofile;
	all.rlim_cur = all.rlim_max;
	setrlimit(RLIMIT_NOFILE, &all);
	setrlimit(RLIMIT_CORE, &(struct rlimit) {0, h->limits.core.rlim_max});
	for (int fd = CONTRACT_FD_CONTROL; fd <= CONTRACT_FD_STATS; fd++)
		fd_cloexec(fd, true);
}

static int
handler_start(struct handler *h, const char *path, struct err *e)
{
	if (read_config(h, path, e) < 0
	    || page_attach(&h->page, CONTRACT_FD_STATS, e) < 0
	    || start_loop(h, e) < 0 || start_signals(h, e) < 0
	    || start_rest(h, e) < 0)
		return -1;
	route_init(&h->route, &h->config);
	intake_init(&h->intake, h->loop, &h->route,
	    (size_t)h->config.handler_queue_events, h->generation);
	h->intake.deliver = on_deliver;
	h->intake.closed = on_uplink_closed;
	h->rpc.rest = h->rest;
	h->rpc.intake = &h->intake;
	h->rpc.plugin = h->plugin;
	if (rpc_open(&h->rpc, h->timers, &h->config, e) < 0)
		return -1;
	start_ipc(h);
	start_plugins(h);
	timer_set(&h->tick, HANDLER_TICK_S);
	return 0;
}

static void
handler_finish(struct handler *h)
{
	intake_flush(&h->intake);
	handler_page(h, HANDLER_DOWN);
	ipc_close(&h->ipc);
	h->orphan = false;
	rest_free(h->rest);
	rpc_close(&h->rpc);
	intake_free(&h->intake);
	for (size_t i = 0; i < h->config.plugins; i++)
		if (plugin_state(h->plugin[i]) == PLUGIN_GONE)
			plugin_free(h->plugin[i]);
	timer_stop(&h->tick);
	timer_stop(&h->stop);
	timers_free(h->timers);
	ev_loop_destroy(h->loop);
	page_close(&h->page);
	config_free(&h->config);
}

int
handler_main(int argc, char **argv)
{
	static struct handler h;
	struct err e = {0};
	uint64_t generation;

	log_init(LOG_TO_PIPE, LOG_L_INFO);
	if (argc != 2 || !str_to_u64(argv[1], &generation)) {
		log_error("the handler is started by the supervisor, not by "
			  "hand");
		return EXIT_USAGE;
	}
	h.generation = (uint32_t)generation;
	h.ipc.fd = -1;
	proctitle_set("shardherd: handler (generation %u)", h.generation);
	set_limits(&h);
	if (handler_start(&h, argv[0], &e) < 0) {
		log_error("handler cannot start: %s", e.text);
		return e.code;
	}
	ev_run(h.loop, 0);
	handler_finish(&h);
	return EXIT_FINE;
}

/* SPDX-License-Identifier: MIT */
/* The start of a handler; see setup.h. */
#include "handler/setup.h"

#include "handler/supervisor_channel.h"
#include "shared/base/log.h"
#include "shared/base/secret.h"
#include "shared/wire/inherit.h"

#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* ---- what one module wants of another ------------------------------- */

static struct handler *
handler_of(struct plugin_host *host)
{
	return container_of(host, struct handler, plugins.host);
}

static void
on_finished(struct lanes *lanes, struct event *e)
{
	struct handler *h = container_of(lanes, struct handler, plugins.lanes);

	roundtrip_finished(&h->probe, e);
	intake_finish(&h->intake, e);
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
	registration_declare(&handler_of(host)->rpc.commands, plugin_index(p),
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
	struct handler *h = handler_of(host);

	rest_forget(h->rest, plugin_slot(p));
	rpc_process_ended(&h->rpc, p);
	/* What the one that left was asked is asked again when it is late. */
	if (h->plugins.serving[plugin_index(p)] == p)
		rpc_plugin_ended(&h->rpc, p);
}

static void
on_up(struct plugin_set *s, struct plugin *p)
{
	rpc_plugin_up(&container_of(s, struct handler, plugins)->rpc, p);
}

static void
on_gone(struct plugin_set *s)
{
	handler_plugin_gone(container_of(s, struct handler, plugins));
}

static void
on_deliver(struct intake *in, struct event *e, uint64_t wanted)
{
	struct handler *h = container_of(in, struct handler, intake);
	bool hurry = in_flight_event_named(e, "INTERACTION_CREATE");
	struct delivery *gate = in->all ? &e->to[e->copies - 1] : NULL;

	for (unsigned n = 0; wanted != 0; wanted &= wanted - 1, n++) {
		struct delivery *d = &e->to[n];

		d->event = e;
		d->urgent = hurry;
		plugin_set_push(&h->plugins, (unsigned)__builtin_ctzll(wanted),
		    d);
	}
	if (gate != NULL) {
		gate->event = e;
		gate->urgent = hurry;
		gate_lane_push(&h->gate, gate);
	}
}

static void
on_judge(struct intake_tap *tap, struct intake_event *e)
{
	struct handler *h = container_of(tap, struct handler, judge);

	e->wanted = access_judge(&h->warden, e->shard, e->h, e->raw, e->wanted);
}

static bool
on_command(struct plugin_host *host, struct plugin *p, const struct event *e,
    struct json_object **out)
{
	return access_hand_out(&handler_of(host)->warden, plugin_index(p), e,
	    out);
}

static void
on_uplink_closed(struct intake *in)
{
	handler_uplink_closed(container_of(in, struct handler, intake));
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
	if (children)
		plugin_set_reap(&h->plugins);
	if (term)
		handler_stop_configured(h);
}

/* ---- set-up --------------------------------------------------------- */

static int
start_rest(struct handler *h, struct err *e)
{
	char *token = inherit_token(CONTRACT_FD_TOKEN, e);

	if (token == NULL)
		return -1;
	h->known = nonce_read(&h->nonce, h->config.state_dir, token, NULL) == 0;
	h->rpc.identity = secret_identity(token);
	h->rest = rest_new(h->loop, h->timers, &h->config, token, e);
	explicit_bzero(token, INHERIT_TOKEN_MAX + 1);
	free(token);
	return h->rest != NULL ? 0 : -1;
}

static int
start_signals(struct handler *h, struct err *e)
{
	int fd = inherit_signals(e);

	if (fd < 0)
		return -1;
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
	h->timers = timer_base_new(h->loop);
	if (h->timers == NULL)
		return err_sys(e, EXIT_DEGRADED, "no timer");
	handler_run(h);
	return 0;
}

static void
start_plugins(struct handler *h)
{
	struct plugin_set *s = &h->plugins;

	inherit_dir(&h->config, s->host.dir, sizeof(s->host.dir));
	guest_confine(&h->limits, &h->config);
	s->host.loop = h->loop;
	s->host.timers = h->timers;
	s->host.config = &h->config;
	s->host.limits = &h->limits;
	s->host.command = on_command;
	s->host.request = on_request;
	s->host.initialised = on_initialised;
	s->host.answered = on_answered;
	s->host.ended = on_ended;
	s->up = on_up;
	s->config = &h->config;
	s->route = &h->route;
	s->answer = supervisor_channel_plugin_answer;
	s->gone = on_gone;
	s->lanes.finished = on_finished;
	handler_serve(h);
	plugin_set_init(s, h->config.state_dir,
	    h->config.handler_drain_timeout_s);
	h->gate.lost = supervisor_channel_gate_lost;
	gate_lane_init(&h->gate, h->timers, &s->lanes, &h->intake, &h->config);
	s->beside = h->gate.wanted ? &h->gate.lane : NULL;
	for (size_t i = 0; i < h->config.plugins; i++)
		plugin_set_add(s, &h->config.plugin[i]);
	plugin_set_start(s);
}

static void
start_warden(struct handler *h)
{
	h->warden = (struct access) {.table = &h->rpc.commands.table,
	    .route = &h->route,
	    .rest = h->rest,
	    .kv = h->rpc.jobs.kv,
	    .config = &h->config,
	    .store = &h->plugins.store};
	access_init(&h->warden);
	h->judge.fn = on_judge;
	intake_tap(&h->intake, &h->judge);
}

void
setup_limits(struct guest_limits *limits)
{
	struct rlimit all;

	guest_limits_save(limits);
	all = limits->nofile;
	all.rlim_cur = all.rlim_max;
	setrlimit(RLIMIT_NOFILE, &all);
	secret_no_core();
	inherit_fds(CONTRACT_FD_REST_LISTEN);
}

int
setup_handler(struct handler *h, const char *path, struct err *e)
{
	if (inherit_config(&h->config, CONTRACT_FD_CONFIG, path, e) < 0
	    || stats_page_open(&h->sheet, CONTRACT_FD_STATS, e) < 0
	    || start_loop(h, e) < 0 || start_signals(h, e) < 0
	    || start_rest(h, e) < 0)
		return -1;
	log_set_level((enum log_level)h->config.log_level);
	subscriptions_init(&h->route);
	intake_init(&h->intake, h->loop, &h->route,
	    (size_t)h->config.handler_queue_events, h->generation);
	h->intake.deliver = on_deliver;
	h->intake.closed = on_uplink_closed;
	h->intake.refused = supervisor_channel_uplink_refused;
	listeners_init(&h->listeners, &h->intake);
	h->rpc.rest = h->rest;
	h->rpc.intake = &h->intake;
	h->rpc.plugin = h->plugins.serving;
	h->rpc.page = &h->sheet.page;
	h->rpc.gate = &h->gate.questions;
	if (rpc_open(&h->rpc, h->timers, &h->config, e) < 0)
		return -1;
	roundtrip_init(&h->probe, h->timers);
	h->probe.rest = h->rest;
	h->probe.intake = &h->intake;
	h->probe.intents = h->config.intents;
	h->probe.answer = supervisor_channel_probe_answer;
	h->probe.arg = h;
	start_warden(h);
	rpc_watch_clock(&h->rpc, h->loop);
	supervisor_channel_open(h);
	start_plugins(h);
	h->clients.config = &h->config;
	h->clients.store = &h->plugins.store;
	h->clients.page = &h->sheet.page;
	h->clients.token_key = h->known ? h->nonce.bytes : NULL;
	h->clients.gate = &h->gate.questions;
	client_rest_open(&h->clients, h->loop, h->timers, h->rest);
	return 0;
}

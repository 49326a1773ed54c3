/* SPDX-License-Identifier: MIT */
/*
 * The handler process: joins intake, plugins, REST and the supervisor's
 * channel in one loop, writes the handler's part of the stats page, and ends
 * in order.  What it has not finished stays with the shards: nothing here is
 * ever the only copy of an event.
 */
#include "handler/handler.h"

#include "handler/inherit.h"
#include "handler/order.h"
#include "handler/roundtrip.h"
#include "handler/rpc.h"
#include "handler/sheet.h"
#include "handler/warden.h"
#include "shared/clock.h"
#include "shared/ipc.h"
#include "shared/log.h"
#include "shared/orphan.h"
#include "shared/proctitle.h"
#include "shared/version.h"

#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define HANDLER_TICK_S (LANE_TICK_MS / 1000.0)
#define HANDLER_LAST_S 15.0	/* for plugins that even SIGKILL can't end */

/* How far a stop has come. */
enum handler_stop { STOP_NOT, STOP_DRAIN, STOP_PLUGINS };

struct handler {
	struct ev_loop *loop;
	struct timers *timers;
	struct config config;
	struct sheet sheet;
	struct page_handler own; /* what this handler counted */
	struct ipc ipc;
	struct orphan orphan;
	struct nonce nonce;
	bool known;		/* there is a nonce */
	struct route route;
	struct intake intake;
	struct staff staff;
	struct child_limits limits;
	struct rest *rest;
	struct rpc rpc;
	struct roundtrip probe;
	struct warden warden;
	ev_prepare prepare;
	ev_io signals;
	struct timer tick, stop;
	uint32_t generation;
	enum handler_stop stopping;
	bool ready;
	uint64_t lag_ms;
};

/* ---- the stats page ------------------------------------------------------------ */

static enum handler_state
handler_state(const struct handler *h)
{
	if (h->stopping != STOP_NOT)
		return HANDLER_DRAINING;
	return h->ready ? HANDLER_READY : HANDLER_STARTING;
}

static void
handler_page(struct handler *h, enum handler_state state)
{
	const struct rest_counts *rest = rest_counted(h->rest);
	struct page_handler *p = &h->own;

	p->state = state;
	p->pid = state == HANDLER_DOWN ? 0 : (int32_t)getpid();
	p->generation = h->generation;
	p->events = h->intake.events;
	p->duplicates = h->intake.duplicates;
	p->acked = h->intake.acked;
	p->lag_events = h->intake.work.events;
	p->lag_ms = p->lag_events > 0 ? h->lag_ms : 0;
	p->dead_letters = h->staff.dead_letters;
	p->plugin_restarts = h->staff.host.restarts;
	p->rest_calls = rest->calls;
	p->rest_429 = rest->limited;
	p->rest_errors = rest->errors;
	p->plugins = h->staff.posts;
	sheet_write(&h->sheet, p);
}

/* What takes longer to find out than a loop turn should. */
static void
handler_page_plugins(struct handler *h)
{
	struct page_handler *p = &h->own;

	p->plugins_up = staff_up(&h->staff);
	p->note[0] = '\0';
	if (h->ready && h->stopping == STOP_NOT)
		staff_note(&h->staff, p->note, sizeof(p->note));
	if (sheet_serves(&h->sheet, p))
		staff_page(&h->staff, &h->sheet.page.head->plugins);
}

/* The backlogs are ours while we serve, or a shard still sends to us. */
static void
handler_serve(struct handler *h)
{
	h->staff.lanes.serving = h->intake.open > 0
	    || sheet_serves(&h->sheet, &h->own);
}

static void
handler_tick(struct timer *t)
{
	struct handler *h = container_of(t, struct handler, tick);
	uint64_t oldest = intake_oldest(&h->intake);
	uint64_t now = (uint64_t)clock_wall_ms();

	h->lag_ms = oldest != 0 && now > oldest ? now - oldest : 0;
	intake_tick(&h->intake);
	handler_serve(h);
	staff_tick(&h->staff);
	if (intake_stuck(&h->intake))
		staff_relieve(&h->staff);
	handler_page_plugins(h);
	timer_set(&h->tick, HANDLER_TICK_S);
}

/* ---- starting and stopping ------------------------------------------------------- */

static void
handler_check_ready(struct handler *h)
{
	if (h->ready)
		return;
	if (!staff_settled(&h->staff))
		return;
	h->ready = true;
	ipc_send(&h->ipc, MSG_READY, -1, h->generation, NULL, 0, -1);
	log_info("handler is ready: %u of %u plugins are up",
	    staff_up(&h->staff), h->staff.posts);
}

static void
handler_check_gone(struct handler *h)
{
	if (h->stopping == STOP_PLUGINS && staff_gone(&h->staff))
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
	staff_stop(&h->staff);
	handler_check_gone(h);
}

/* The stop goes on when nothing is left to finish. */
static void
handler_check_drained(struct handler *h)
{
	if (h->stopping == STOP_DRAIN && h->intake.work.events == 0
	    && staff_idle(&h->staff) && rest_busy(h->rest) == 0)
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
	orphan_end(&h->orphan);
	h->stopping = STOP_DRAIN;
	intake_stop(&h->intake);
	/* What waits on disk is for the next handler. */
	h->staff.lanes.stopping = true;
	timer_set(&h->stop, drain < within_s ? drain : within_s);
}

static void
handler_stop_late(struct timer *t)
{
	struct handler *h = container_of(t, struct handler, stop);

	if (h->stopping == STOP_DRAIN)
		handler_end_plugins(h);
	else
		ev_break(h->loop, EVBREAK_ALL);
}

/* ---- callbacks --------------------------------------------------------------------- */

static struct handler *
handler_of(struct plugin_host *host)
{
	return container_of(host, struct handler, staff.host);
}

static void
on_finished(struct lanes *lanes, struct event *e)
{
	struct handler *h = container_of(lanes, struct handler, staff.lanes);

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
	struct handler *h = handler_of(host);

	rest_forget(h->rest, plugin_slot(p));
	rpc_process_ended(&h->rpc, p);
	/* What the one that left was asked is asked again when it is late. */
	if (h->staff.serving[plugin_index(p)] == p)
		rpc_plugin_ended(&h->rpc, p);
}

static void
on_up(struct staff *staff, struct plugin *p)
{
	rpc_plugin_up(&container_of(staff, struct handler, staff)->rpc, p);
}

static void
on_gone(struct staff *staff)
{
	handler_check_gone(container_of(staff, struct handler, staff));
}

static void
on_answer(struct staff *staff, uint32_t serial, bool ok, const char *text)
{
	struct handler *h = container_of(staff, struct handler, staff);
	struct msg_plugin_answer m = {.ok = ok};

	str_copy(m.text, text, sizeof(m.text));
	ipc_send(&h->ipc, MSG_PLUGIN_ANSWER, -1, serial, &m, sizeof(m), -1);
}

static void
on_probed(void *arg, uint32_t serial, const struct msg_probe_answer *m)
{
	struct handler *h = arg;

	ipc_send(&h->ipc, MSG_PROBE_ANSWER, -1, serial, m, sizeof(*m), -1);
}

static void
on_deliver(struct intake *in, struct event *e, uint64_t wanted)
{
	struct handler *h = container_of(in, struct handler, intake);
	bool hurry = work_event_named(e, "INTERACTION_CREATE");

	for (unsigned n = 0; wanted != 0; wanted &= wanted - 1, n++) {
		struct delivery *d = &e->to[n];

		d->event = e;
		d->urgent = hurry;
		staff_push(&h->staff, (unsigned)__builtin_ctzll(wanted), d);
	}
}

static uint64_t
on_judge(struct intake *in, uint32_t shard, const struct up_hdr *up,
    const char *payload, uint64_t wanted)
{
	struct handler *h = container_of(in, struct handler, intake);

	return warden_judge(&h->warden, shard, up, payload, wanted);
}

static bool
on_command(struct plugin_host *host, struct plugin *p, const struct event *e,
    struct json_object **out)
{
	return warden_hand_out(&handler_of(host)->warden, plugin_index(p), e,
	    out);
}

static void
on_uplink_closed(struct intake *in)
{
	struct handler *h = container_of(in, struct handler, intake);

	if (orphan_is(&h->orphan) && in->open == 0)
		handler_stop(h, h->config.handler_drain_timeout_s);
}

static void
on_uplink_refused(struct intake *in, uint32_t shard, const char *why)
{
	struct handler *h = container_of(in, struct handler, intake);
	struct msg_event m = {.report = REPORT_UPLINK_REFUSED};

	str_copy(m.text, why, sizeof(m.text));
	ipc_send(&h->ipc, MSG_EVENT, (int32_t)shard, h->generation, &m,
	    sizeof(m), -1);
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
	const struct msg_plugin *order;
	const struct msg_probe *probe;
	const struct msg_stop *stop;

	switch (hdr->type) {
	case MSG_UPLINK:
		up = ipc_payload(hdr, payload, sizeof(*up));
		if (up == NULL || hdr->shard < 0)
			break;
		if (fd < 0) {
			on_uplink_refused(&h->intake, (uint32_t)hdr->shard,
			    "the handler has no file descriptor left for it");
			return;
		}
		/* After a rollback the one before returns as the newest. */
		if (up->generation > h->generation)
			h->generation = h->intake.generation = up->generation;
		intake_uplink(&h->intake, (uint32_t)hdr->shard,
		    up->shard_count, fd);
		handler_serve(h);
		return;
	case MSG_PLUGIN:
		order = ipc_payload(hdr, payload, sizeof(*order));
		if (order == NULL)
			break;
		order_take(&h->staff, order, hdr->serial, fd);
		if (fd >= 0)
			close(fd);
		return;
	case MSG_PROBE:
		probe = ipc_payload(hdr, payload, sizeof(*probe));
		if (probe == NULL)
			break;
		roundtrip_begin(&h->probe, probe, hdr->serial);
		return;
	case MSG_LOG_LEVEL:
		log_obey(ipc_payload(hdr, payload,
		    sizeof(struct msg_log_level)));
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

/* ---- as an orphan ---------------------------------------------------- */

/* The shards go on without a supervisor, so their handler does (I4). */
static void
on_supervisor_gone(struct ipc *ipc, const char *why)
{
	struct handler *h = container_of(ipc, struct handler, ipc);

	log_debug("handler: the supervisor is gone (%s)", why);
	if (h->stopping == STOP_NOT && (!orphan_begin(&h->orphan)
	    || h->intake.open == 0))
		handler_stop(h, h->config.handler_drain_timeout_s);
}

static void
describe(struct orphan *o, struct msg_adopt *m)
{
	const struct handler *h = container_of(o, struct handler, orphan);

	m->generation = h->generation;
	m->ready = h->ready;
}

static void
on_adopted(struct orphan *o)
{
	log_debug("a supervisor has taken over");
}

static void
on_leave(struct orphan *o, const char *why)
{
	struct handler *h = container_of(o, struct handler, orphan);

	log_notice("the handler stops as an orphan: %s", why);
	handler_stop(h, h->config.handler_drain_timeout_s);
}

static const struct orphan_ops orphan_ops = {.describe = describe,
	.adopted = on_adopted, .leave = on_leave};

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
		staff_reap(&h->staff);
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
	plugin_pump_all(&h->staff.host);
	handler_check_ready(h);
	handler_check_drained(h);
	if (h->staff.news)
		handler_page_plugins(h);
	handler_page(h, handler_state(h));
}

/* ---- set-up --------------------------------------------------------------------------- */

static int
start_rest(struct handler *h, struct err *e)
{
	char *token = inherit_token(CONTRACT_FD_TOKEN, e);

	if (token == NULL)
		return -1;
	h->known = nonce_read(&h->nonce, h->config.state_dir, token, NULL)
	    == 0;
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
	struct staff *s = &h->staff;

	inherit_dir(&h->config, s->host.dir, sizeof(s->host.dir));
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
	s->answer = on_answer;
	s->gone = on_gone;
	s->lanes.finished = on_finished;
	handler_serve(h);
	staff_init(s, h->config.state_dir, h->config.handler_drain_timeout_s);
	for (size_t i = 0; i < h->config.plugins; i++)
		staff_add(s, &h->config.plugin[i]);
	staff_start(s);
}

static void
start_ipc(struct handler *h)
{
	struct msg_hello hello = {.pid = (int32_t)getpid(),
	    .generation = h->generation};

	str_copy(hello.build, SHARDHERD_VERSION, sizeof(hello.build));
	ipc_open(&h->ipc, h->loop, CONTRACT_FD_CONTROL, "supervisor",
	    on_message, on_supervisor_gone);
	orphan_init(&h->orphan, h->timers, &h->ipc, &h->config, -1,
	    inherit_log(), h->known ? &h->nonce : NULL, &orphan_ops);
	ipc_send(&h->ipc, MSG_HELLO, -1, h->generation, &hello, sizeof(hello),
	    -1);
}

static void
start_warden(struct handler *h)
{
	h->warden = (struct warden) {.roster = &h->rpc.commands.roster,
	    .route = &h->route, .rest = h->rest, .kv = h->rpc.jobs.kv,
	    .config = &h->config, .store = &h->staff.store};
	warden_init(&h->warden);
}

static int
handler_start(struct handler *h, const char *path, struct err *e)
{
	if (inherit_config(&h->config, CONTRACT_FD_CONFIG, path, e) < 0
	    || sheet_open(&h->sheet, CONTRACT_FD_STATS, e) < 0
	    || start_loop(h, e) < 0 || start_signals(h, e) < 0
	    || start_rest(h, e) < 0)
		return -1;
	log_set_level((enum log_level)h->config.log_level);
	route_init(&h->route);
	intake_init(&h->intake, h->loop, &h->route,
	    (size_t)h->config.handler_queue_events, h->generation);
	h->intake.judge = on_judge;
	h->intake.deliver = on_deliver;
	h->intake.closed = on_uplink_closed;
	h->intake.refused = on_uplink_refused;
	h->rpc.rest = h->rest;
	h->rpc.intake = &h->intake;
	h->rpc.plugin = h->staff.serving;
	h->rpc.page = &h->sheet.page;
	if (rpc_open(&h->rpc, h->timers, &h->config, e) < 0)
		return -1;
	roundtrip_init(&h->probe, h->timers);
	h->probe.rest = h->rest;
	h->probe.intake = &h->intake;
	h->probe.intents = h->config.intents;
	h->probe.answer = on_probed;
	h->probe.arg = h;
	start_warden(h);
	rpc_watch_clock(&h->rpc, h->loop);
	start_ipc(h);
	start_plugins(h);
	timer_set(&h->tick, HANDLER_TICK_S);
	return 0;
}

static void
handler_finish(struct handler *h)
{
	roundtrip_stop(&h->probe);
	intake_flush(&h->intake);
	handler_page(h, HANDLER_DOWN);
	orphan_end(&h->orphan);
	ipc_close(&h->ipc);
	rest_free(h->rest);
	rpc_close(&h->rpc);
	if (staff_gone(&h->staff)) {
		staff_forget(&h->staff);
		intake_free(&h->intake);
		staff_free(&h->staff);
	}
	route_free(&h->route);
	timer_stop(&h->tick);
	timer_stop(&h->stop);
	timers_free(h->timers);
	ev_loop_destroy(h->loop);
	page_close(&h->sheet.page);
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
	inherit_limits(&h.limits);
	if (handler_start(&h, argv[0], &e) < 0) {
		log_error("handler cannot start: %s", e.text);
		return e.code;
	}
	ev_run(h.loop, 0);
	handler_finish(&h);
	return EXIT_FINE;
}

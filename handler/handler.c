/* SPDX-License-Identifier: MIT */
/*
 * The handler process: turns the loop that joins intake, plugins, REST and the
 * supervisor's channel, writes the handler's part of the stats page, and ends
 * in order.  What it has not finished stays with the shards: nothing here is
 * ever the only copy of an event.
 */
#include "handler/handler.h"

#include "handler/supervisor_channel.h"
#include "handler/setup.h"
#include "shared/guest/stragglers.h"
#include "shared/base/clock.h"
#include "shared/store/dbenv.h"
#include "shared/base/log.h"
#include "shared/process/proctitle.h"
#include "shared/process/thrift.h"
#include "shared/base/tricks.h"

#define HANDLER_TICK_S (LANE_TICK_MS / 1000.0)
#define HANDLER_QUIET 12u   /* ticks without an event: memory goes back */
#define HANDLER_LAST_S 15.0 /* for plugins that even SIGKILL can't end */

/* ---- the stats page ------------------------------------------------- */

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
	const struct rest_hold *held = rest_held(h->rest);
	struct page_handler *p = &h->own;

	p->state = state;
	p->pid = state == HANDLER_DOWN ? 0 : h->sheet.pid;
	p->generation = h->generation;
	p->events = h->intake.events;
	p->duplicates = h->intake.duplicates;
	p->acked = h->intake.acked;
	p->lag_events = h->intake.work.events;
	p->lag_ms = p->lag_events > 0 ? h->lag_ms : 0;
	p->dead_letters = h->plugins.dead_letters;
	p->plugin_restarts = h->plugins.host.restarts;
	p->unreadable = h->plugins.host.unreadable;
	p->rest_calls = rest->calls;
	p->rest_429 = rest->limited;
	p->rest_errors = rest->errors;
	p->rest_invalid = rest_invalid(h->rest);
	page_counts_sum(&p->counts, &h->intake.counts, &rest->by_route);
	p->plugins = plugin_set_wanted(&h->plugins);
	p->plugins_unloaded = h->plugins.entries - p->plugins;
	p->rest = held->state;
	p->rest_since_ms = held->state == PAGE_REST_FINE ? 0 : held->since_ms;
	str_copy(p->rest_note, held->words, sizeof(p->rest_note));
	stats_page_write(&h->sheet, p);
}

static void
handler_page_each(struct handler *h, struct page_plugins *page)
{
	const struct registration *c = &h->rpc.commands;
	struct page_plugins *next = base_alloc(sizeof(*next));

	*next = *page;
	plugin_set_page(&h->plugins, next);
	stats_page_plugins(&h->sheet, next);
	for (unsigned i = 0; i < h->plugins.entries && i < PAGE_PLUGINS; i++)
		if (c->left[i].n > 0)
			str_copy(next->plugin[i].commands, c->left[i].words,
			    PAGE_WORDS);
	page_put(page, next, sizeof(*next));
	free(next);
	plugin_set_past(&h->plugins, h->sheet.page.head->plugin_past);
}

/* What takes longer to find out than a loop turn should. */
static void
handler_page_plugins(struct handler *h)
{
	struct page_handler *p = &h->own;

	p->plugins_up = plugin_set_up(&h->plugins);
	p->plugins_failing = plugin_set_failing(&h->plugins);
	p->note[0] = '\0';
	if (h->ready && h->stopping == STOP_NOT)
		plugin_set_note(&h->plugins, p->note, sizeof(p->note));
	p->commands_out = h->rpc.commands.out;
	str_copy(p->commands_note, h->rpc.commands.note,
	    sizeof(p->commands_note));
	if (stats_page_serves(&h->sheet, p))
		handler_page_each(h, &h->sheet.page.head->plugins);
	client_rest_page(&h->clients, stats_page_serves(&h->sheet, p));
}

static void
handler_page_gate(struct handler *h)
{
	struct page_handler *p = &h->own;
	struct gate_lane_state s;

	gate_lane_look(&h->gate, &s);
	p->gate_open = s.open;
	p->gate_waiting = s.waiting;
	p->gate_backlog = s.backlog;
	p->gate_dropped = s.dropped;
	p->gate_lag_ms = s.lag_ms;
}

/* They are ours while we serve, or a shard still sends to us. */
void
handler_serve(struct handler *h)
{
	h->plugins.lanes.serving = h->intake.open > 0
	    || stats_page_serves(&h->sheet, &h->own);
}

/* Once in each time of rest. */
static void
handler_rest(struct handler *h)
{
	uint64_t events = h->intake.events;

	if (!HERD_TRICK_THRIFT || h->intake.work.events > 0
	    || events != h->quiet_events) {
		h->quiet = 0;
		h->quiet_events = events;
	} else if (++h->quiet == HANDLER_QUIET) {
		intake_rest(&h->intake);
		plugin_set_rest(&h->plugins);
		thrift_give_back();
	}
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
	plugin_set_tick(&h->plugins);
	if (intake_stuck(&h->intake))
		plugin_set_relieve(&h->plugins);
	handler_page_gate(h);
	handler_page_plugins(h);
	handler_rest(h);
	timer_set(&h->tick, HANDLER_TICK_S);
}

/* ---- ready, and stopping -------------------------------------------- */

static void
handler_check_ready(struct handler *h)
{
	if (h->ready)
		return;
	if (!plugin_set_settled(&h->plugins))
		return;
	h->ready = true;
	supervisor_channel_ready(h);
	log_info("handler is ready: %u of %u plugins are up",
	    plugin_set_up(&h->plugins), plugin_set_wanted(&h->plugins));
}

static void
handler_check_gone(struct handler *h)
{
	if (h->stopping == STOP_PLUGINS && plugin_set_gone(&h->plugins))
		ev_break(h->loop, EVBREAK_ALL);
}

static void
handler_end_plugins(struct handler *h)
{
	if (h->intake.work.events > 0)
		log_warn("%zu events are not finished; the shards keep them "
			 "for the next handler",
		    h->intake.work.events);
	h->stopping = STOP_PLUGINS;
	h->rpc.stopping = true;
	rest_stop(h->rest);
	timer_set(&h->stop, HANDLER_LAST_S);
	plugin_set_stop(&h->plugins);
	handler_check_gone(h);
}

/* The stop goes on when nothing is left to finish. */
static void
handler_check_drained(struct handler *h)
{
	if (h->stopping == STOP_DRAIN && h->intake.work.events == 0
	    && plugin_set_idle(&h->plugins) && rest_busy(h->rest) == 0
	    && client_rest_busy(&h->clients) == 0)
		handler_end_plugins(h);
}

void
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
	listeners_end(&h->listeners);
	client_rest_stop(&h->clients);
	/* What waits on disk is for the next handler. */
	h->plugins.lanes.stopping = true;
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

void
handler_stop_configured(struct handler *h)
{
	handler_stop(h, h->config.handler_drain_timeout_s);
}

void
handler_plugin_gone(struct handler *h)
{
	handler_check_gone(h);
}

void
handler_uplink_closed(struct handler *h)
{
	/* What they want to see passes elsewhere now. */
	if (h->intake.open == 0)
		listeners_end(&h->listeners);
	if (orphan_is(&h->orphan) && h->intake.open == 0)
		handler_stop_configured(h);
}

/* ---- the process ---------------------------------------------------- */

/* The end of each loop turn: everything that was gathered goes out. */
static void
on_turn(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct handler *h = container_of(w, struct handler, prepare);

	rest_flush(h->rest);
	rpc_flush(&h->rpc);
	intake_flush(&h->intake, plugin_set_sync(&h->plugins, false));
	plugin_pump_all(&h->plugins.host);
	gate_lane_pump(&h->gate);
	handler_check_ready(h);
	handler_check_drained(h);
	if (h->plugins.news)
		handler_page_plugins(h);
	handler_page(h, handler_state(h));
}

void
handler_run(struct handler *h)
{
	timer_init(h->timers, &h->tick, handler_tick);
	timer_init(h->timers, &h->stop, handler_stop_late);
	ev_prepare_init(&h->prepare, on_turn);
	ev_prepare_start(h->loop, &h->prepare);
	timer_set(&h->tick, HANDLER_TICK_S);
}

static void
handler_finish(struct handler *h)
{
	roundtrip_stop(&h->probe);
	intake_flush(&h->intake, plugin_set_sync(&h->plugins, true));
	handler_page(h, HANDLER_DOWN);
	orphan_end(&h->orphan);
	ipc_close(&h->ipc);
	gate_question_free(&h->gate.questions);
	client_rest_close(&h->clients);
	rest_free(h->rest);
	rpc_close(&h->rpc);
	stragglers_end_all();
	if (plugin_set_gone(&h->plugins)) {
		plugin_set_forget(&h->plugins);
		gate_lane_free(&h->gate);
		intake_free(&h->intake);
		plugin_set_free(&h->plugins);
	}
	subscriptions_free(&h->route);
	timer_stop(&h->tick);
	timer_stop(&h->stop);
	timer_base_free(h->timers);
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
	client_rest_inherit(&h.clients);
	setup_limits(&h.limits);
	stragglers_adopt();
	if (setup_handler(&h, argv[0], &e) < 0) {
		log_error("handler cannot start: %s", e.text);
		return e.code;
	}
	dbenv_patience(DBENV_LOOP_WAIT_MS);
	ev_run(h.loop, 0);
	dbenv_patience(DBENV_WAIT_MS);
	handler_finish(&h);
	return EXIT_FINE;
}

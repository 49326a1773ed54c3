/* SPDX-License-Identifier: MIT */
/*
 * The gate's process: turns the loop that joins lanes, log, cache and clients,
 * and ends in order.
 */
#include "handler/gate/gate.h"

#include "handler/gate/gate_impl.h"
#include "shared/base/clock.h"
#include "shared/base/log.h"
#include "shared/base/secret.h"
#include "shared/process/proctitle.h"
#include "shared/store/dbenv.h"
#include "shared/wire/inherit.h"

#include <sys/resource.h>

void
gate_state_set(struct gate *g, enum gate_state state)
{
	if (g->state == state)
		return;
	g->state = state;
	g->since_ms = clock_boot_ms();
	gate_page_write(g);
}

/* Nobody sends any more, and nobody has come who would start another. */
static bool
is_left_alone(const struct gate *g)
{
	return g->state != GATE_STOPPING && orphan_is(&g->orphan)
	    && feed_lanes(&g->feed) == 0
	    && clock_boot_ms() - g->unfed_ms >= GATE_UNFED_MS;
}

static void
on_tick(struct timer *t)
{
	struct gate *g = container_of(t, struct gate, tick);

	if (is_left_alone(g))
		gate_stop(g, GATE_LAST_S);
	if (g->log != NULL)
		gatelog_expire(g->log, clock_wall_ms());
	gate_desk_mend(g);
	gate_page_write(g);
	timer_set(t, GATE_TICK_S);
}

/* The end of each turn of the loop. */
static void
on_turn(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct gate *g = container_of(w, struct gate, prepare);

	if (g->in_service)
		page_beat(&g->page.head->pulse.gate_ms, clock_boot_ms());
	if (g->state == GATE_STOPPING
	    && (g->clients == NULL || gate_clients_idle(g->clients)))
		ev_break(loop, EVBREAK_ALL);
	if (!g->grown)
		return;
	g->grown = false;
	if (g->writer != NULL)
		cache_writer_wake(g->writer);
}

/* ---- the end -------------------------------------------------------- */

static void
on_stop_late(struct timer *t)
{
	ev_break(container_of(t, struct gate, stop)->loop, EVBREAK_ALL);
}

void
gate_stop(struct gate *g, double within_s)
{
	if (g->state == GATE_STOPPING) {
		ev_break(g->loop, EVBREAK_ALL); /* asked twice: now */
		return;
	}
	log_info("the gate stops");
	orphan_end(&g->orphan);
	gate_state_set(g, GATE_STOPPING);
	timer_set(&g->stop, within_s);
	/* The next one takes what is not acknowledged. */
	feed_free(&g->feed);
	if (g->clients != NULL)
		gate_clients_stop(g->clients);
}

/*
 * An orphan's last lane ends when the handler dies, and when it has been given
 * another by the new supervisor, whose word to us may lie unread: this is no
 * time to go, with the only copy of the log.
 */
void
gate_lane_closed(struct gate *g)
{
	if (feed_lanes(&g->feed) == 0)
		g->unfed_ms = clock_boot_ms();
}

/* ---- the process ---------------------------------------------------- */

void
gate_run(struct gate *g)
{
	timer_init(g->timers, &g->tick, on_tick);
	timer_init(g->timers, &g->stop, on_stop_late);
	ev_prepare_init(&g->prepare, on_turn);
	ev_prepare_start(g->loop, &g->prepare);
	timer_set(&g->tick, GATE_TICK_S);
}

static void
finish(struct gate *g)
{
	gate_setup_release(g);
	gate_state_set(g, GATE_DOWN);
	orphan_end(&g->orphan);
	ipc_close(&g->ipc);
	timer_stop(&g->tick);
	timer_stop(&g->stop);
	timer_base_free(g->timers);
	ev_loop_destroy(g->loop);
	page_close(&g->page);
	config_free(&g->config);
}

static void
limits(void)
{
	struct rlimit all;

	/* A connection each. */
	if (getrlimit(RLIMIT_NOFILE, &all) == 0) {
		all.rlim_cur = all.rlim_max;
		setrlimit(RLIMIT_NOFILE, &all);
	}
	secret_no_core();
	inherit_fds(CONTRACT_FD_GATE_LOG);
}

int
gate_main(int argc, char **argv)
{
	static struct gate g;
	struct err e = {0};
	uint64_t generation;

	log_init(LOG_TO_PIPE, LOG_L_INFO);
	if (argc != 2 || !str_to_u64(argv[1], &generation)) {
		log_error("the gate is started by the supervisor, not by hand");
		return EXIT_USAGE;
	}
	g.generation = (uint32_t)generation;
	g.ipc.fd = -1;
	proctitle_set("shardherd: gate");
	limits();
	if (gate_setup(&g, argv[0], &e) < 0) {
		log_error("the gate cannot start: %s", e.text);
		return e.code;
	}
	dbenv_patience(DBENV_LOOP_WAIT_MS);
	ev_run(g.loop, 0);
	dbenv_patience(DBENV_WAIT_MS);
	finish(&g);
	return EXIT_FINE;
}

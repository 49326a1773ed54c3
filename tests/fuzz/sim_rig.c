/* SPDX-License-Identifier: MIT */
/* As tools/sim/run.c begins and ends it. */
#include "tests/fuzz/sim_rig.h"

#include "tests/fuzz/kit.h"
#include "tests/unit/rig/fake_time.h"
#include "tools/sim/book/asked.h"
#include "tools/sim/book/pings.h"
#include "tools/sim/book/starts.h"
#include "tools/sim/book/stats.h"
#include "tools/sim/control/control.h"
#include "tools/sim/control/generator.h"
#include "tools/sim/control/setting.h"
#include "tools/sim/gateway/fault.h"
#include "tools/sim/gateway/gateway.h"
#include "tools/sim/page/page.h"
#include "tools/sim/rest/rest.h"
#include "tools/sim/rest/rest_call.h"
#include "tools/sim/routes/routes.h"
#include "tools/sim/world/world.h"

#include "shared/base/log.h"

#include <ev.h>
#include <string.h>

#define TOKEN "MTIzNDU2.abcdef.abcdefghijklmnopqrstuvwxyz0123456789AB"

static struct sim *sim;

static void
shape(void)
{
	setting_defaults(sim);
	sim->cfg.dir = base_strdup(kit_dir());
	sim->cfg.plain = true;
	sim->cfg.guilds = sim->cfg.shards = 2;
	sim->cfg.members = 3;
	sim->cfg.heartbeat_s = 10;
	sim->bot[0].starts.remaining = sim->bot[0].starts.total;
}

struct sim *
sim_rig_begin(void)
{
	struct world_shape w = {.seed = 1,
	    .guilds = 2,
	    .bots = 1,
	    .members = 3};
	struct err e;

	log_init(LOG_TO_HOOK, LOG_L_ERROR);
	fake_time_reset();
	kit_empty();
	sim = base_alloc(sizeof(*sim));
	shape();
	sim->loop = ev_loop_new(EVFLAG_AUTO);
	sim->timers = timer_base_new(sim->loop);
	sim->started_ms = clock_boot_ms();
	must(control_start(sim, &e) == 0);
	sim->world = world_new(&w);
	must(sim->world != NULL);
	sim->cfg.bots = world_bots(sim->world);
	sim->app_id = world_app_id(sim->world);
	sim->stats = base_alloc(sizeof(*sim->stats));
	sim->pings = base_alloc(sizeof(*sim->pings));
	sim->asked = base_alloc(sizeof(*sim->asked));
	fault_init(sim);
	starts_init(sim);
	str_copy(sim->bot[0].token, TOKEN, sizeof(sim->bot[0].token));
	must(gateway_start(sim, &e) == 0 && generator_start(sim, &e) == 0
	    && rest_start(sim, routes_all, &e) == 0);
	page_open(sim);
	return sim;
}

void
sim_rig_end(void)
{
	rest_stop(sim);
	generator_stop(sim);
	gateway_stop(sim);
	control_stop(sim);
	fault_free(sim);
	world_free(sim->world);
	stats_free(sim->stats);
	free(sim->pings);
	free(sim->asked);
	timer_base_free(sim->timers);
	ev_loop_destroy(sim->loop);
	setting_free(sim);
	free(sim);
}

void
sim_rig_turn(void)
{
	for (int i = 0; i < 3; i++)
		ev_run(sim->loop, EVRUN_NOWAIT);
}

void
sim_rig_pass(uint64_t ms)
{
	fake_time_advance(ms);
	sim_rig_turn();
}

unsigned
sim_rig_port(void)
{
	return sim->rest->port;
}

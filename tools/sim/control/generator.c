/* SPDX-License-Identifier: MIT */
#include "tools/sim/control/generator.h"

#include "tools/sim/gateway/gateway.h"
#include "tools/sim/base/sample.h"
#include "tools/sim/base/sbuf.h"
#include "tools/sim/world/world.h"
#include "tools/sim/book/pings.h"
#include "tools/sim/gateway/intents.h"

#include "shared/base/clock.h"

#include <ev.h>
#include <string.h>

#define GENERATOR_TICK_S 0.004
#define GENERATOR_CATCH_UP_S 0.25 /* a longer stall is not made good */
#define GENERATOR_PICKS_MAX 32
#define GENERATOR_KINDS_MAX 64

struct generator {
	ev_timer tick;
	bool paused;
	uint64_t last_ms;
	double owed; /* events, with their fraction */
	uint64_t rng;
	uint64_t messages; /* MESSAGE_CREATEs made, for ping_every */
	struct {
		char name[64];
		unsigned upto; /* sum of the weights so far */
	} kind[GENERATOR_KINDS_MAX];
	unsigned kinds, weight;
	struct samples *samples;
	struct sbuf d;
};

/* ---- the mix -------------------------------------------------------- */

static bool
known(struct generator *g, const char *name)
{
	const char *k;

	for (unsigned i = 0; (k = world_render_kind(i)) != NULL; i++) {
		if (strcmp(k, name) == 0)
			return true;
	}
	return sample_find(g->samples, name) != NULL;
}

static int
add_kind(struct generator *g, char *item, struct err *err)
{
	char *eq = strchr(item, '=');
	uint64_t weight = 1;

	if (eq)
		*eq = '\0';
	if (eq && (!str_to_u64(eq + 1, &weight) || weight > 1000000))
		return err_set(err, EXIT_USAGE,
		    "--mix: expected a weight after %s=, got \"%s\".", item,
		    eq + 1);
	if (!known(g, item))
		return err_set(err, EXIT_USAGE,
		    "--mix: the simulator can't make %s; give a sample of it "
		    "with --data.",
		    item);
	if (g->kinds == GENERATOR_KINDS_MAX)
		return err_set(err, EXIT_USAGE, "--mix: over %d kinds.",
		    GENERATOR_KINDS_MAX);
	g->weight += (unsigned)weight;
	str_copy(g->kind[g->kinds].name, item, sizeof(g->kind[0].name));
	g->kind[g->kinds++].upto = g->weight;
	return 0;
}

static int
read_mix(struct generator *g, const char *text, struct err *err)
{
	char *copy = base_strdup(text), *save = NULL;
	int r = 0;

	for (char *p = strtok_r(copy, ", ", &save); p && r == 0;
	     p = strtok_r(NULL, ", ", &save))
		r = add_kind(g, p, err);
	free(copy);
	if (r == 0 && g->weight == 0)
		return err_set(err, EXIT_USAGE,
		    "--mix: no kind of event has a weight.");
	return r;
}

static const char *
pick(struct generator *g)
{
	unsigned n = (unsigned)(sim_random(&g->rng) % g->weight), i = 0;

	while (g->kind[i].upto <= n)
		i++;
	return g->kind[i].name;
}

/* One that some session asked for, so that the rate is what is sent. */
static const char *
pick_wanted(struct generator *g, uint64_t intents)
{
	const char *t = pick(g);

	for (int i = 0;
	     i < GENERATOR_PICKS_MAX && !intents_want(intents, t, false); i++)
		t = pick(g);
	return t;
}

static uint64_t
all_intents(struct sim *sim)
{
	uint64_t bits = 0;

	list_each (&sim->gateway->live, e)
		bits |= container_of(e, struct session, link)->intents;
	return bits;
}

/* ---- events --------------------------------------------------------- */

static bool
is_ping(struct sim *sim, const char *t)
{
	struct generator *g = sim->generator;

	if (sim->cfg.ping_every == 0 || strcmp(t, "MESSAGE_CREATE") != 0)
		return false;
	return ++g->messages % sim->cfg.ping_every == 0;
}

static void
make_one(struct sim *sim, uint64_t intents)
{
	struct generator *g = sim->generator;
	const char *t = pick_wanted(g, intents);
	unsigned guild = (unsigned)(sim_random(&g->rng)
	    % world_guilds(sim->world));
	bool ping = is_ping(sim, t);
	const struct sample *s = sample_find(g->samples, t);

	if (s != NULL) {
		gateway_emit(sim, s->guild_id, t, s->d, s->len);
		return;
	}
	if (world_render_event(sim->world, &g->rng, t, guild,
		sim->gateway->number + 1, ping, &g->d)) {
		if (gateway_emit(sim, world_guild_id(sim->world, guild), t,
			g->d.p, g->d.len)
		    && ping)
			pings_sent(sim, world_render_last(sim->world));
	}
}

static void
on_tick(struct ev_loop *loop, ev_timer *t, int revents)
{
	struct sim *sim = t->data;
	struct generator *g = sim->generator;
	uint64_t now = clock_boot_ms();
	double passed = (double)(now - g->last_ms) / 1000;
	uint64_t intents = all_intents(sim);

	g->last_ms = now;
	if (passed > GENERATOR_CATCH_UP_S)
		passed = GENERATOR_CATCH_UP_S;
	if (list_empty(&sim->gateway->live))
		return;
	for (g->owed += passed * sim->cfg.rate; g->owed >= 1; g->owed--)
		make_one(sim, intents);
}

static void
update(struct sim *sim)
{
	struct generator *g = sim->generator;

	if (!generator_running(sim)) {
		ev_timer_stop(sim->loop, &g->tick);
		return;
	}
	if (!ev_is_active(&g->tick))
		g->last_ms = clock_boot_ms();
	ev_timer_again(sim->loop, &g->tick);
}

bool
generator_running(const struct sim *sim)
{
	return !sim->generator->paused && sim->cfg.rate > 0;
}

int
generator_rate(struct sim *sim, double per_second)
{
	if (!(per_second >= 0 && per_second <= GENERATOR_RATE_MAX))
		return -1;
	sim->cfg.rate = per_second;
	update(sim);
	return 0;
}

void
generator_pause(struct sim *sim, bool paused)
{
	sim->generator->paused = paused;
	update(sim);
}

int
generator_start(struct sim *sim, struct err *err)
{
	struct generator *g = base_alloc(sizeof(*g));

	sim->generator = g;
	g->rng = sim->cfg.seed * 2 + 1;
	ev_init(&g->tick, on_tick);
	g->tick.repeat = GENERATOR_TICK_S;
	g->tick.data = sim;
	g->samples = sample_load(sim->cfg.data, err);
	if (!g->samples || read_mix(g, sim->cfg.mix, err) < 0)
		return -1;
	update(sim);
	return 0;
}

void
generator_stop(struct sim *sim)
{
	struct generator *g = sim->generator;

	if (!g)
		return;
	ev_timer_stop(sim->loop, &g->tick);
	sample_free(g->samples);
	sbuf_free(&g->d);
	free(g);
	sim->generator = NULL;
}

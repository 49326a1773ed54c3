/* SPDX-License-Identifier: MIT */
/*
 * Random walks through reload, rollout, token move and upgrade at once, their
 * processes puppets: any of them begins at any moment, and any process says
 * what it may say next, or ends.  Held against what must hold whatever happens:
 * who is refused changes nothing, only those run beside each other of which the
 * table says so, no place is taken twice, and once the processes behave all is
 * over, with one handler and all shards up, on the token in force.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "shared/base/log.h"
#include "shared/base/secret.h"
#include "tests/unit/supervisor/puppet.h"

#define WALKS 300
#define STEPS 120
#define SETTLE 600 /* turns of 5 s */

static struct fleet *f;
static uint64_t rng, seed;
static unsigned begun[OPERATION_COUNT], refused, pairs, ends;

static uint64_t
pick(uint64_t n)
{
	rng = rng * 6364136223846793005u + 1442695040888963407u;
	return (rng >> 33) % n;
}

/* ---- the processes -------------------------------------------------- */

/* One of those there are, NULL: nobody lives there. */
static struct member *
anybody(void)
{
	uint64_t i = pick(
	    FLEET_HANDLERS + PUPPET_SHARDS + ROLLOUT_EFFECTS_LANES / 4);
	struct member *c = i < FLEET_HANDLERS ? &f->handler_slot[i]
	    : i < FLEET_HANDLERS + PUPPET_SHARDS
	    ? &f->shard[i - FLEET_HANDLERS]
	    : &f->rollout->lane[i - FLEET_HANDLERS - PUPPET_SHARDS].other;

	return member_running(c) ? c : NULL;
}

static struct handover_effects *
lane_of(const struct member *c)
{
	for (size_t i = 0; i < ROLLOUT_EFFECTS_LANES; i++) {
		struct handover_effects *s = &f->rollout->lane[i];

		if (!handover_effects_free(s)
		    && (&s->other == c || s->place == c))
			return s;
	}
	return NULL;
}

/* A part in a succession: false when it has none just now. */
static bool
succeeds(struct member *c, bool well)
{
	struct handover_effects *s = lane_of(c);

	if (s == NULL)
		return false;
	if (s->succession.state == HANDOVER_DIALLING && c == &s->other)
		puppet_report(c, REPORT_STANDBY, 0, "");
	else if (s->succession.state == HANDOVER_HANDING && c == s->place)
		puppet_handed(c, well);
	else if (s->succession.state == HANDOVER_TAKING && c == s->place) {
		puppet_shows_ready(c);
		puppet_ready(c);
	} else
		return false;
	return true;
}

/* What comes next for it, as it should be. */
static void
goes_on(struct member *c)
{
	if (c->killed_for != CRASHES || c->signalled > 1)
		puppet_dies(c, SIGKILL);
	else if (c->state == MEMBER_STARTING)
		puppet_hello(c);
	else if (c->state == MEMBER_STOPPING)
		puppet_dies(c, 0);
	else if (succeeds(c, true))
		return;
	else if (c->state == MEMBER_UP && c->ready_ms == 0) {
		if (member_is_shard(c) && lane_of(c) == NULL)
			puppet_shows_ready(c);
		if (lane_of(c) == NULL || !member_is_shard(c))
			puppet_ready(c);
	} else if (c->state == MEMBER_UP && member_is_shard(c)
	    && lane_of(c) == NULL)
		puppet_report(c, REPORT_SWITCHED, f->handler->generation, "");
}

static void
process_step(void)
{
	struct member *c = anybody();

	if (c == NULL)
		return;
	if (c->killed_for == CRASHES && pick(12) == 0)
		puppet_dies(c, pick(2) ? PUPPET_EXITED(1) : SIGKILL);
	else if (c->killed_for != CRASHES || pick(8) != 0
	    || !succeeds(c, false))
		goes_on(c);
}

/* ---- the operations ------------------------------------------------- */

static void
underway(bool out[UNDERWAY_COUNT])
{
	for (unsigned u = 0; u < UNDERWAY_COUNT; u++)
		out[u] = fleet_underway(f, u);
}

/* Discord's good answer to the token in question. */
static void
token_answer(void)
{
	struct discord_ask_answer a = {.status = DISCORD_ASK_OK,
	    .user_status = DISCORD_ASK_OK,
	    .app_status = DISCORD_ASK_OK,
	    .shards = PUPPET_SHARDS,
	    .max_concurrency = 1,
	    .total = 1000,
	    .remaining = 1000,
	    .reset_after_ms = 1000,
	    .url = "ws://127.0.0.1:1",
	    .user_id = "7",
	    .user_name = "t"};

	if (f->token_move->state == TOKEN_MOVE_ASKING)
		f->token_move->ask.done(&f->token_move->ask, &a);
}

/* The question is on its way, as token_move_begin leaves it. */
static int
token_begins(struct err *e)
{
	char token[32];

	if (operation_may(f, OPERATION_TOKEN, e) == -1)
		return -1;
	str_format(token, sizeof(token), "token-%llu",
	    (unsigned long long)pick(1u << 30));
	str_copy(f->token_move->bot.user_id, "7",
	    sizeof(f->token_move->bot.user_id));
	f->token_move->fresh = secret_take(base_strdup(token));
	f->token_move->state = TOKEN_MOVE_ASKING;
	f->token_move->asks = 1;
	return 0;
}

static int
begins(enum operation o, struct err *e)
{
	struct rollout_effects_order order = {0, (int64_t)(1 + pick(3)),
	    (int64_t)pick(PUPPET_SHARDS + 1), 0, true, false, false};

	switch (o) {
	case OPERATION_RELOAD:
		return reload_effects_begin(f->reload, 0, false, false, e);
	case OPERATION_ROLLOUT:
		return rollout_effects_begin(f->rollout, 0, &order, e);
	case OPERATION_TOKEN:
		return token_begins(e);
	default:
		/* Its first moment: the next program has just taken over. */
		if (operation_may(f, OPERATION_UPGRADE, e) == -1)
			return -1;
		f->upgrade->arrived = true;
		return 0;
	}
}

static void
operation_step(void)
{
	static const enum operation which[] = {OPERATION_RELOAD,
	    OPERATION_ROLLOUT, OPERATION_TOKEN, OPERATION_UPGRADE};
	enum operation o = which[pick(nitems(which))];
	bool before[UNDERWAY_COUNT], after[UNDERWAY_COUNT];
	struct err e;

	underway(before);
	if (begins(o, &e) == 0) {
		begun[o]++;
		for (unsigned u = 0; u < UNDERWAY_COUNT; u++)
			if (before[u] && operation_reason(operation_rule(o, u)))
				fail_msg("%s began beside %s",
				    operation_name[o],
				    operation_underway_name[u]);
		return;
	}
	refused++;
	assert_true(e.text[0] != '\0');
	underway(after);
	assert_memory_equal(before, after, sizeof(before));
}

/* ---- what holds ----------------------------------------------------- */

/* The names under which an operation shows, and begins. */
static const struct {
	enum operation o;
	enum operation_underway u;
} shown[] = {
    {OPERATION_RELOAD, UNDERWAY_RELOAD},
    {OPERATION_ROLLOUT, UNDERWAY_ROLLOUT},
    {OPERATION_TOKEN, UNDERWAY_TOKEN},
    {OPERATION_UPGRADE, UNDERWAY_UPGRADE},
};

/* A move to a token has a reload of its own within. */
static bool
may_be_together(size_t a, size_t b)
{
	if (shown[a].o == OPERATION_TOKEN && shown[b].o == OPERATION_RELOAD)
		return true;
	return operation_reason(operation_rule(shown[a].o, shown[b].u)) == NULL;
}

/* One that was told to end, or killed, and lingers holds no place. */
static unsigned
lives(const struct member *c)
{
	return member_running(c) && c->state != MEMBER_STOPPING
	    && c->killed_for == CRASHES;
}

static void
check(void)
{
	unsigned live;

	for (size_t a = 0; a < nitems(shown); a++)
		for (size_t b = 0; b < a; b++) {
			if (!fleet_underway(f, shown[a].u)
			    || !fleet_underway(f, shown[b].u))
				continue;
			pairs++;
			if (!may_be_together(a, b) && !may_be_together(b, a))
				fail_msg("%s and %s run at once",
				    operation_name[shown[a].o],
				    operation_name[shown[b].o]);
		}
	assert_true(puppet_alive(true) <= FLEET_HANDLERS);
	for (uint32_t i = 0; i < PUPPET_SHARDS; i++) {
		live = lives(&f->shard[i]);
		for (size_t l = 0; l < ROLLOUT_EFFECTS_LANES; l++)
			if (f->rollout->lane[l].other.slot == i)
				live += lives(&f->rollout->lane[l].other);
		assert_in_range(live, 0, 2);
	}
}

static bool
all_well(void)
{
	for (size_t i = 0; i < nitems(shown); i++)
		if (fleet_underway(f, shown[i].u))
			return false;
	if (rollout_effects_running(f->rollout)
	    || f->handler->state != MEMBER_UP || f->handler->ready_ms == 0)
		return false;
	for (uint32_t i = 0; i < PUPPET_SHARDS; i++)
		if (f->shard[i].state != MEMBER_UP || f->shard[i].ready_ms == 0)
			return false;
	return true;
}

static void
tell_member(const char *what, const struct member *c)
{
	print_error("%s %u: %s, pid %d, %s\n", what, c->slot,
	    member_state_name[c->state], member_running(c) ? (int)c->pid : 0,
	    c->ready_ms != 0 ? "ready" : "not ready");
}

/* What is not as it should be in the end. */
static void
tell(void)
{
	for (unsigned u = 0; u < UNDERWAY_COUNT; u++)
		if (fleet_underway(f, u))
			print_error("still: %s\n", operation_underway_name[u]);
	print_error("the reload is %s\n",
	    reload_state_name[f->reload->reload.state]);
	for (size_t i = 0; i < FLEET_HANDLERS; i++)
		tell_member(&f->handler_slot[i] == f->handler
			? "handler in service"
			: "other handler",
		    &f->handler_slot[i]);
	for (uint32_t i = 0; i < PUPPET_SHARDS; i++)
		tell_member("shard", &f->shard[i]);
}

/* Everybody does from now on what he should. */
static void
settles(void)
{
	for (int n = 0; n < SETTLE && !all_well(); n++) {
		f->upgrade->arrived = false;
		token_answer();
		for (size_t i = 0; i < FLEET_HANDLERS; i++)
			if (member_running(&f->handler_slot[i]))
				goes_on(&f->handler_slot[i]);
		for (uint32_t i = 0; i < PUPPET_SHARDS; i++)
			if (member_running(&f->shard[i]))
				goes_on(&f->shard[i]);
		for (size_t i = 0; i < ROLLOUT_EFFECTS_LANES; i++)
			if (member_running(&f->rollout->lane[i].other)) {
				struct member *c = &f->rollout->lane[i].other;

				if (lane_of(c) == NULL
				    && c->state != MEMBER_STARTING)
					puppet_dies(c, 0);
				else
					goes_on(c);
			}
		check();
		fake_time_advance(5000);
	}
	if (!all_well())
		tell();
	assert_true(all_well());
	assert_int_equal(puppet_alive(true), 1);
	assert_int_equal(puppet_alive(false), PUPPET_SHARDS);
	assert_int_equal(f->handler->identity, f->identity);
	for (uint32_t i = 0; i < PUPPET_SHARDS; i++)
		assert_int_equal(f->shard[i].identity, f->identity);
	ends++;
}

static void
walk(void)
{
	f = puppet_open("", pick(4) == 0);
	log_init(LOG_TO_HOOK, LOG_L_ERROR); /* what fails here is meant to */
	for (int i = 0; i < STEPS; i++) {
		uint64_t r = pick(100);

		if (r < 8)
			operation_step();
		else if (r < 80)
			process_step();
		else if (r < 83)
			f->upgrade->arrived = false;
		else if (r < 86)
			token_answer();
		else
			fake_time_advance(pick(pick(5) == 0 ? 60000 : 700));
		check();
	}
	settles();
	puppet_close();
}

static void
test_any_interleaving(void **state)
{
	const char *one = getenv("HERD_SEED");

	for (uint64_t n = 1; n <= WALKS; n++) {
		seed = one != NULL ? (uint64_t)atoll(one) : n;
		rng = seed * 0x9e3779b97f4a7c15u;
		walk();
		if (one != NULL)
			break;
	}
	if (one == NULL)
		for (size_t i = 0; i < nitems(shown); i++)
			assert_true(begun[shown[i].o] > WALKS / 4);
	assert_true(
	    one != NULL || (refused > WALKS && pairs > WALKS && ends == WALKS));
	seed = 0;
}

static int
teardown(void **state)
{
	if (seed != 0)
		print_error("in the walk of seed %llu\n",
		    (unsigned long long)seed);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_any_interleaving, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

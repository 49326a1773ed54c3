/* SPDX-License-Identifier: MIT */
/*
 * The hands of the supervisor's machines, member, fleet, uplinks, replace,
 * rotate, rolling, heir, plugins, hold, on a fleet without processes
 * (fleet_rig.h) whose processes may answer before the call that starts them
 * returns.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <signal.h>
#include <string.h>

#include "shared/base/secret.h"
#include "tests/unit/supervisor/fleet_rig.h"

#define EXITED(code) ((code) << 8)

static struct fleet *f;

static void
open_hands(const char *more, bool at_once)
{
	hands_open(more);
	f = hands.f;
	hands.at_once = at_once;
	hands_start();
}

/* ---- member ----------------------------------------------------------- */

static void
test_a_member_lives(void **state)
{
	struct member *c;
	pid_t was;

	for (int at_once = 0; at_once < 2; at_once++) {
		open_hands("", at_once);
		c = &f->shard[2];
		was = c->pid;
		assert_int_equal(c->state, MEMBER_UP);
		assert_int_equal(hands_told(c, MSG_UPLINK), 1);
		hands_dies(c, SIGKILL);
		assert_int_equal(c->state, MEMBER_WAITING);
		assert_int_equal(c->paired, 0);
		fake_time_advance(120000);
		assert_int_not_equal(c->pid, was);
		hands_close();
	}
}

/* Asked to restart, it ends and starts; asked to stop meanwhile, it does not. */
static void
test_again_and_not(void **state)
{
	struct member *c;

	open_hands("", true);
	c = &f->shard[1];
	member_event(c, MEMBER_ON_RESTART);
	assert_int_equal(c->state, MEMBER_STOPPING);
	assert_int_equal(hands_told(c, MSG_STOP), 1);
	hands_dies(c, 0);
	assert_int_equal(c->state, MEMBER_UP);
	member_event(c, MEMBER_ON_RESTART);
	member_event(c, MEMBER_ON_STOP);
	hands_dies(c, 0);
	assert_int_equal(c->state, MEMBER_DOWN);
	assert_int_equal(hands_alive(false), HANDS_SHARDS - 1);
	hands_close();
}

static void
test_spawn_fails(void **state)
{
	struct member *c;

	open_hands("", true);
	c = &f->shard[0];
	hands_dies(c, SIGKILL);
	hands.spawn_fails = true;
	fake_time_advance(600000);
	assert_int_equal(c->state, MEMBER_WAITING);
	hands.spawn_fails = false;
	fake_time_advance(600000);
	assert_int_equal(c->state, MEMBER_UP);
	hands_close();
}

/* What it is told of its own end it may answer at once, from within. */
static void
f_a4_again_is_void_for_one_on_trial(void **state)
{
	struct err e;

	open_hands("", false);
	assert_int_equal(reload_effects_same(f->reload, 0, UNDERWAY_COUNT, &e), 0);
	assert_int_equal(hands_alive(true), 2);
	member_event(f->handler, MEMBER_ON_RESTART);
	hands_dies(f->handler, 0);
	assert_int_equal(hands_alive(true), 1);
	hands_hello(f->reload->fresh);
	hands_ready(f->reload->fresh);
	hands_all_switch();
	fake_time_advance(600000);
	assert_int_equal(hands_alive(true), 1);
	assert_false(fleet_underway(f, UNDERWAY_RELOAD));
	hands_close();
	/* The restart was asked for before. */
	open_hands("", false);
	member_event(f->handler, MEMBER_ON_RESTART);
	assert_int_equal(reload_effects_same(f->reload, 0, UNDERWAY_COUNT, &e), 0);
	hands_dies(f->handler, 0);
	assert_int_equal(hands_alive(true), 1);
	hands_close();
}

/* ---- reload ----------------------------------------------------------- */

static void
reload(void)
{
	struct err e;

	if (reload_effects_begin(f->reload, 0, false, false, &e) == -1)
		fail_msg("%s", e.text);
	if (hands.at_once)
		return;
	hands_hello(f->reload->fresh);
	hands_ready(f->reload->fresh);
}

static void
f_a3_reload_without_probation_and_handler(void **state)
{
	for (int at_once = 0; at_once < 2; at_once++) {
		open_hands("[handler]\nprobation = 0\n", at_once);
		hands_dies(f->handler, SIGKILL);
		reload();
		assert_int_equal(f->reload->reload.state, RELOAD_IDLE);
		assert_int_equal(f->reload->last_code, EXIT_FINE);
		assert_ptr_equal(f->handler, &f->handler_slot[1]);
		assert_int_equal(f->handler->state, MEMBER_UP);
		assert_int_equal(hands_alive(true), 1);
		fake_time_advance(600000);
		assert_int_equal(hands_alive(true), 1);
		hands_close();
	}
}

static void
test_reload(void **state)
{
	for (int at_once = 0; at_once < 2; at_once++) {
		struct member *old;

		open_hands("", at_once);
		old = f->handler;
		reload();
		assert_int_equal(f->reload->reload.state, RELOAD_SWITCHING);
		hands_all_switch();
		assert_int_equal(f->reload->reload.state,
		    RELOAD_STOPPING_OLD);
		assert_int_equal(hands_told(old, MSG_STOP), 1);
		hands_dies(old, 0);
		assert_int_equal(f->reload->reload.state, RELOAD_PROBATION);
		fake_time_advance(600000);
		assert_int_equal(f->reload->last_code, EXIT_FINE);
		assert_int_equal(hands_alive(true), 1);
		assert_int_equal(hands_alive(false), HANDS_SHARDS);
		hands_close();
	}
}

/* Wherever the new one dies, one handler serves in the end. */
static void
test_the_new_one_dies(void **state)
{
	for (int at_once = 0; at_once < 2; at_once++)
		for (enum reload_state s = RELOAD_STARTING;
		    s <= RELOAD_PROBATION; s++) {
			struct member *old, *fresh;
			struct err e;

			open_hands("", at_once);
			old = f->handler;
			if (s > RELOAD_STARTING)
				reload();
			else
				assert_int_equal(reload_effects_begin(f->reload,
				    0, false, false, &e), 0);
			fresh = f->reload->fresh;
			if (s > RELOAD_SWITCHING)
				hands_all_switch();
			if (s > RELOAD_STOPPING_OLD)
				hands_dies(old, 0);
			if (f->reload->reload.state != s) {
				assert_true(at_once && s == RELOAD_STARTING);
				hands_close();
				continue;
			}
			hands_dies(fresh, EXITED(3));
			if (old->state == MEMBER_STOPPING)
				hands_dies(old, 0);
			if (old->state == MEMBER_STARTING) {
				hands_hello(old);
				hands_ready(old);
			}
			hands_all_switch();
			fake_time_advance(600000);
			assert_int_equal(f->reload->reload.state, RELOAD_IDLE);
			assert_int_equal(f->reload->last_code, EXIT_DEGRADED);
			assert_ptr_equal(f->handler, old);
			assert_int_equal(old->state, MEMBER_UP);
			assert_int_equal(hands_alive(true), 1);
			hands_close();
		}
}

/* ---- judged before the switch ----------------------------------------- */

static void
put_plugin(const char *name, enum plugin_state state)
{
	struct page_plugins *p = &f->page.head->plugins;

	page_begin(&p->lock);
	str_copy(p->plugin[p->count].name, name,
	    sizeof(p->plugin[0].name));
	p->plugin[p->count++].state = state;
	page_end(&p->lock);
}

static void
begin_with_plugin_down(const char *words)
{
	struct err e;

	assert_int_equal(reload_effects_begin(f->reload, 0, false, false, &e), 0);
	hands_hello(f->reload->fresh);
	hands_report(f->reload->fresh, REPORT_PLUGIN_DOWN, 0, words);
	hands_ready(f->reload->fresh);
}

static void
f_c12_a_plugin_that_worked_is_not_given_up(void **state)
{
	struct member *old;

	open_hands("", false);
	old = f->handler;
	put_plugin("good", PLUGIN_UP);
	put_plugin("sick", PLUGIN_HELD);
	begin_with_plugin_down("good (exited with code 3)");
	assert_int_equal(f->reload->reload.state, RELOAD_ROLLING_BACK);
	assert_ptr_equal(f->handler, old);
	hands_dies(f->reload->fresh, SIGKILL);
	assert_int_equal(f->reload->reload.state, RELOAD_IDLE);
	assert_non_null(strstr(f->reload->reload.words, "could not bring up "
	    "plugin good (exited with code 3)"));
	assert_non_null(strstr(f->reload->reload.words, "nothing was "
	    "changed"));
	assert_int_equal(hands_told(old, MSG_STOP), 0);
	/* One that did not work before is no reason. */
	begin_with_plugin_down("sick (exited with code 3)");
	assert_int_equal(f->reload->reload.state, RELOAD_SWITCHING);
	hands_close();
}

/* After the switch the old one is started anew: that is not nothing. */
static void
f_c12_the_words_say_what_is(void **state)
{
	struct member *old;

	open_hands("", false);
	old = f->handler;
	reload();
	hands_all_switch();
	hands_dies(old, 0);
	hands_dies(f->reload->fresh, EXITED(3));
	assert_int_equal(f->reload->reload.state, RELOAD_ROLLING_BACK);
	hands_hello(old);
	hands_report(old, REPORT_PLUGIN_DOWN, 0, "own (exit status 1)");
	hands_ready(old);
	hands_all_switch();
	assert_int_equal(f->reload->reload.state, RELOAD_IDLE);
	assert_null(strstr(f->reload->reload.words, "nothing was changed"));
	assert_non_null(strstr(f->reload->reload.words, "it was started anew, "
	    "and can't bring up plugin own (exit status 1)."));
	hands_close();
}

/* ---- another token ---------------------------------------------------- */

/* Discord's good answer to the token in question. */
static void
token_answer(void)
{
	struct discord_ask_answer a = { .status = DISCORD_ASK_OK, .user_status = DISCORD_ASK_OK,
	    .app_status = DISCORD_ASK_OK, .shards = HANDS_SHARDS, .max_concurrency = 1,
	    .total = 1000, .remaining = 1000, .reset_after_ms = 1000,
	    .url = "ws://127.0.0.1:1", .user_id = "7", .user_name = "t" };

	f->token_move->ask.done(&f->token_move->ask, &a);
}

/* Its answer is still to come: Discord is slow. */
static void
token_asks(void)
{
	str_copy(f->token_move->bot.user_id, "7", sizeof(f->token_move->bot.user_id));
	f->token_move->fresh = secret_take(base_strdup("second-token"));
	f->token_move->state = TOKEN_MOVE_ASKING;
	f->token_move->asks = 1;
}

/* The shards' part: each restarts and is ready with it. */
static void
shards_move(void)
{
	for (uint32_t i = 0; i < f->local; i++) {
		if (f->shard[i].state == MEMBER_STOPPING)
			hands_dies(&f->shard[i], 0);
		if (f->shard[i].state == MEMBER_STARTING)
			hands_hello(&f->shard[i]);
		if (f->shard[i].state == MEMBER_UP
		    && f->shard[i].ready_ms == 0)
			hands_ready(&f->shard[i]);
	}
}

static void
f_a4_one_handler_beside_a_token(void **state)
{
	struct err e;

	open_hands("", false);
	token_asks();
	assert_int_equal(reload_effects_begin(f->reload, 0, false, false, &e), -1);
	assert_int_equal(e.code, EXIT_TRY_LATER);
	assert_int_equal(hands_alive(true), 1);
	token_answer();
	assert_int_equal(f->token_move->state, TOKEN_MOVE_MOVING);
	fake_time_advance(1000);
	assert_int_equal(hands_alive(true), 2);
	assert_int_equal(f->reload->fresh->identity, f->identity);
	assert_int_equal(reload_effects_begin(f->reload, 0, false, false, &e), -1);
	hands_close();
}

/* The move is over when the handler in service has the token, not before. */
static void
f_a4_a_handler_is_moved_as_a_shard_is(void **state)
{
	struct member *old;

	open_hands("", false);
	old = f->handler;
	token_asks();
	f->plugin_command->asked = old;		/* a command is under way */
	token_answer();
	for (int i = 0; i < 60; i++) {
		fake_time_advance(1000);
		shards_move();
	}
	assert_int_equal(f->token_move->state, TOKEN_MOVE_MOVING);
	assert_int_equal(hands_alive(true), 1);
	assert_int_not_equal(old->identity, f->identity);
	f->plugin_command->asked = NULL;
	fake_time_advance(1000);
	assert_int_equal(hands_alive(true), 2);
	hands_hello(f->reload->fresh);
	hands_ready(f->reload->fresh);
	assert_ptr_not_equal(f->handler, old);
	fake_time_advance(1000);
	assert_int_equal(f->token_move->state, TOKEN_MOVE_IDLE);
	assert_int_equal(f->token_move->last_code, EXIT_FINE);
	/* Rolled back after that: the one before is no good as it is. */
	hands_all_switch();
	hands_dies(f->handler, EXITED(3));
	assert_ptr_equal(f->handler, old);
	hands_dies(old, 0);
	assert_int_equal(old->state, MEMBER_STARTING);
	assert_int_equal(old->identity, f->identity);
	hands_close();
}

/* A new handler that can't be: the one before starts anew with the token. */
static void
f_a4_no_handler_keeps_a_revoked_token(void **state)
{
	struct member *old;

	open_hands("", false);
	old = f->handler;
	token_asks();
	token_answer();
	fake_time_advance(1000);
	hands_dies(f->reload->fresh, EXITED(3));
	assert_int_equal(old->state, MEMBER_STOPPING);
	hands_dies(old, 0);
	assert_int_equal(old->identity, f->identity);
	hands_hello(old);
	hands_ready(old);
	for (int i = 0; i < 60; i++) {
		fake_time_advance(1000);
		shards_move();
	}
	assert_int_equal(f->token_move->state, TOKEN_MOVE_IDLE);
	assert_int_equal(f->token_move->last_code, EXIT_FINE);
	assert_int_equal(hands_alive(true), 1);
	hands_close();
}

/* ---- rollout ---------------------------------------------------------- */

static const struct rollout_effects_order all = { 0, 2, -1, 0, true, false, false };

/* Every successor that waits goes on by one step; how many did. */
static unsigned
successors_step(void)
{
	unsigned n = 0;

	for (size_t i = 0; i < ROLLOUT_EFFECTS_LANES; i++) {
		struct handover_effects *s = &f->rollout->lane[i];
		struct member *other = &s->other;

		if (other->state == MEMBER_STARTING)
			hands_hello(other);
		if (handover_effects_free(s))
			continue;
		n++;
		if (s->succession.state == HANDOVER_DIALLING) {
			hands_report(other, REPORT_STANDBY, 0, "");
		} else if (s->succession.state == HANDOVER_HANDING) {
			hands_handed(s->place, true);
		} else if (s->succession.state == HANDOVER_TAKING) {
			hands_shows_ready(s->place);
			hands_ready(s->place);
		} else if (member_running(other)) {
			hands_dies(other, 0);
		}
		fake_time_advance(1);
	}
	return n;
}

static void
test_rollout(void **state)
{
	pid_t was[HANDS_SHARDS];
	struct err e;

	for (int at_once = 0; at_once < 2; at_once++) {
		open_hands("", at_once);
		for (int i = 0; i < HANDS_SHARDS; i++)
			was[i] = f->shard[i].pid;
		if (rollout_effects_begin(f->rollout, 0, &all, &e) == -1)
			fail_msg("%s", e.text);
		assert_int_equal(hands_alive(false), HANDS_SHARDS + 2);
		for (int i = 0; i < 100 && rollout_effects_busy(f->rollout); i++) {
			successors_step();
			assert_true(hands_alive(false) <= HANDS_SHARDS + 4);
			fake_time_advance(500);
		}
		while (successors_step() > 0)
			;
		assert_int_equal(f->rollout->rollout.moved, HANDS_SHARDS);
		assert_int_equal(hands_alive(false), HANDS_SHARDS);
		for (int i = 0; i < HANDS_SHARDS; i++)
			assert_int_not_equal(f->shard[i].pid, was[i]);
		hands_close();
	}
}

/* A successor that dies makes its lane free for the next, from within. */
static void
f_a3_a_lane_is_begun_again_from_its_own_end(void **state)
{
	struct rollout_effects_order o = all;
	struct err e;

	open_hands("", false);
	o.parallel = 1;
	o.max_failures = HANDS_SHARDS;
	assert_int_equal(rollout_effects_begin(f->rollout, 0, &o, &e), 0);
	for (unsigned i = 0; i < HANDS_SHARDS; i++) {
		struct member *other = &f->rollout->lane[0].other;

		assert_int_equal(hands_alive(false), HANDS_SHARDS + 1);
		assert_int_equal(other->slot, i);
		hands_dies(other, EXITED(1));
	}
	assert_int_equal(f->rollout->rollout.failed, HANDS_SHARDS);
	assert_int_equal(hands_alive(false), HANDS_SHARDS);
	fake_time_advance(600000);
	assert_false(rollout_effects_busy(f->rollout));
	hands_close();
}

/* The old one dies instead of handing over: the place is taken, once. */
static void
test_the_old_one_dies(void **state)
{
	struct rollout_effects_order o = all;
	struct member *place;
	struct err e;
	pid_t next;

	open_hands("", false);
	o.parallel = 1;
	place = &f->shard[0];
	assert_int_equal(rollout_effects_begin(f->rollout, 0, &o, &e), 0);
	hands_hello(&f->rollout->lane[0].other);
	hands_report(&f->rollout->lane[0].other, REPORT_STANDBY, 0, "");
	next = f->rollout->lane[0].other.pid;
	hands_dies(place, SIGKILL);
	assert_int_equal(place->pid, next);
	assert_int_equal(place->state, MEMBER_UP);
	fake_time_advance(1000);
	assert_int_equal(hands_alive(false), HANDS_SHARDS);
	hands_close();
}

/* An undo begins from within the end of the one it stopped. */
static void
test_undo_while_one_is_under_way(void **state)
{
	struct config *before = base_alloc(sizeof(*before));
	struct rollout_effects_order o = all;
	struct err e;

	open_hands("", false);
	assert_int_equal(config_parse(before, f->config->path,
	    f->config->text, NULL, NULL, &e), 0);
	f->rollout->before = before;
	o.parallel = 1;
	assert_int_equal(rollout_effects_begin(f->rollout, 0, &o, &e), 0);
	assert_int_equal(rollout_effects_undo(f->rollout, 0, &o, &e), 0);
	assert_int_equal(rollout_effects_undo(f->rollout, 0, &o, &e), -1);
	hands_dies(&f->rollout->lane[0].other, EXITED(1));
	assert_false(f->rollout->undo_next);
	assert_false(rollout_effects_busy(f->rollout));
	hands_close();
}

/* ---- plugin commands -------------------------------------------------- */

static void
answer(bool ok, enum plugin_section section, bool unknown)
{
	struct msg_plugin_answer m = { .ok = ok, .section = section,
	    .unknown = unknown };

	plugin_command_answered(f->plugin_command, f->handler, f->plugin_command->serial, &m);
}

static void
ask_plugin(enum plugin_action action)
{
	struct msg_plugin m = { .action = action, .name = "x" };
	struct err e;

	if (plugin_command_ask(f->plugin_command, 0, &m, &e) == -1)
		fail_msg("%s", e.text);
}

static void
append_plugin(const char *exec)
{
	FILE *out = fopen(f->config->path, "a");

	fprintf(out, "[plugin \"x\"]\nexec = %s\n", exec);
	fclose(out);
}

static void
f_c10_the_handler_knows_which_plugins_there_are(void **state)
{
	open_hands("", false);
	append_plugin("/bin/false");
	/* It does not come up, and is tried again: it is there. */
	ask_plugin(PLUGIN_DO_LOAD);
	answer(false, PLUGIN_SECTION_TAKEN, false);
	assert_int_equal(f->config->plugins, 1);
	assert_non_null(strstr(f->handler->program.config, "/bin/false"));
	ask_plugin(PLUGIN_DO_UNLOAD);
	answer(true, PLUGIN_SECTION_LEFT, false);
	assert_int_equal(f->config->plugins, 1);
	assert_false(plugin_command_busy(f->plugin_command));
	hands_close();
	/* Whatever we think there is, it is asked. */
	open_hands("", false);
	ask_plugin(PLUGIN_DO_UNLOAD);
	assert_int_equal(hands_told(f->handler, MSG_PLUGIN), 1);
	answer(false, PLUGIN_SECTION_LEFT, true);
	assert_int_equal(f->config->plugins, 0);
	hands_close();
}

/* Up already: what the file says now is not what it runs with. */
static void
f_c10_a_section_is_in_force_when_taken(void **state)
{
	open_hands("", false);
	append_plugin("/bin/false");
	ask_plugin(PLUGIN_DO_LOAD);
	answer(true, PLUGIN_SECTION_LEFT, false);
	assert_int_equal(f->config->plugins, 0);
	/* Nobody waits any more, and it is taken nevertheless. */
	ask_plugin(PLUGIN_DO_LOAD);
	fake_time_advance(600000);
	assert_false(plugin_command_busy(f->plugin_command));
	answer(true, PLUGIN_SECTION_TAKEN, false);
	assert_int_equal(f->config->plugins, 1);
	hands_close();
	/* An older handler says nothing about it. */
	open_hands("", false);
	append_plugin("/bin/false");
	ask_plugin(PLUGIN_DO_LOAD);
	answer(true, PLUGIN_SECTION_UNSAID, false);
	assert_int_equal(f->config->plugins, 1);
	hands_close();
}

static void
test_a_handler_dies_that_was_asked(void **state)
{
	open_hands("", false);
	ask_plugin(PLUGIN_DO_UNLOAD);
	hands_dies(f->handler, SIGKILL);
	assert_false(plugin_command_busy(f->plugin_command));
	hands_close();
}

/* ---- messages --------------------------------------------------------- */

/* Garbage from our own process ends that process, and nobody else. */
static void
test_messages_against_the_contract(void **state)
{
	static const struct {
		enum msg_type type;
		size_t len;
		bool handler;
	} bad[] = { { MSG_READY, 4, true }, { MSG_READY, 0, false },
	    { MSG_HELLO, 1, false }, { MSG_PERMIT_ASK,
	    sizeof(struct msg_permit_ask), true }, { MSG_STOP, 0, true },
	    { MSG_PLUGIN_ANSWER, 8, true } };
	static const unsigned char body[64];

	for (size_t i = 0; i < nitems(bad); i++) {
		struct member *c;

		open_hands("", false);
		c = bad[i].handler ? f->handler : &f->shard[3];
		hands_says(c, bad[i].type, 0, body, bad[i].len);
		assert_int_equal(c->killed_for, CRASH_EXIT);
		hands_dies(c, SIGKILL);
		assert_int_equal(c->state, MEMBER_WAITING);
		assert_int_equal(hands_alive(true) + hands_alive(false),
		    HANDS_SHARDS);
		hands_close();
	}
}

/* ---- hold, resharding and stop ---------------------------------------------------- */

static void
test_hold_and_release(void **state)
{
	struct err e;

	open_hands("", false);
	hold_set(f->hold, 4013, 1, "Invalid intents");
	f->shard[1].fatal = true;
	hands_dies(&f->shard[1], EXITED(EXIT_CONFIG));
	assert_int_equal(f->shard[1].state, MEMBER_FAILED);
	assert_true(fleet_underway(f, UNDERWAY_HOLD));
	fake_time_advance(600000);
	assert_int_equal(hands_alive(false), HANDS_SHARDS - 1);
	f->hold->code = 0;
	permit_release(f->permit);
	member_event(&f->shard[1], MEMBER_ON_RESTART);
	assert_int_equal(hands_alive(false), HANDS_SHARDS);
	assert_int_equal(hold_release(f->hold, &e), -1);
	hands_close();
}

/* Another number of shards: what is under way ends, nobody starts again. */
static void
f_a4_resharding_ends_a_move_to_a_token(void **state)
{
	struct discord_ask_answer a = { .status = DISCORD_ASK_OK, .shards = 2 * HANDS_SHARDS,
	    .remaining = 1000 };

	open_hands("", false);
	token_asks();
	token_answer();
	fake_time_advance(1000);
	assert_int_equal(hands_alive(true), 2);
	f->reshard->state = RESHARD_ASKING;
	f->config->shards = 0;
	assert_true(reshard_answered(f->reshard, &a));
	assert_true(fleet_underway(f, UNDERWAY_RESHARD));
	assert_false(fleet_underway(f, UNDERWAY_TOKEN));
	for (uint32_t i = 0; i < HANDS_SHARDS; i++)
		if (member_running(&f->shard[i]))
			hands_dies(&f->shard[i], 0);
	fake_time_advance(1000);
	assert_int_equal(hands_alive(false), 0);
	for (size_t i = 0; i < FLEET_HANDLERS; i++)
		if (member_running(&f->handler_slot[i]))
			hands_dies(&f->handler_slot[i], 0);
	fake_time_advance(1000);
	assert_int_equal(f->local, 0);
	assert_int_equal(hands_alive(true), 0);
	hands_close();
}

/* Everything under way is given up, and everybody ends once. */
static void
test_stop_in_the_middle(void **state)
{
	for (int what = 0; what < 2; what++) {
		struct err e;

		open_hands("", false);
		if (what == 0)
			reload();
		else
			assert_int_equal(rollout_effects_begin(f->rollout, 0, &all,
			    &e), 0);
		stop_begin(f->stop, false, "a test");
		for (size_t i = 0; i < ROLLOUT_EFFECTS_LANES; i++)
			if (member_running(&f->rollout->lane[i].other))
				hands_dies(&f->rollout->lane[i].other, 0);
		for (uint32_t i = 0; i < f->local; i++)
			hands_dies(&f->shard[i], 0);
		assert_int_equal(f->stop->phase, STOP_HANDLER);
		for (size_t i = 0; i < FLEET_HANDLERS; i++)
			if (member_running(&f->handler_slot[i]))
				hands_dies(&f->handler_slot[i], 0);
		assert_int_equal(f->stop->phase, STOP_DONE);
		assert_int_equal(hands_alive(true) + hands_alive(false), 0);
		for (unsigned u = UNDERWAY_RELOAD; u < UNDERWAY_COUNT; u++)
			assert_false(fleet_underway(f, u));
		hands_close();
	}
}

int
main(void)
{
#define T(t) cmocka_unit_test(t)
	const struct CMUnitTest tests[] = {
		T(test_a_member_lives), T(test_again_and_not),
		T(test_spawn_fails), T(f_a4_again_is_void_for_one_on_trial),
		T(f_a3_reload_without_probation_and_handler), T(test_reload),
		T(test_the_new_one_dies),
		T(f_c12_a_plugin_that_worked_is_not_given_up),
		T(f_c12_the_words_say_what_is),
		T(f_a4_one_handler_beside_a_token),
		T(f_a4_a_handler_is_moved_as_a_shard_is),
		T(f_a4_no_handler_keeps_a_revoked_token), T(test_rollout),
		T(f_a3_a_lane_is_begun_again_from_its_own_end),
		T(test_the_old_one_dies),
		T(test_undo_while_one_is_under_way),
		T(f_c10_the_handler_knows_which_plugins_there_are),
		T(f_c10_a_section_is_in_force_when_taken),
		T(test_a_handler_dies_that_was_asked),
		T(test_messages_against_the_contract),
		T(test_hold_and_release),
		T(f_a4_resharding_ends_a_move_to_a_token),
		T(test_stop_in_the_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* A move to another token, its processes puppets: what serves has the token. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "shared/base/secret.h"
#include "tests/unit/supervisor/puppet.h"

static struct fleet *f;

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

	f->token_move->ask.done(&f->token_move->ask, &a);
}

/* Its answer is still to come: Discord is slow. */
static void
token_asks(void)
{
	str_copy(f->token_move->bot.user_id, "7",
	    sizeof(f->token_move->bot.user_id));
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
			puppet_dies(&f->shard[i], 0);
		if (f->shard[i].state == MEMBER_STARTING)
			puppet_hello(&f->shard[i]);
		if (f->shard[i].state == MEMBER_UP && f->shard[i].ready_ms == 0)
			puppet_ready(&f->shard[i]);
	}
}

static void
f_a4_one_handler_beside_a_token(void **state)
{
	struct err e;

	f = puppet_open("", false);
	token_asks();
	assert_int_equal(reload_effects_begin(f->reload, 0, false, false, &e),
	    -1);
	assert_int_equal(e.code, EXIT_TRY_LATER);
	assert_int_equal(puppet_alive(true), 1);
	token_answer();
	assert_int_equal(f->token_move->state, TOKEN_MOVE_MOVING);
	fake_time_advance(1000);
	assert_int_equal(puppet_alive(true), 2);
	assert_int_equal(f->reload->fresh->identity, f->identity);
	assert_int_equal(reload_effects_begin(f->reload, 0, false, false, &e),
	    -1);
	puppet_close();
}

/* The move is over when the handler in service has the token, not before. */
static void
f_a4_a_handler_is_moved_as_a_shard_is(void **state)
{
	struct member *old;

	f = puppet_open("", false);
	old = f->handler;
	token_asks();
	f->plugin_command->asked = old; /* a command is under way */
	token_answer();
	for (int i = 0; i < 60; i++) {
		fake_time_advance(1000);
		shards_move();
	}
	assert_int_equal(f->token_move->state, TOKEN_MOVE_MOVING);
	assert_int_equal(puppet_alive(true), 1);
	assert_int_not_equal(old->identity, f->identity);
	f->plugin_command->asked = NULL;
	fake_time_advance(1000);
	assert_int_equal(puppet_alive(true), 2);
	puppet_hello(f->reload->fresh);
	puppet_ready(f->reload->fresh);
	assert_ptr_not_equal(f->handler, old);
	fake_time_advance(1000);
	assert_int_equal(f->token_move->state, TOKEN_MOVE_IDLE);
	assert_int_equal(f->token_move->last_code, EXIT_FINE);
	/* Rolled back after that: the one before is no good as it is. */
	puppet_all_switch();
	puppet_dies(f->handler, PUPPET_EXITED(3));
	assert_ptr_equal(f->handler, old);
	puppet_dies(old, 0);
	assert_int_equal(old->state, MEMBER_STARTING);
	assert_int_equal(old->identity, f->identity);
	puppet_close();
}

/* A new handler that can't be: the one before starts anew with the token. */
static void
f_a4_no_handler_keeps_a_revoked_token(void **state)
{
	struct member *old;

	f = puppet_open("", false);
	old = f->handler;
	token_asks();
	token_answer();
	fake_time_advance(1000);
	puppet_dies(f->reload->fresh, PUPPET_EXITED(3));
	assert_int_equal(old->state, MEMBER_STOPPING);
	puppet_dies(old, 0);
	assert_int_equal(old->identity, f->identity);
	puppet_hello(old);
	puppet_ready(old);
	for (int i = 0; i < 60; i++) {
		fake_time_advance(1000);
		shards_move();
	}
	assert_int_equal(f->token_move->state, TOKEN_MOVE_IDLE);
	assert_int_equal(f->token_move->last_code, EXIT_FINE);
	assert_int_equal(puppet_alive(true), 1);
	puppet_close();
}

/* Another number of shards: what is under way ends, nobody starts again. */
static void
f_a4_resharding_ends_a_move_to_a_token(void **state)
{
	struct discord_ask_answer a = {.status = DISCORD_ASK_OK,
	    .shards = 2 * PUPPET_SHARDS,
	    .remaining = 1000};

	f = puppet_open("", false);
	token_asks();
	token_answer();
	fake_time_advance(1000);
	assert_int_equal(puppet_alive(true), 2);
	f->reshard->state = RESHARD_ASKING;
	f->config->shards = 0;
	assert_true(reshard_answered(f->reshard, &a));
	assert_true(fleet_underway(f, UNDERWAY_RESHARD));
	assert_false(fleet_underway(f, UNDERWAY_TOKEN));
	for (uint32_t i = 0; i < PUPPET_SHARDS; i++)
		if (member_running(&f->shard[i]))
			puppet_dies(&f->shard[i], 0);
	fake_time_advance(1000);
	assert_int_equal(puppet_alive(false), 0);
	for (size_t i = 0; i < FLEET_HANDLERS; i++)
		if (member_running(&f->handler_slot[i]))
			puppet_dies(&f->handler_slot[i], 0);
	fake_time_advance(1000);
	assert_int_equal(f->local, 0);
	assert_int_equal(puppet_alive(true), 0);
	puppet_close();
}

int
main(void)
{
#define T(name) cmocka_unit_test(name)
	const struct CMUnitTest tests[] = {
	    T(f_a4_one_handler_beside_a_token),
	    T(f_a4_a_handler_is_moved_as_a_shard_is),
	    T(f_a4_no_handler_keeps_a_revoked_token),
	    T(f_a4_resharding_ends_a_move_to_a_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

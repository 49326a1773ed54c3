/* SPDX-License-Identifier: MIT */
/* A reload, its processes puppets: one handler serves, whoever dies when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <signal.h>
#include <string.h>

#include "tests/unit/supervisor/puppet.h"

static struct fleet *f;

/* What it is told of its own end it may answer at once, from within. */
static void
f_a4_again_is_void_for_one_on_trial(void **state)
{
	struct err e;

	f = puppet_open("", false);
	assert_int_equal(reload_effects_same(f->reload, 0, UNDERWAY_COUNT, &e),
	    0);
	assert_int_equal(puppet_alive(true), 2);
	member_event(f->handler, MEMBER_ON_RESTART);
	puppet_dies(f->handler, 0);
	assert_int_equal(puppet_alive(true), 1);
	puppet_hello(f->reload->fresh);
	puppet_ready(f->reload->fresh);
	puppet_all_switch();
	fake_time_advance(600000);
	assert_int_equal(puppet_alive(true), 1);
	assert_false(fleet_underway(f, UNDERWAY_RELOAD));
	puppet_close();
	/* The restart was asked for before. */
	f = puppet_open("", false);
	member_event(f->handler, MEMBER_ON_RESTART);
	assert_int_equal(reload_effects_same(f->reload, 0, UNDERWAY_COUNT, &e),
	    0);
	puppet_dies(f->handler, 0);
	assert_int_equal(puppet_alive(true), 1);
	puppet_close();
}

static void
f_a3_reload_without_probation_and_handler(void **state)
{
	for (int at_once = 0; at_once < 2; at_once++) {
		f = puppet_open("[handler]\nprobation = 0\n", at_once);
		puppet_dies(f->handler, SIGKILL);
		puppet_reload();
		assert_int_equal(f->reload->reload.state, RELOAD_IDLE);
		assert_int_equal(f->reload->last_code, EXIT_FINE);
		assert_ptr_equal(f->handler, &f->handler_slot[1]);
		assert_int_equal(f->handler->state, MEMBER_UP);
		assert_int_equal(puppet_alive(true), 1);
		fake_time_advance(600000);
		assert_int_equal(puppet_alive(true), 1);
		puppet_close();
	}
}

static void
test_reload(void **state)
{
	for (int at_once = 0; at_once < 2; at_once++) {
		struct member *old;

		f = puppet_open("", at_once);
		old = f->handler;
		puppet_reload();
		assert_int_equal(f->reload->reload.state, RELOAD_SWITCHING);
		puppet_all_switch();
		assert_int_equal(f->reload->reload.state, RELOAD_STOPPING_OLD);
		assert_int_equal(puppet_told(old, MSG_STOP), 1);
		puppet_dies(old, 0);
		assert_int_equal(f->reload->reload.state, RELOAD_PROBATION);
		fake_time_advance(600000);
		assert_int_equal(f->reload->last_code, EXIT_FINE);
		assert_int_equal(puppet_alive(true), 1);
		assert_int_equal(puppet_alive(false), PUPPET_SHARDS);
		puppet_close();
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

			f = puppet_open("", at_once);
			old = f->handler;
			if (s > RELOAD_STARTING)
				puppet_reload();
			else
				assert_int_equal(reload_effects_begin(f->reload,
						     0, false, false, &e),
				    0);
			fresh = f->reload->fresh;
			if (s > RELOAD_SWITCHING)
				puppet_all_switch();
			if (s > RELOAD_STOPPING_OLD)
				puppet_dies(old, 0);
			if (f->reload->reload.state != s) {
				assert_true(at_once && s == RELOAD_STARTING);
				puppet_close();
				continue;
			}
			puppet_dies(fresh, PUPPET_EXITED(3));
			if (old->state == MEMBER_STOPPING)
				puppet_dies(old, 0);
			if (old->state == MEMBER_STARTING) {
				puppet_hello(old);
				puppet_ready(old);
			}
			puppet_all_switch();
			fake_time_advance(600000);
			assert_int_equal(f->reload->reload.state, RELOAD_IDLE);
			assert_int_equal(f->reload->last_code, EXIT_DEGRADED);
			assert_ptr_equal(f->handler, old);
			assert_int_equal(old->state, MEMBER_UP);
			assert_int_equal(puppet_alive(true), 1);
			puppet_close();
		}
}

/* ---- judged before the switch --------------------------------------- */

static void
put_plugin(const char *name, enum plugin_state state)
{
	struct page_plugins *p = &f->page.head->plugins;

	page_begin(&p->lock);
	str_copy(p->plugin[p->count].name, name, sizeof(p->plugin[0].name));
	p->plugin[p->count++].state = state;
	page_end(&p->lock);
}

static void
begin_with_plugin_down(const char *words)
{
	struct err e;

	assert_int_equal(reload_effects_begin(f->reload, 0, false, false, &e),
	    0);
	puppet_hello(f->reload->fresh);
	puppet_report(f->reload->fresh, REPORT_PLUGIN_DOWN, 0, words);
	puppet_ready(f->reload->fresh);
}

static void
f_c12_a_plugin_that_worked_is_not_given_up(void **state)
{
	struct member *old;

	f = puppet_open("", false);
	old = f->handler;
	put_plugin("good", PLUGIN_UP);
	put_plugin("sick", PLUGIN_HELD);
	begin_with_plugin_down("good (exited with code 3)");
	assert_int_equal(f->reload->reload.state, RELOAD_ROLLING_BACK);
	assert_ptr_equal(f->handler, old);
	puppet_dies(f->reload->fresh, SIGKILL);
	assert_int_equal(f->reload->reload.state, RELOAD_IDLE);
	assert_non_null(strstr(f->reload->reload.words,
	    "could not bring up "
	    "plugin good (exited with code 3)"));
	assert_non_null(strstr(f->reload->reload.words,
	    "nothing was "
	    "changed"));
	assert_int_equal(puppet_told(old, MSG_STOP), 0);
	/* One that did not work before is no reason. */
	begin_with_plugin_down("sick (exited with code 3)");
	assert_int_equal(f->reload->reload.state, RELOAD_SWITCHING);
	puppet_close();
}

/* After the switch the old one is started anew: that is not nothing. */
static void
f_c12_the_words_say_what_is(void **state)
{
	struct member *old;

	f = puppet_open("", false);
	old = f->handler;
	puppet_reload();
	puppet_all_switch();
	puppet_dies(old, 0);
	puppet_dies(f->reload->fresh, PUPPET_EXITED(3));
	assert_int_equal(f->reload->reload.state, RELOAD_ROLLING_BACK);
	puppet_hello(old);
	puppet_report(old, REPORT_PLUGIN_DOWN, 0, "own (exit status 1)");
	puppet_ready(old);
	puppet_all_switch();
	assert_int_equal(f->reload->reload.state, RELOAD_IDLE);
	assert_null(strstr(f->reload->reload.words, "nothing was changed"));
	assert_non_null(strstr(f->reload->reload.words,
	    "it was started anew, "
	    "and can't bring up plugin own (exit status 1)."));
	puppet_close();
}

int
main(void)
{
#define T(name) cmocka_unit_test(name)
	const struct CMUnitTest tests[] = {
	    T(f_a4_again_is_void_for_one_on_trial),
	    T(f_a3_reload_without_probation_and_handler),
	    T(test_reload),
	    T(test_the_new_one_dies),
	    T(f_c12_a_plugin_that_worked_is_not_given_up),
	    T(f_c12_the_words_say_what_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

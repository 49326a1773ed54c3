/* SPDX-License-Identifier: MIT */
/* One shard's place from process to process: the table of handler_switch.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "supervisor/operation/handover.h"
#include "tests/unit/rig/fake_time.h"

static struct {
	struct handover s;
	struct timers *timers;
	bool start_fails, ask_fails, other;
	char calls[128], why[512];
	int ok; /* of done(); -1: not yet */
} w;

static void
call(const char *name)
{
	strncat(w.calls, name, sizeof(w.calls) - strlen(w.calls) - 1);
	strncat(w.calls, " ", sizeof(w.calls) - strlen(w.calls) - 1);
}

static int
fake_start(void *arg, struct err *e)
{
	call("start");
	w.other = !w.start_fails;
	return w.start_fails ? err_set(e, EXIT_DEGRADED, "no process") : 0;
}

static int
fake_ask(void *arg)
{
	call("ask");
	return w.ask_fails ? -1 : 0;
}

static void
fake_take(void *arg)
{
	call("take");
}

static void
fake_drop(void *arg)
{
	call("drop");
}

static void
fake_kill(void *arg)
{
	call("kill");
}

static bool
fake_other(void *arg)
{
	return w.other;
}

static void
fake_done(void *arg, bool ok, const char *why)
{
	assert_int_equal(w.ok, -1);
	w.ok = ok;
	str_copy(w.why, why, sizeof(w.why));
}

static const struct handover_actions actions = {
    .start = fake_start,
    .ask = fake_ask,
    .take = fake_take,
    .drop = fake_drop,
    .kill_old = fake_kill,
    .other_runs = fake_other,
    .done = fake_done,
};

static void
begin(void)
{
	const struct handover_limits l = {.dial_s = 30, .take_s = 60};
	struct err e;

	memset(&w, 0, sizeof(w));
	fake_time_reset();
	w.timers = timer_base_new(NULL);
	w.ok = -1;
	handover_init(&w.s, w.timers, &actions, NULL);
	assert_int_equal(handover_begin(&w.s, &l, &e), 0);
}

static void
on(enum handover_event ev)
{
	handover_event(&w.s, ev);
}

static void
ends(bool ok, const char *calls, const char *why)
{
	assert_int_equal(w.ok, ok);
	assert_string_equal(w.calls, calls);
	assert_non_null(strstr(w.why, why));
	/* The process that is left over ends last. */
	if (!handover_free(&w.s)) {
		w.other = false;
		on(HANDOVER_ON_OLD_GONE);
	}
	assert_true(handover_free(&w.s));
	assert_true(fake_time_next() == UINT64_MAX);
	timer_base_free(w.timers);
}

static void
other_gone(enum handover_event ev)
{
	w.other = false;
	on(ev);
}

/* ---- tests ---------------------------------------------------------- */

static void
test_good_way(void **state)
{
	begin();
	on(HANDOVER_ON_STANDBY);
	on(HANDOVER_ON_HANDED);
	assert_string_equal(w.calls, "start ask ");
	fake_time_advance(1);
	assert_string_equal(w.calls, "start ask take ");
	on(HANDOVER_ON_READY);
	ends(true, "start ask take ", "");
}

static void
test_old_gone_first(void **state)
{
	begin();
	on(HANDOVER_ON_STANDBY);
	on(HANDOVER_ON_HANDED);
	on(HANDOVER_ON_OLD_GONE);
	assert_string_equal(w.calls, "start ask take ");
	fake_time_advance(1);
	w.other = false;
	on(HANDOVER_ON_READY);
	ends(true, "start ask take ", "");
}

static void
test_start_fails(void **state)
{
	const struct handover_limits l = {.dial_s = 30, .take_s = 60};
	struct err e;

	begin();
	on(HANDOVER_ON_ABORT);
	w.other = false;
	on(HANDOVER_ON_NEW_GONE);
	w.start_fails = true;
	assert_int_equal(handover_begin(&w.s, &l, &e), -1);
	assert_true(handover_free(&w.s));
	timer_base_free(w.timers);
}

static void
test_never_connected(void **state)
{
	begin();
	handover_trouble(&w.s, "connection refused");
	fake_time_advance(30000);
	ends(false, "start drop ", "connected in time: connection refused");
	begin();
	other_gone(HANDOVER_ON_NEW_GONE);
	ends(false, "start drop ", "ended before");
}

static void
test_old_dies_meanwhile(void **state)
{
	begin();
	on(HANDOVER_ON_OLD_GONE);
	on(HANDOVER_ON_READY);
	ends(true, "start take ", "");
	begin();
	on(HANDOVER_ON_STANDBY);
	on(HANDOVER_ON_OLD_GONE);
	other_gone(HANDOVER_ON_READY);
	ends(true, "start ask take ", "");
}

static void
test_refused(void **state)
{
	begin();
	on(HANDOVER_ON_STANDBY);
	handover_trouble(&w.s, "it is identifying");
	on(HANDOVER_ON_REFUSED);
	ends(false, "start ask drop ", "it is identifying");
}

static void
test_cannot_be_asked(void **state)
{
	begin();
	w.ask_fails = true;
	on(HANDOVER_ON_STANDBY);
	ends(false, "start ask drop ", "could not be asked");
}

static void
test_old_hangs(void **state)
{
	begin();
	on(HANDOVER_ON_STANDBY);
	fake_time_advance((uint64_t)(HANDOVER_HAND_S * 1000));
	assert_string_equal(w.calls, "start ask kill ");
	on(HANDOVER_ON_OLD_GONE);
	on(HANDOVER_ON_READY);
	ends(true, "start ask kill take ", "");
	begin();
	on(HANDOVER_ON_STANDBY);
	fake_time_advance((uint64_t)(HANDOVER_HAND_S * 2000));
	ends(false, "start ask kill drop ", "neither");
}

static void
test_new_dies_later(void **state)
{
	begin();
	on(HANDOVER_ON_STANDBY);
	other_gone(HANDOVER_ON_NEW_GONE);
	ends(false, "start ask ", "as usual");
	begin();
	on(HANDOVER_ON_STANDBY);
	on(HANDOVER_ON_HANDED);
	fake_time_advance(1);
	other_gone(HANDOVER_ON_NEW_GONE);
	ends(false, "start ask take ", "after it had taken over");
}

static void
test_not_resumed(void **state)
{
	begin();
	on(HANDOVER_ON_STANDBY);
	on(HANDOVER_ON_HANDED);
	fake_time_advance(60100);
	ends(false, "start ask take ", "not RESUMED in time");
}

static void
test_abort(void **state)
{
	begin();
	on(HANDOVER_ON_ABORT);
	ends(false, "start drop ", "");
	begin();
	on(HANDOVER_ON_STANDBY);
	on(HANDOVER_ON_ABORT);
	ends(false, "start ask drop ", "");
	begin();
	on(HANDOVER_ON_STANDBY);
	on(HANDOVER_ON_OLD_GONE);
	on(HANDOVER_ON_ABORT);
	ends(false, "start ask take ", "");
}

int
main(void)
{
#define T(f) cmocka_unit_test(f)
	const struct CMUnitTest tests[] = {
	    T(test_good_way),
	    T(test_old_gone_first),
	    T(test_start_fails),
	    T(test_never_connected),
	    T(test_old_dies_meanwhile),
	    T(test_refused),
	    T(test_cannot_be_asked),
	    T(test_old_hangs),
	    T(test_new_dies_later),
	    T(test_not_resumed),
	    T(test_abort),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

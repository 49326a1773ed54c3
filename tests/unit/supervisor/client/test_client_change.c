/* SPDX-License-Identifier: MIT */
/* A bot's process is replaced: the table of client_change.c, with fakes that
 * call back as the real actions do, at once or later. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "supervisor/client/client_change.h"

static struct {
	struct client_change c;
	bool old, fresh;	/* they run */
	bool no_start, at_once; /* at_once: who is asked to end is gone */
	bool again;		/* done begins the next one */
	char calls[256], why[CLIENT_CHANGE_WORDS];
	unsigned ends;
} w;

static void
call(const char *name)
{
	strncat(w.calls, name, sizeof(w.calls) - strlen(w.calls) - 1);
	strncat(w.calls, " ", sizeof(w.calls) - strlen(w.calls) - 1);
}

static void
event(enum client_change_event e)
{
	client_change_event(&w.c, e);
}

static bool
fake_start(void *arg)
{
	call("start");
	w.fresh = !w.no_start;
	/* One whose program is not there is gone before it was begun. */
	if (w.fresh && w.at_once) {
		w.fresh = false;
		event(CLIENT_CHANGE_ON_NEW_GONE);
		return true;
	}
	return w.fresh;
}

static void
new_goes(void)
{
	w.fresh = false;
	event(CLIENT_CHANGE_ON_NEW_GONE);
}

static void
old_goes(void)
{
	w.old = false;
	event(CLIENT_CHANGE_ON_OLD_GONE);
}

static void
fake_end_new(void *arg)
{
	call("end_new");
	if (w.at_once)
		new_goes();
}

static void
fake_end_old(void *arg)
{
	call("end_old");
	if (w.at_once)
		old_goes();
}

static bool
fake_old_runs(void *arg)
{
	return w.old;
}

static void
fake_promote(void *arg)
{
	call("promote");
	w.old = w.fresh;
	w.fresh = false;
}

static void
fake_revive(void *arg)
{
	call("revive");
	w.old = true;
}

static const char *
fake_obituary(void *arg)
{
	return "it died";
}

static void
fake_done(void *arg, const char *why)
{
	call("done");
	assert_false(client_change_busy(&w.c));
	str_copy(w.why, why, sizeof(w.why));
	w.ends++;
	if (w.again) {
		w.again = false;
		event(CLIENT_CHANGE_ON_BEGIN);
	}
}

static const struct client_change_actions fakes = {.start = fake_start,
    .end_new = fake_end_new,
    .end_old = fake_end_old,
    .old_runs = fake_old_runs,
    .promote = fake_promote,
    .revive = fake_revive,
    .obituary = fake_obituary,
    .done = fake_done};

static int
set_up(void **state)
{
	memset(&w, 0, sizeof(w));
	w.old = true;
	client_change_init(&w.c, &fakes, NULL);
	return 0;
}

static void
begin(void)
{
	event(CLIENT_CHANGE_ON_BEGIN);
	assert_int_equal(w.c.state, CLIENT_CHANGE_STARTING);
}

static void
expect(const char *calls, const char *why)
{
	assert_string_equal(w.calls, calls);
	assert_string_equal(w.why, why);
	assert_int_equal(w.ends, 1);
	assert_false(client_change_busy(&w.c));
	assert_true(w.old);
}

static void
test_it_takes_over(void **state)
{
	begin();
	event(CLIENT_CHANGE_ON_ARRIVED);
	assert_int_equal(w.ends, 0);
	event(CLIENT_CHANGE_ON_LATE); /* no matter any more */
	old_goes();
	expect("start end_old promote done ", "");
}

static void
test_the_old_one_goes_at_once(void **state)
{
	begin();
	w.at_once = true;
	event(CLIENT_CHANGE_ON_ARRIVED);
	expect("start end_old promote done ", "");
}

static void
test_the_old_one_died_before(void **state)
{
	begin();
	old_goes();
	assert_int_equal(w.ends, 0);
	event(CLIENT_CHANGE_ON_ARRIVED);
	expect("start promote done ", "");
}

static void
test_the_new_one_dies(void **state)
{
	begin();
	new_goes();
	expect("start done ", "it died");
}

static void
test_both_die(void **state)
{
	begin();
	old_goes();
	new_goes();
	expect("start revive done ", "it died");
}

static void
test_it_is_late(void **state)
{
	begin();
	event(CLIENT_CHANGE_ON_LATE);
	assert_int_equal(w.ends, 0);
	/* Too late: it is being ended. */
	event(CLIENT_CHANGE_ON_ARRIVED);
	assert_int_equal(w.ends, 0);
	new_goes();
	expect("start end_new done ", "it was not READY at the gate in time");
}

static void
test_late_and_the_old_one_dies(void **state)
{
	begin();
	event(CLIENT_CHANGE_ON_LATE);
	old_goes();
	assert_int_equal(w.ends, 0);
	new_goes();
	expect("start end_new revive done ",
	    "it was not READY at the gate in time");
}

static void
test_it_dies_after_it_arrived(void **state)
{
	begin();
	event(CLIENT_CHANGE_ON_ARRIVED);
	new_goes();
	assert_int_equal(w.ends, 0); /* two of the old one are one too many */
	old_goes();
	expect("start end_old revive done ", "it died");
}

static void
test_there_is_no_process(void **state)
{
	w.no_start = true;
	event(CLIENT_CHANGE_ON_BEGIN);
	expect("start done ", "its process could not be made");
}

static void
test_it_is_gone_within_its_start(void **state)
{
	w.at_once = true;
	event(CLIENT_CHANGE_ON_BEGIN);
	expect("start done ", "it died");
}

static void
test_the_next_begins_where_one_ends(void **state)
{
	begin();
	w.again = true;
	new_goes();
	assert_int_equal(w.c.state, CLIENT_CHANGE_STARTING);
	event(CLIENT_CHANGE_ON_ARRIVED);
	old_goes();
	assert_string_equal(w.calls, "start done start end_old promote done ");
	assert_int_equal(w.ends, 2);
}

/* Of no change under way, nor of one that is over. */
static void
test_what_comes_at_rest(void **state)
{
	for (unsigned e = 0; e < CLIENT_CHANGE_EVENT_COUNT; e++)
		if (e != CLIENT_CHANGE_ON_BEGIN)
			event(e);
	assert_string_equal(w.calls, "");
	assert_false(client_change_busy(&w.c));
}

#define T(f) cmocka_unit_test_setup(f, set_up)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_it_takes_over),
	    T(test_the_old_one_goes_at_once),
	    T(test_the_old_one_died_before),
	    T(test_the_new_one_dies),
	    T(test_both_die),
	    T(test_it_is_late),
	    T(test_late_and_the_old_one_dies),
	    T(test_it_dies_after_it_arrived),
	    T(test_there_is_no_process),
	    T(test_it_is_gone_within_its_start),
	    T(test_the_next_begins_where_one_ends),
	    T(test_what_comes_at_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

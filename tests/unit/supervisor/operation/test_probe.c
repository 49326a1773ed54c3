/* SPDX-License-Identifier: MIT */
/*
 * The supervisor's side of a probe on a fake clock: who may ask when, the
 * schedule, what is put off and what has failed.  The handler, the control
 * socket and the page are played by the test.
 */
#include "supervisor/fleet.h"
#include "supervisor/fleet_parts.h"
#include "shared/base/clock.h"
#include "tests/unit/rig/fake_time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

const char *const member_state_name[MEMBER_STATE_COUNT] = {"down", "starting",
    "up", "stopping", "waiting", "failed"};

static struct {
	struct fleet fleet;
	struct probe probe;
	struct config config;
	struct member handler[2];
	struct ev_loop *loop;
	struct msg_probe asked;
	uint32_t serial;
	unsigned asks, dones;
	int code; /* of the last control_done */
	char result[600];
} t;

int
ipc_send(struct ipc *ipc, enum msg_type type, int32_t shard, uint32_t serial,
    const void *payload, size_t len, int fd)
{
	assert_int_equal(type, MSG_PROBE);
	assert_int_equal(len, sizeof(t.asked));
	memcpy(&t.asked, payload, len);
	t.serial = serial;
	t.asks++;
	return 0;
}

void
control_say(struct control *c, uint32_t ticket, const char *key,
    const char *text)
{
	assert_string_equal(key, "result");
	str_copy(t.result, text, sizeof(t.result));
}

void
control_done(struct control *c, uint32_t ticket, uint32_t generation,
    const struct err *e)
{
	t.dones++;
	t.code = e != NULL ? e->code : 0;
}

/* Who may run beside whom is test_operation.c's business. */
int
operation_may(const struct fleet *f, enum operation o, struct err *e)
{
	assert_int_equal(o, OPERATION_PROBE);
	return probe_busy(f->probe) ? err_set(e, EXIT_TRY_LATER,
		   "a probe is "
		   "under way")
				    : 0;
}

static char emoji[] = "x";

static int
set_up(void **state)
{
	memset(&t, 0, sizeof(t));
	fake_time_reset();
	t.loop = ev_loop_new(0);
	t.fleet.timers = timer_base_new(t.loop);
	t.fleet.config = &t.config;
	t.fleet.probe = &t.probe;
	t.fleet.local = 2;
	t.fleet.handler = &t.handler[0];
	t.handler[0].state = t.handler[1].state = MEMBER_UP;
	t.handler[0].ready_ms = t.handler[1].ready_ms = 1;
	t.config.probe_channel = 500;
	t.config.probe_message = 600;
	t.config.probe_emoji = emoji;
	t.config.probe_deadline_s = 10;
	t.config.probe_slow_s = 3;
	probe_init(t.fleet.probe, &t.fleet);
	return 0;
}

static int
tear_down(void **state)
{
	probe_stop(t.fleet.probe);
	timer_base_free(t.fleet.timers);
	ev_loop_destroy(t.loop);
	return 0;
}

static int
ask(void)
{
	struct err e = {0};

	return probe_ask(t.fleet.probe, 7, 0, &e) == 0 ? 0 : e.code;
}

static void
answer(int code, const char *text)
{
	struct msg_probe_answer m = {.code = code, .shard = 1, .total_ms = 50};

	str_copy(m.text, text, sizeof(m.text));
	probe_answered(t.fleet.probe, &t.handler[0], t.serial, &m);
}

/* The supervisor's second hand. */
static void
tick(unsigned seconds)
{
	while (seconds-- > 0) {
		fake_time_advance(1000);
		probe_tick(t.fleet.probe);
	}
}

static void
one_at_a_time(void **state)
{
	t.config.probe_message = 0;
	assert_int_equal(ask(), EXIT_CONFIG);
	t.config.probe_message = 600;
	assert_int_equal(ask(), 0);
	assert_int_equal(t.asked.message, 600);
	assert_int_equal(t.asked.deadline_ms, 10000);
	assert_int_equal(ask(), EXIT_TRY_LATER);
	answer(0, "");
	assert_int_equal(t.dones, 1);
	assert_int_equal(t.code, 0);
	assert_non_null(strstr(t.result, "\"total_ms\":50"));
	assert_non_null(strstr(t.result, "\"message\":\"600\""));
	answer(2, "a second answer is nobody's");
	assert_int_equal(t.dones, 1);
	t.handler[0].ready_ms = 0;
	assert_int_equal(ask(), EXIT_DOWN);
}

static void
a_silent_handler(void **state)
{
	assert_int_equal(ask(), 0);
	fake_time_advance(PROBE_PARTS * 10000 + PROBE_SLACK_S * 1000 + 1);
	assert_int_equal(t.code, EXIT_DOWN);
	assert_int_equal(t.fleet.probe->last.code, EXIT_DOWN);
	assert_int_equal(ask(), 0);
}

static void
a_handler_that_goes(void **state)
{
	assert_int_equal(ask(), 0);
	probe_handler_gone(t.fleet.probe, &t.handler[0]);
	assert_int_equal(t.code, EXIT_TRY_LATER);
	/* Its event may have gone to the one that took over. */
	assert_int_equal(ask(), 0);
	t.fleet.handler = &t.handler[1];
	answer(2, "not back");
	assert_int_equal(t.code, EXIT_TRY_LATER);
	assert_int_equal(t.fleet.probe->last.at_wall_ms, 0);
}

static void
on_schedule(void **state)
{
	struct probe *p = t.fleet.probe;

	tick(100);
	assert_int_equal(t.asks, 0);
	t.config.probe_interval_s = 60;
	assert_true(probe_pending(p));
	tick(60);
	assert_int_equal(t.asks, 0);
	tick(1);
	assert_int_equal(t.asks, 1);
	answer(2, "not back");
	assert_int_equal(t.dones, 0);
	assert_string_equal(probe_alarm(p), "not back");
	assert_false(probe_pending(p));
	tick(60);
	assert_int_equal(t.asks, 2);
	answer(0, "");
	assert_string_equal(probe_alarm(p), "");
	assert_int_equal(p->last.runs, 2);
	assert_int_equal(p->last.failures, 1);
	t.config.probe_interval_s = 0;
	tick(200);
	assert_int_equal(t.asks, 2);
}

/* A handler that is just being restarted is no alarm; one that stays
 * away is. */
static void
put_off_for_a_while(void **state)
{
	struct probe *p = t.fleet.probe;

	t.config.probe_interval_s = 60;
	t.handler[0].ready_ms = 0;
	tick(61 + 20);
	assert_string_equal(probe_alarm(p), "");
	t.handler[0].ready_ms = 1;
	tick(5);
	assert_int_equal(t.asks, 1);
	answer(0, "");
	t.handler[0].ready_ms = 0;
	tick(60 + (PROBE_RETRIES + 1) * PROBE_RETRY_MS / 1000);
	assert_non_null(strstr(probe_alarm(p), "not ready"));
	assert_int_equal(p->last.code, EXIT_DOWN);
}

static void
no_config_is_said_once_due(void **state)
{
	t.config.probe_interval_s = 60;
	t.config.probe_channel = 0;
	tick(61);
	assert_int_equal(t.fleet.probe->last.code, EXIT_CONFIG);
	assert_non_null(strstr(probe_alarm(t.fleet.probe), "--setup"));
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest tests[] = {T(one_at_a_time),
	    T(a_silent_handler), T(a_handler_that_goes), T(on_schedule),
	    T(put_off_for_a_while), T(no_config_is_said_once_due)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

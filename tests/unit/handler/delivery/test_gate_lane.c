/* SPDX-License-Identifier: MIT */
/* gate_lane.c: every event reaches the gate, which may go away at any time. */
#include "handler/delivery/gate_lane.h"
#include "shared/base/clock.h"
#include "tests/unit/rig/fake_time.h"
#include "tests/unit/rig/gate_peer.h"
#include "tests/unit/rig/scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

static struct {
	char dir[SCRATCH_MAX];
	struct ev_loop *loop;
	struct timers *timers;
	struct lanes lanes;
	struct gate_lane gate;
	struct intake intake;
	struct subscriptions route;
	struct in_flight_shard shard;
	struct config config;
	int fd;
	unsigned lost, finished;
} t;

static void
on_finished(struct lanes *l, struct event *e)
{
	t.finished++;
	in_flight_finish(&t.intake.work, e);
}

static void
on_lost(struct gate_lane *g)
{
	t.lost++;
}

static void
wire(void)
{
	int fd;

	t.fd = gate_peer_pair(&fd);
	gate_lane_open(&t.gate, fd, 1, 4);
}

static int
set_up(void **state)
{
	struct err e;

	memset(&t, 0, sizeof(t));
	assert_int_equal(scratch_make(t.dir, sizeof(t.dir)), 0);
	assert_int_equal(config_parse(&t.config, "shardherd.conf",
			     "[bot]\nintents = GUILDS\n[gate]\n"
			     "listen = 127.0.0.1:1\n[client \"a\"]\n",
			     NULL, NULL, &e),
	    0);
	t.loop = ev_loop_new(EVFLAG_AUTO);
	t.timers = timer_base_new(t.loop);
	t.lanes.finished = on_finished;
	t.lanes.serving = true;
	backlog_dir_init(&t.lanes.backlogs, t.dir);
	subscriptions_init(&t.route);
	intake_init(&t.intake, t.loop, &t.route, 10000, 1);
	t.intake.shard_count = 4;
	in_flight_shard_init(&t.shard, 3);
	in_flight_session(&t.shard, 9, "session");
	in_flight_bind(&t.shard, 1);
	t.gate.lost = on_lost;
	gate_lane_init(&t.gate, t.timers, &t.lanes, &t.intake, &t.config);
	wire();
	return 0;
}

static int
tear_down(void **state)
{
	gate_lane_free(&t.gate);
	in_flight_shard_drop(&t.intake.work, &t.shard);
	intake_free(&t.intake);
	subscriptions_free(&t.route);
	backlog_dir_unlock(&t.lanes.backlogs);
	timer_base_free(t.timers);
	ev_loop_destroy(t.loop);
	config_free(&t.config);
	close(t.fd);
	return scratch_remove(t.dir);
}

static void
push(uint64_t seq)
{
	char raw[64];
	struct up_hdr h = {.type = UP_EVENT,
	    .ord = seq,
	    .seq = seq,
	    .session = 9,
	    .recv_ms = (uint64_t)clock_wall_ms()};
	struct event *e;

	str_format(raw, sizeof(raw), "{\"s\":%llu}", (unsigned long long)seq);
	h.len = (uint32_t)strlen(raw);
	assert_int_equal(in_flight_judge(&t.intake.work, &t.shard, &h),
	    IN_FLIGHT_NEW);
	e = in_flight_add(&t.intake.work, &t.shard, &h, raw, 1);
	e->to[0].event = e;
	gate_lane_push(&t.gate, &e->to[0]);
}

static void
turn(void)
{
	for (int i = 0; i < 4; i++) {
		gate_lane_pump(&t.gate);
		ev_run(t.loop, EVRUN_NOWAIT);
	}
}

static void
say(uint8_t type, uint64_t ord, uint32_t shard, const void *data, size_t len)
{
	gate_peer_say(t.fd,
	    &(struct gate_hdr) {.len = (uint32_t)len,
		.type = type,
		.ord = ord,
		.shard = shard},
	    data);
}

static void
hello(void)
{
	gate_peer_hello(t.fd, 0);
	turn();
}

static bool
hear(struct gate_hdr *h, char payload[256])
{
	return gate_peer_hear(t.fd, h, payload, 256);
}

static uint64_t
expect_events(uint64_t from, uint64_t to)
{
	struct gate_hdr h = {0};
	char payload[256], want[64];

	for (uint64_t seq = from; seq <= to; seq++) {
		assert_true(hear(&h, payload));
		str_format(want, sizeof(want), "{\"s\":%llu}",
		    (unsigned long long)seq);
		assert_int_equal(h.type, GATE_EVENT);
		assert_string_equal(payload, want);
		assert_int_equal(h.seq, seq);
		assert_int_equal(h.session, 9);
		assert_int_equal(h.shard, 3);
		assert_int_equal(h.shard_count, 4);
	}
	assert_false(hear(&h, payload));
	return h.ord;
}

static void
test_acknowledged(void **state)
{
	uint64_t last;

	for (uint64_t i = 1; i <= 10; i++)
		push(i);
	turn();
	expect_events(1, 0); /* it has not greeted */
	hello();
	last = expect_events(1, 10);
	assert_int_equal(t.finished, 0);
	say(GATE_ACK, last - 4, 0, NULL, 0);
	turn();
	assert_int_equal(t.finished, 6);
	say(GATE_ACK, last, 0, NULL, 0);
	turn();
	assert_int_equal(t.finished, 10);
	assert_int_equal(t.intake.work.events, 0);
}

/* What is not acknowledged comes again, before the rest. */
static void
test_away(void **state)
{
	uint64_t last;

	for (uint64_t i = 1; i <= 10; i++)
		push(i);
	hello();
	last = expect_events(1, 10);
	say(GATE_ACK, last - 7, 0, NULL, 0);
	turn();
	close(t.fd);
	turn();
	assert_int_equal(t.lost, 1);
	assert_int_equal(t.finished, 3);
	push(11);
	wire();
	hello();
	last = expect_events(4, 11);
	say(GATE_ACK, last, 0, NULL, 0);
	turn();
	assert_int_equal(t.intake.work.events, 0);
}

/* It holds up no shard: after a while all is on disk, and comes from there. */
static void
test_backlog(void **state)
{
	struct gate_lane_state s;
	uint64_t last;

	close(t.fd);
	turn();
	for (uint64_t i = 1; i <= 100; i++)
		push(i);
	for (unsigned i = 0; i < 2 * LANE_PATIENCE; i++) {
		t.lanes.epoch++;
		lane_tick(&t.gate.lane);
	}
	assert_int_equal(t.finished, 100);
	assert_int_equal(t.intake.work.events, 0);
	gate_lane_look(&t.gate, &s);
	assert_int_equal(s.backlog, 100);
	assert_false(s.open);
	push(101); /* behind those */
	wire();
	hello();
	last = expect_events(1, 101);
	say(GATE_ACK, last, 0, NULL, 0);
	turn();
	gate_lane_look(&t.gate, &s);
	assert_int_equal(s.backlog, 0);
	assert_int_equal(s.waiting, 0);
	assert_int_equal(s.dropped, 0);
}

/* A command for a shard that is not there is answered. */
static void
test_command(void **state)
{
	struct gate_hdr h;
	struct up_result r;
	char payload[256];

	hello();
	say(GATE_SEND, 5, 1, "{}", 2);
	turn();
	assert_true(hear(&h, payload));
	assert_int_equal(h.type, GATE_SENT);
	assert_int_equal(h.ord, 5);
	memcpy(&r, payload, sizeof(r));
	assert_int_equal(r.status, SEND_NOT_CONNECTED);
	/* The gate's to send is no event. */
	say(GATE_EVENT, 1, 1, "{}", 2);
	turn();
	assert_int_equal(t.lost, 1);
}

/* ---- questions ------------------------------------------------------ */

static struct {
	unsigned n, status;
	uint64_t guild;
	char text[128];
} told;

static void
on_told(void *arg, const struct gate_answer *a, const char *text, size_t len)
{
	told.n++;
	told.status = a->status;
	told.guild = a->guild;
	str_format(told.text, sizeof(told.text), "%.*s", (int)len, text);
}

static const char *
ask(enum gate_ask_what what)
{
	const struct gate_ask q = {.what = what, .channel = 5};

	return gate_question_ask(&t.gate.questions, &q, "{}", 2, on_told, NULL);
}

static void
answers(uint64_t id, const char *text)
{
	struct {
		struct gate_answer a;
		char text[64];
	} m = {.a = {.status = GATE_ANSWER_OK, .guild = 7}};

	str_copy(m.text, text, sizeof(m.text));
	say(GATE_ANSWER, id, 0, &m, sizeof(m.a) + strlen(text));
	turn();
}

static void
test_question(void **state)
{
	struct gate_hdr h;
	struct gate_ask q;
	char payload[256];

	memset(&told, 0, sizeof(told));
	hello();
	assert_null(ask(GATE_ASK_CHANNEL));
	assert_null(ask(GATE_ASK_CHANNEL));
	assert_true(hear(&h, payload));
	assert_int_equal(h.type, GATE_ASK);
	assert_int_equal(h.len, sizeof(q) + 2);
	memcpy(&q, payload, sizeof(q));
	assert_int_equal(q.channel, 5);
	assert_string_equal(payload + sizeof(q), "{}");
	answers(2, "[2]");
	assert_int_equal(told.n, 1);
	assert_string_equal(told.text, "[2]");
	assert_int_equal(told.guild, 7);
	answers(2, "[3]"); /* it had one */
	answers(9, "[3]");
	say(GATE_ANSWER, 1, 0, "x", 1); /* no answer */
	turn();
	assert_int_equal(told.n, 1);
	fake_time_advance((uint64_t)(GATE_QUESTION_S * 1000));
	assert_int_equal(told.n, 2);
	assert_int_equal(told.status, GATE_ANSWER_COLD);
	assert_string_equal(told.text, "the gate does not answer in time");
}

/* Whoever asks hears at once that it is away. */
static void
test_question_away(void **state)
{
	memset(&told, 0, sizeof(told));
	hello();
	assert_null(ask(GATE_ASK_CHANNEL));
	close(t.fd);
	turn();
	assert_int_equal(told.n, 1);
	assert_string_equal(told.text, "the gate went away");
	assert_string_equal(ask(GATE_ASK_CHANNEL), "the gate is away");
	assert_non_null(strstr(gate_question_ask(NULL, &(struct gate_ask) {0},
				   NULL, 0, on_told, NULL),
	    "there is no gate"));
	wire();
	hello();
	for (unsigned i = 0; i < GATE_QUESTIONS_MAX / 2; i++)
		assert_null(ask(GATE_ASK_PLACE));
	/* Clients' REST leaves room for plugins. */
	assert_string_equal(ask(GATE_ASK_PLACE),
	    "too many questions wait for the gate already");
	assert_null(ask(GATE_ASK_GUILD));
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest tests[] = {T(test_acknowledged), T(test_away),
	    T(test_backlog), T(test_command), T(test_question),
	    T(test_question_away)};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}

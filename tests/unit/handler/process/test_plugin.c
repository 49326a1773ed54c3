/* SPDX-License-Identifier: MIT */
/*
 * Plugins as real processes on a fake clock: they start, answer, ask, end,
 * talk nonsense, and an event that ends one twice is set aside while the rest
 * goes on.
 */
#include "handler/process/health.h"
#include "shared/guest/stderr_words.h"
#include "shared/guest/log_ration.h"
#include "handler/process/plugin.h"
#include "handler/process/rpc_read.h"
#include "shared/base/log.h"
#include "tests/unit/rig/fake_time.h"

#include <json-c/json.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <cmocka.h>

#define EVENTS 6
#define PATIENCE_S 20 /* of real time */

/* Answers every line; what a line is about is told by the word in it. */
#define SHELL_PLUGIN                                                           \
	"/bin/sh -c 'while read -r l; do"                                      \
	" id=${l#*\\\"id\\\":}; id=${id%%,*};"                                 \
	" case \"$l\" in"                                                      \
	" *poison*) echo dying >&2; exit 3;;"                                  \
	" *garbage*) echo gaga; continue;;"                                    \
	" *ask*) q=$id; echo \"{\\\"id\\\":1,\\\"method\\\":\\\"m\\\"}\";"     \
	" continue;;"                                                          \
	" *result*) id=$q;;"                                                   \
	" *refuse*) echo \"{\\\"id\\\":$id,\\\"error\\\":{\\\"code\\\":1,"     \
	"\\\"message\\\":\\\"nothing works\\\"}}\"; continue;;"                \
	" *hugecall*) q=$id; printf \"{\\\"id\\\":1,\\\"method\\\":\\\"m\\\"," \
	"\\\"params\\\":\\\"\"; head -c 17000000 /dev/zero; echo; continue;;"  \
	" *hugeanswer*) printf \"{\\\"id\\\":$id,\\\"result\\\":\\\"\";"       \
	" head -c 17000000 /dev/zero; echo; continue;;"                        \
	" *hugejunk*) head -c 17000000 /dev/zero; echo; continue;;"            \
	" *longer*) id=$q;;"                                                   \
	" *noise*) n=0; while [ $n -lt 250 ]; do echo loud >&2; n=$((n+1));"   \
	" done;;"                                                              \
	" *closes*) exec 0<&-; sleep 1000;;"                                   \
	" *first*) echo \"{\\\"method\\\":\\\"done\\\","                       \
	"\\\"params\\\":{\\\"upto\\\":$id}}\"; continue;;"                     \
	" *again*:true*kept*) ;;"                                              \
	" *kept*) continue;;"                                                  \
	" *hangs*) echo hanging >&2; exec sleep 1000;;"                        \
	" *shutdown*) continue;;"                                              \
	" esac;"                                                               \
	" echo \"{\\\"id\\\":$id,\\\"result\\\":null}\"; done'"

static struct {
	struct ev_loop *loop;
	struct config config;
	struct guest_limits limits;
	struct plugin_host host;
	struct plugin *plugin;
	struct in_flight work;
	struct in_flight_shard shard;
	ev_io signals;
	ev_timer second; /* so that a wait can run out */
	struct window_waiting waiting;
	unsigned finished, aside, asked, ended, seconds;
	uint64_t waited_ms; /* for restarts */
	uint64_t order[EVENTS];
} t;

static void
on_finished(struct plugin_host *h, struct plugin *p, struct delivery *d)
{
	assert_true(t.finished < EVENTS);
	t.order[t.finished++] = d->event->seq;
	in_flight_finish(&t.work, d->event);
}

static void
on_aside(struct plugin_host *h, struct plugin *p, struct delivery *d)
{
	t.aside++;
	assert_int_equal(d->strikes, WINDOW_STRIKES);
	on_finished(h, p, d);
}

static bool
on_fill(struct plugin_host *h, struct plugin *p)
{
	return true;
}

static void
on_request(struct plugin_host *h, struct plugin *p, const char *id,
    const char *method, struct json_object *params)
{
	assert_string_equal(method, "m");
	t.asked++;
	plugin_error(p, plugin_life(p) + 1, id, 1, "for another life", NULL);
	plugin_result(p, plugin_life(p), id, "true", 4);
}

static void
on_ended(struct plugin_host *h, struct plugin *p)
{
	t.ended++;
}

static void
on_changed(struct plugin_host *h, struct plugin *p)
{
}

static void
on_child(struct ev_loop *loop, ev_io *io, int revents)
{
	struct signalfd_siginfo si;

	while (read(io->fd, &si, sizeof(si)) > 0)
		plugin_reap(t.plugin);
}

static void
on_second(struct ev_loop *loop, ev_timer *w, int revents)
{
	t.seconds++;
}

static int
setup(void **state)
{
	static char exec[] = SHELL_PLUGIN, events[] = "*";
	sigset_t set;

	fake_time_reset();
	memset(&t, 0, sizeof(t));
	t.config.plugins = 1;
	t.config.handler_start_timeout_s = 10;
	t.config.restart_min_s = 1;
	t.config.restart_max_s = 60;
	t.config.plugin[0] = (struct config_plugin) {.name = "sh",
	    .exec = exec,
	    .events = events,
	    .window = 4,
	    .timeout_s = 10};
	t.loop = ev_loop_new(EVFLAG_AUTO);
	guest_limits_save(&t.limits);
	t.host = (struct plugin_host) {.loop = t.loop,
	    .timers = timer_base_new(t.loop),
	    .config = &t.config,
	    .limits = &t.limits,
	    .dir = "/",
	    .finished = on_finished,
	    .request = on_request,
	    .ended = on_ended,
	    .changed = on_changed,
	    .aside = on_aside,
	    .fill = on_fill};
	list_init(&t.host.dirty);
	in_flight_init(&t.work, 100, 1 << 20);
	in_flight_shard_init(&t.shard, 0);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	ev_io_init(&t.signals, on_child,
	    signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC), EV_READ);
	ev_io_start(t.loop, &t.signals);
	ev_timer_init(&t.second, on_second, 1, 1);
	ev_timer_start(t.loop, &t.second);
	window_waiting_init(&t.waiting);
	t.plugin = plugin_new(&t.host, 0, 0, &t.waiting);
	plugin_start(t.plugin, &t.config.plugin[0], false);
	return 0;
}

static void
run_until(bool (*done)(void))
{
	t.seconds = 0;
	while (!done()) {
		assert_true(t.seconds < PATIENCE_S);
		if (plugin_state(t.plugin) == PLUGIN_IDLE) {
			t.waited_ms += fake_time_next();
			fake_time_advance(fake_time_next());
		}
		plugin_pump_all(&t.host);
		if (!done())
			ev_run(t.loop, EVRUN_ONCE);
	}
}

static bool
is_gone(void)
{
	return plugin_state(t.plugin) == PLUGIN_GONE;
}

static bool
all_finished(void)
{
	return t.finished == EVENTS;
}

static int
teardown(void **state)
{
	plugin_stop(t.plugin);
	run_until(is_gone);
	plugin_free(t.plugin);
	in_flight_shard_drop(&t.work, &t.shard);
	in_flight_free(&t.work);
	timer_base_free(t.host.timers);
	close(t.signals.fd);
	ev_loop_destroy(t.loop);
	return 0;
}

static void
push(uint64_t seq, const char *word)
{
	char raw[64];
	struct event *e;

	str_format(raw, sizeof(raw), "{\"d\":\"%s\"}", word);
	e = in_flight_add(&t.work, &t.shard,
	    &(struct up_hdr) {.type = UP_EVENT,
		.len = (uint32_t)strlen(raw),
		.ord = seq,
		.seq = seq,
		.session = 1},
	    raw, 1);
	e->to[0].event = e;
	window_push(&t.waiting, &e->to[0]);
	plugin_kick(t.plugin);
}

static void
test_answers(void **state)
{
	for (uint64_t i = 1; i <= EVENTS; i++)
		push(i, i == 3 ? "ask" : "plain");
	run_until(all_finished);
	assert_int_equal(t.asked, 1);
	assert_int_equal(t.ended, 0);
	assert_int_equal(t.work.events, 0);
}

static void
check_set_aside(const char *word)
{
	for (uint64_t i = 1; i <= EVENTS; i++)
		push(i, i == 2 ? word : "plain");
	run_until(all_finished);
	for (unsigned i = 0; i < EVENTS; i++)
		assert_int_equal(t.order[i], i + 1); /* in order all the same */
	assert_int_equal(t.aside, 1);
	assert_int_equal(t.host.restarts, 2);
	assert_int_equal(t.ended, 2);
	assert_int_equal(t.waited_ms, 1000 + 2000); /* growing */
}

static void
test_poison(void **state)
{
	check_set_aside("poison");
}

static void
test_garbage(void **state)
{
	check_set_aside("garbage");
}

/* Up, and worth nothing: its answers tell. */
static void
f_c11_errors_are_counted_and_judged(void **state)
{
	struct page_plugin page = {0};

	for (uint64_t i = 1; i <= EVENTS; i++)
		push(i, i == 1 ? "fine" : "refuse");
	run_until(all_finished);
	plugin_describe(t.plugin, &page);
	assert_int_equal(page.state, PLUGIN_UP);
	assert_int_equal(plugin_errors(t.plugin), EVENTS - 1);
	assert_true(page.failing);
	assert_non_null(
	    strstr(page.note, "5 of its last 6 answers are errors"));
	assert_non_null(strstr(page.note, "nothing works"));
}

static void
f_c11_health_comes_back(void **state)
{
	struct health h = {0};

	for (unsigned i = 1; i < HEALTH_LEAST; i++)
		assert_false(health_answer(&h, "no"));
	assert_false(health_fails(&h)); /* too few to say */
	assert_true(health_answer(&h, "no"));
	assert_true(health_fails(&h));
	for (unsigned i = 0; i < HEALTH_LEAST; i++)
		assert_false(health_answer(&h, NULL));
	assert_true(health_answer(&h, NULL));
	assert_false(health_fails(&h));
	for (unsigned i = 0; i < 1000; i++)
		assert_false(health_answer(&h, i % 3 == 2 ? "no" : NULL));
	health_begin(&h);
	assert_int_equal(h.errors, HEALTH_LEAST + 333);
	assert_int_equal(h.n, 0);
}

/* One that answers several at once hangs with answers still to be given: each
 * comes alone then, and the one it hangs in is found at its second try. */
static void
test_hangs_before_it_says_done(void **state)
{
	push(1, "first");
	while (t.finished == 0) {
		plugin_pump_all(&t.host);
		ev_run(t.loop, EVRUN_ONCE);
	}
	for (uint64_t i = 2; i <= EVENTS; i++)
		push(i, i == 4 ? "hangs" : i < 6 ? "kept" : "plain");
	while (!all_finished()) {
		assert_true(t.seconds < PATIENCE_S);
		if (plugin_state(t.plugin) == PLUGIN_IDLE
		    || strcmp(plugin_words(t.plugin), "hanging") == 0)
			fake_time_advance(fake_time_next());
		plugin_pump_all(&t.host);
		if (!all_finished())
			ev_run(t.loop, EVRUN_ONCE);
	}
	assert_int_equal(t.aside, 1);
	assert_int_equal(t.ended, 2);
	for (unsigned i = 0; i < EVENTS; i++)
		assert_int_equal(t.order[i], i + 1);
}

/* A call that is too long is refused; neither plugin nor event pays. */
static void
f_c13_a_line_too_long_is_not_the_events_fault(void **state)
{
	for (uint64_t i = 1; i <= EVENTS; i++)
		push(i, i == 2 ? "hugecall" : i == 4 ? "hugeanswer" : "plain");
	run_until(all_finished);
	assert_int_equal(t.aside, 0);
	assert_int_equal(t.ended, 0);
}

static bool
ended_thrice(void)
{
	return t.ended == 3;
}

static void
f_c13_junk_too_long_is_no_events_fault(void **state)
{
	push(1, "hugejunk");
	run_until(ended_thrice);
	assert_int_equal(t.aside, 0);
	assert_int_equal(t.work.events, 1);
}

static bool
one_is_out(void)
{
	return window_out(plugin_window(t.plugin)) == 1;
}

static char ended_as[PAGE_WORDS];

static bool
ended_once(void)
{
	struct page_plugin page;

	if (t.ended == 0)
		return false;
	plugin_describe(t.plugin, &page);
	str_copy(ended_as, page.note, sizeof(ended_as));
	return true;
}

/* It closed its input: its output, closed when it is ended, is no news. */
static void
f_c13_the_pipe_it_closed_is_named(void **state)
{
	push(1, "closes");
	run_until(one_is_out);
	while (t.ended == 0) {
		/* Something to write, so that the closed end is seen. */
		plugin_notify(t.plugin, plugin_life(t.plugin), "x", "1", 1);
		plugin_pump_all(&t.host);
		if (plugin_state(t.plugin) == PLUGIN_ENDING)
			fake_time_advance(1000);
		ev_run(t.loop, EVRUN_ONCE);
	}
	assert_true(ended_once());
	assert_non_null(strstr(ended_as, "closed its standard input"));
}

static unsigned loud, left_out;

static void
hear_log(enum log_level level, const char *text, void *arg)
{
	const char *at = strstr(text, " lines of its standard error and its");

	loud += strstr(text, ": loud") != NULL;
	if (at != NULL && sscanf(text, "plugin sh: %u", &left_out) != 1)
		left_out = 0;
}

static bool
noise_is_over(void)
{
	if (t.finished == 0)
		return false;
	fake_time_advance(100);
	plugin_tick(t.plugin);
	return left_out > 0;
}

/* Nothing more is said, and yet it is told what was left out. */
static void
f_c5_what_was_left_out_is_told(void **state)
{
	unsigned calls = 0;

	loud = left_out = 0;
	log_init(LOG_TO_HOOK, LOG_L_DEBUG);
	log_set_hook(hear_log, NULL);
	push(1, "noise");
	run_until(noise_is_over);
	assert_in_range(loud, 1, LOG_RATION_PER_S);
	assert_int_equal(loud + left_out, 250);
	/* One budget for its words and its calls. */
	fake_time_advance(2000);
	while (plugin_may_log(t.plugin))
		calls++;
	assert_int_equal(calls, LOG_RATION_PER_S);
	log_init(LOG_TO_PEOPLE, LOG_L_DEBUG);
}

static void
f_c13_last_words_say_what_was_wrong(void **state)
{
	static const char *const said[][2] = {
	    {"/srv/app.js:3\nthrow new Error(\"boom\")\n^\n\nError: boom\n"
	     "    at Object.<anonymous> (/srv/app.js:3:7)\n\n"
	     "Node.js v20.11.0\n",
		"Error: boom"},
	    {"Error: x\n    at y {\n  code: 'ENOENT'\n}\n\nNode.js v22.1.0",
		"Error: x"},
	    {"Traceback (most recent call last):\n  File \"x\", line 1\n"
	     "ValueError: bad\n",
		"ValueError: bad"},
	    {"thread 'main' panicked at src/main.rs:2:5:\nno such guild\n"
	     "note: run with `RUST_BACKTRACE=1`",
		"no such guild"},
	    {"panic: no token\n\ngoroutine 1 [running]:\nmain.main()\n"
	     "\t/x.go:5 +0x18\nexit status 2\n",
		"panic: no token"},
	    {"Caused by: x\n\\x09at a.b.C(C.java:3)\n", "Caused by: x"},
	    {"    only a frame\n", "    only a frame"},
	    {"\n\n", ""},
	};

	for (size_t i = 0; i < nitems(said); i++) {
		char words[128] = "", text[512], *line, *rest = text;

		str_copy(text, said[i][0], sizeof(text));
		while ((line = strsep(&rest, "\n")) != NULL)
			stderr_words(words, sizeof(words), line);
		assert_string_equal(words, said[i][1]);
	}
}

static void
f_c13_a_head_tells_what_a_line_is(void **state)
{
	static const struct {
		const char *text;
		enum rpc_read_kind kind;
		const char *id;
	} head[] = {
	    {"{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"upload\",\"params\":"
	     "{\"a",
		RPC_READ_REQUEST, "5"},
	    {" { \"method\" : \"log\", \"id\" : \"a-b\", \"x\":[",
		RPC_READ_REQUEST, "\"a-b\""},
	    {"{\"id\":12,\"result\":{\"", RPC_READ_RESULT, "12"},
	    {"{\"id\":12,\"error\":\"xx", RPC_READ_REFUSAL, "12"},
	    {"{\"id\":\"12\",\"result\":\"xx", RPC_READ_BAD, "\"12\""},
	    {"{\"result\":{\"xx", RPC_READ_BAD, ""},
	    {"{\"id\":1", RPC_READ_BAD, ""},
	    {"xxxx", RPC_READ_BAD, ""},
	    {"", RPC_READ_BAD, ""},
	};
	struct rpc_read k;

	for (size_t i = 0; i < nitems(head); i++) {
		rpc_read_head(&k, head[i].text, strlen(head[i].text));
		assert_int_equal(k.kind, head[i].kind);
		assert_string_equal(k.id, head[i].id);
	}
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

/* E1: counted once, whatever comes of it. */
static void
f_e1_an_event_that_cannot_be_read_is_counted(void **state)
{
	for (uint64_t i = 1; i <= EVENTS; i++)
		push(i, i == 2 ? "\xff" : i == 3 ? "\xc3\xbc" : "plain");
	run_until(all_finished);
	assert_int_equal(t.host.unreadable, 1);
	assert_int_equal(t.ended, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_answers, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_poison, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_garbage, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_hangs_before_it_says_done,
		setup, teardown),
	    cmocka_unit_test_setup_teardown(f_c11_errors_are_counted_and_judged,
		setup, teardown),
	    cmocka_unit_test(f_c11_health_comes_back),
	    T(f_c13_a_line_too_long_is_not_the_events_fault),
	    T(f_c13_junk_too_long_is_no_events_fault),
	    T(f_c13_the_pipe_it_closed_is_named),
	    cmocka_unit_test(f_c13_last_words_say_what_was_wrong),
	    cmocka_unit_test(f_c13_a_head_tells_what_a_line_is),
	    T(f_c5_what_was_left_out_is_told),
	    cmocka_unit_test_setup_teardown(
		f_e1_an_event_that_cannot_be_read_is_counted, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

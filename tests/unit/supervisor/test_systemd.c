/* SPDX-License-Identifier: MIT */
/* What systemd is told: the datagrams, the environment, the status line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "supervisor/fleet.h"
#include "supervisor/fleet_parts.h"
#include "tests/unit/rig/fake_time.h"
#include "tests/unit/rig/scratch.h"

static int
listen_at(const char *value)
{
	struct sockaddr_un sa;
	uint32_t len;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(sd_notify_address(value, &sa, &len));
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, len), 0);
	return fd;
}

static const char *
heard(int fd)
{
	static char text[1024];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void
talk(const char *value)
{
	struct sd_notify n;
	int fd = listen_at(value);
	char want[64];

	setenv("NOTIFY_SOCKET", value, 1);
	sd_notify_open(&n, true);
	assert_null(getenv("NOTIFY_SOCKET"));
	sd_notify_status(&n, "shards ready 1/2");
	assert_string_equal(heard(fd), "STATUS=shards ready 1/2\n");
	sd_notify_status(&n, "shards ready 1/2");
	assert_string_equal(heard(fd), "");
	/* Full: READY=1 must not be lost. */
	for (int i = 0; i < 100000; i++)
		sd_notify_watchdog(&n);
	assert_false(sd_notify_ready(&n, "one"));
	while (heard(fd)[0] != '\0')
		continue;
	assert_true(sd_notify_ready(&n, "two\nREADY=0"));
	snprintf(want, sizeof(want),
	    "READY=1\nMAINPID=%d\nSTATUS=two\\x0a"
	    "READY=0\n",
	    (int)getpid());
	assert_string_equal(heard(fd), want);
	sd_notify_reloading(&n);
	assert_memory_equal(heard(fd), "RELOADING=1\nMONOTONIC_USEC=", 27);
	sd_notify_extend(&n, 2.5);
	assert_string_equal(heard(fd), "EXTEND_TIMEOUT_USEC=2500000\n");
	sd_notify_stopping(&n, 1);
	assert_string_equal(heard(fd),
	    "STOPPING=1\nSTATUS=stopping\n"
	    "EXTEND_TIMEOUT_USEC=1000000\n");
	sd_notify_environ(&n);
	assert_string_equal(getenv("NOTIFY_SOCKET"), value);
	unsetenv("NOTIFY_SOCKET");
	sd_notify_close(&n);
	close(fd);
}

static void
test_a_path(void **state)
{
	char dir[SCRATCH_MAX], path[SCRATCH_MAX + 8];

	assert_int_equal(scratch_make(dir, sizeof(dir)), 0);
	snprintf(path, sizeof(path), "%s/n", dir);
	talk(path);
	scratch_remove(dir);
}

static void
test_an_abstract_name(void **state)
{
	char name[64];

	snprintf(name, sizeof(name), "@shardherd-test-%d", (int)getpid());
	talk(name);
}

/* A reader that has gone or never reads costs messages, not time. */
static void
test_nobody_reads(void **state)
{
	char name[64];
	struct sd_notify n;
	int fd;

	snprintf(name, sizeof(name), "@shardherd-deaf-%d", (int)getpid());
	fd = listen_at(name);
	setenv("NOTIFY_SOCKET", name, 1);
	sd_notify_open(&n, true);
	for (int i = 0; i < 100000; i++)
		sd_notify_watchdog(&n);
	close(fd);
	sd_notify_watchdog(&n);
	sd_notify_close(&n);
}

static void
test_no_address(void **state)
{
	char name[200] = "/";
	struct sockaddr_un sa;
	uint32_t len;

	assert_false(sd_notify_address("", &sa, &len));
	assert_false(sd_notify_address("@", &sa, &len));
	assert_false(sd_notify_address("vsock:2:1", &sa, &len));
	assert_false(sd_notify_address("relative/path", &sa, &len));
	memset(name + 1, 'x', sizeof(name) - 2);
	assert_false(sd_notify_address(name, &sa, &len));
}

static uint64_t
watchdog(const char *usec, const char *pid, bool wanted)
{
	struct sd_notify n;
	uint64_t us;

	setenv("NOTIFY_SOCKET", "@nobody", 1);
	setenv("WATCHDOG_USEC", usec, 1);
	if (pid != NULL)
		setenv("WATCHDOG_PID", pid, 1);
	sd_notify_open(&n, wanted);
	us = n.watchdog_us;
	assert_null(getenv("WATCHDOG_USEC"));
	assert_null(getenv("WATCHDOG_PID"));
	sd_notify_close(&n);
	return us;
}

static void
test_watchdog_is_for_who_is_named(void **state)
{
	char me[16];

	snprintf(me, sizeof(me), "%d", (int)getpid());
	assert_int_equal(watchdog("30000000", me, true), 30000000);
	assert_int_equal(watchdog("30000000", NULL, true), 30000000);
	assert_int_equal(watchdog("30000000", "1", true), 0);
	assert_int_equal(watchdog("soon", me, true), 0);
	assert_int_equal(watchdog("30000000", me, false), 0);
}

static void
words(struct systemd_facts f, const char *want)
{
	char out[SD_NOTIFY_STATUS];

	systemd_words(&f, out, sizeof(out));
	assert_string_equal(out, want);
}

static void
test_status_line(void **state)
{
	words((struct systemd_facts) {.ready = 12,
		  .shards = 16,
		  .handler = true,
		  .eta_s = 35},
	    "shards ready 12/16, identifies done in about 35 s");
	words((struct systemd_facts) {.ready = 16,
		  .shards = 16,
		  .handler = true},
	    "shards ready 16/16");
	words((struct systemd_facts) {.ready = 0, .shards = 500, .eta_s = 2500},
	    "shards ready 0/500, identifies done in about 42 min, no handler");
	words((struct systemd_facts) {.ready = 1,
		  .shards = 2,
		  .handler = true,
		  .note = "On hold: x"},
	    "shards ready 1/2; On hold: x");
	words((struct systemd_facts) {0},
	    "asking Discord how many shards to run");
	words((struct systemd_facts) {.note = "not reachable"},
	    "not reachable");
	words((struct systemd_facts) {.stopping = true, .shards = 2},
	    "stopping");
}

/* ---- when what is said ---------------------------------------------- */

static struct {
	struct fleet fleet;
	struct systemd systemd, *herald;
	struct watch watch;
	struct status_page status_page;
	int fd;
} w;

static int
begin(void **state)
{
	char name[64];

	memset(&w, 0, sizeof(w));
	fake_time_reset();
	snprintf(name, sizeof(name), "@shardherd-herald-%d", (int)getpid());
	w.fd = listen_at(name);
	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", "4000000", 1);
	w.herald = w.fleet.systemd = &w.systemd;
	w.fleet.watch = &w.watch;
	w.fleet.status_page = &w.status_page;
	w.fleet.timers = timer_base_new(NULL);
	w.fleet.watch->done_ms = clock_boot_ms();
	systemd_open(w.herald, &w.fleet, true);
	systemd_start(w.herald);
	return 0;
}

static int
end(void **state)
{
	systemd_close(w.herald);
	timer_base_free(w.fleet.timers);
	close(w.fd);
	return 0;
}

/* How many of the messages waiting have the word. */
static unsigned
count(const char *word)
{
	const char *text;
	unsigned n = 0;

	while ((text = heard(w.fd))[0] != '\0')
		n += strstr(text, word) != NULL;
	return n;
}

static void
test_watchdog_wants_duties_done(void **state)
{
	fake_time_advance(10000);
	assert_int_equal(count("WATCHDOG=1"), 6);
	/* The look around hangs: not at once, but for good. */
	fake_time_advance(SYSTEMD_DUTY_MS);
	count("");
	fake_time_advance(60000);
	assert_int_equal(count("WATCHDOG=1"), 0);
	assert_true(w.herald->starving);
	w.fleet.watch->done_ms = clock_boot_ms();
	fake_time_advance(4000);
	assert_int_equal(count("WATCHDOG=1"), 2);
}

/* Discord does not answer: systemd is not kept waiting for ever. */
static void
test_ready_in_the_end(void **state)
{
	assert_int_equal(count("EXTEND_TIMEOUT_USEC=30000000"), 1);
	for (int s = 0; s < SYSTEMD_START_S; s += 2) {
		systemd_tick(w.herald);
		assert_int_equal(count("READY=1"), 0);
		fake_time_advance(2000);
	}
	systemd_tick(w.herald);
	assert_int_equal(count("READY=1"), 1);
	systemd_tick(w.herald);
	assert_int_equal(count("READY=1"), 0);
}

static void
test_reload_before_ready(void **state)
{
	count("");
	systemd_reloading(w.herald);
	systemd_reloaded(w.herald, "");
	assert_int_equal(count("R"), 0);
	w.herald->ready = true;
	systemd_reloading(w.herald);
	assert_int_equal(count("RELOADING=1"), 1);
	systemd_reloaded(w.herald, "the last reload: x");
	assert_int_equal(count("STATUS=the last reload: x"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_path),
	    cmocka_unit_test(test_an_abstract_name),
	    cmocka_unit_test(test_nobody_reads),
	    cmocka_unit_test(test_no_address),
	    cmocka_unit_test(test_watchdog_is_for_who_is_named),
	    cmocka_unit_test(test_status_line),
	    cmocka_unit_test_setup_teardown(test_watchdog_wants_duties_done,
		begin, end),
	    cmocka_unit_test_setup_teardown(test_ready_in_the_end, begin, end),
	    cmocka_unit_test_setup_teardown(test_reload_before_ready, begin,
		end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

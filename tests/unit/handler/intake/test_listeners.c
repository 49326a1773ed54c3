/* SPDX-License-Identifier: MIT */
/*
 * listeners.c with the test as those who look: what they get of what passes,
 * and that one who does not read is a bounded buffer and a count, and one who
 * is gone nothing.
 */
#include "handler/intake/listeners.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

static struct {
	struct ev_loop *loop;
	struct subscriptions route;
	struct intake in;
	struct listeners all;
	struct buf got;
	size_t taken;
} t;

static const struct msg_events any = {.shard = -1, .names = "*"};

static int
setup(void **state)
{
	memset(&t, 0, sizeof(t));
	t.loop = ev_loop_new(EVFLAG_AUTO);
	subscriptions_init(&t.route);
	intake_init(&t.in, t.loop, &t.route, 8, 1);
	t.in.shard_count = 4;
	listeners_init(&t.all, &t.in);
	return 0;
}

static int
teardown(void **state)
{
	listeners_end(&t.all);
	assert_true(list_empty(&t.in.taps));
	buf_free(&t.got);
	intake_free(&t.in);
	subscriptions_free(&t.route);
	ev_loop_destroy(t.loop);
	return 0;
}

static void
turn(void)
{
	for (int i = 0; i < 8; i++)
		ev_run(t.loop, EVRUN_NOWAIT);
}

static int
look(const struct msg_events *want)
{
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd),
	    0);
	listeners_add(&t.all, fd[1], want, 7);
	turn();
	return fd[0];
}

/* As the intake hands it on. */
static void
pass(uint32_t shard, const char *raw, size_t len, const char *name)
{
	const char *at = strstr(raw, name);
	struct up_hdr h = {.type = UP_EVENT,
	    .len = (uint32_t)len,
	    .seq = 5,
	    .recv_ms = 1000,
	    .t_off = at != NULL ? (uint32_t)(at - raw) : 0,
	    .t_len = at != NULL ? (uint16_t)strlen(name) : 0};
	struct intake_event e = {.shard = shard, .h = &h, .raw = raw};

	list_each_safe (&t.in.taps, l, next) {
		struct intake_tap *tap = container_of(l, struct intake_tap,
		    link);

		tap->fn(tap, &e);
	}
}

static void
pass_text(uint32_t shard, const char *raw, const char *name)
{
	pass(shard, raw, strlen(raw), name);
}

/* The next frame that came; type 0: there is none. */
static struct live_hdr
next(int fd, const char **payload)
{
	struct live_hdr h = {0};
	ssize_t n;

	buf_eat(&t.got, t.taken);
	t.taken = 0;
	do {
		turn();
		n = recv(fd, buf_space(&t.got, 65536), 65536, MSG_DONTWAIT);
		if (n > 0)
			buf_filled(&t.got, (size_t)n);
	} while (n > 0);
	if (buf_len(&t.got) < sizeof(h))
		return h;
	memcpy(&h, buf_data(&t.got), sizeof(h));
	assert_true(buf_len(&t.got) >= sizeof(h) + h.len);
	*payload = buf_data(&t.got) + sizeof(h);
	t.taken = sizeof(h) + h.len;
	return h;
}

static void
greeted(int fd)
{
	struct live_hello hello;
	const char *payload;
	struct live_hdr h = next(fd, &payload);

	assert_int_equal(h.type, LIVE_HELLO);
	assert_int_equal(h.len, sizeof(hello));
	memcpy(&hello, payload, sizeof(hello));
	assert_int_equal(hello.version, CONTRACT_VERSION);
	assert_int_equal(hello.generation, 7);
}

static void
test_gets_what_it_asked_for(void **state)
{
	/* Guild 8388608 is of shard 2 of 4. */
	struct msg_events want = {.guild = 8388608,
	    .shard = -1,
	    .names = "TYPING_START, MESSAGE_CREATE"};
	const char *payload,
	    *ours =
		"{\"t\":\"MESSAGE_CREATE\",\"d\":{\"guild_id\":\"8388608\"}}",
	    *theirs =
		"{\"t\":\"MESSAGE_CREATE\",\"d\":{\"guild_id\":\"25165824\"}}",
	    *other = "{\"t\":\"MESSAGE_UPDATE\",\"d\":{\"guild_id\":"
		     "\"8388608\"}}",
	    *dm = "{\"t\":\"TYPING_START\",\"d\":{}}";
	struct live_hdr h;
	int fd = look(&want);

	greeted(fd);
	pass_text(2, theirs, "MESSAGE_CREATE");
	pass_text(2, other, "MESSAGE_UPDATE");
	pass_text(2, dm, "TYPING_START");
	pass_text(1, ours, "MESSAGE_CREATE"); /* not where it belongs */
	assert_int_equal(t.all.shown, 0);
	pass_text(2, ours, "MESSAGE_CREATE");
	h = next(fd, &payload);
	assert_int_equal(h.type, LIVE_EVENT);
	assert_int_equal(h.shard, 2);
	assert_int_equal(h.seq, 5);
	assert_int_equal(h.recv_ms, 1000);
	assert_int_equal(h.t_len, strlen("MESSAGE_CREATE"));
	assert_memory_equal(payload + h.t_off, "MESSAGE_CREATE", h.t_len);
	assert_int_equal(h.len, strlen(ours));
	assert_memory_equal(payload, ours, h.len);
	assert_int_equal(next(fd, &payload).type, 0);
	close(fd);
}

/* Every event is shown or counted, in its place, however it reads. */
static void
test_one_who_does_not_read(void **state)
{
	static char raw[2000] = "{\"t\":\"NEWS\",\"d\":\"";
	uint64_t shown = 0, missed = 0, n = 4000;
	struct live_hdr h;
	const char *payload;
	int fd = look(&any);

	memset(raw + strlen(raw), 'x', sizeof(raw) - strlen(raw));
	for (uint64_t i = 0; i < n; i++) {
		pass(0, raw, sizeof(raw), "NEWS");
		if (i % 100 == 0)
			turn();
		assert_true(
		    buf_len(&t.all.one[0].out) < LISTENERS_BYTES + 4096);
	}
	assert_true(t.all.missed > n / 2);
	greeted(fd);
	while ((h = next(fd, &payload)).type != 0) {
		shown += h.type == LIVE_EVENT;
		missed += h.type == LIVE_MISSED ? h.count : 0;
	}
	assert_int_equal(shown + missed, n);
	assert_int_equal(t.all.shown, shown);
	assert_int_equal(t.all.missed, missed);
	assert_int_equal(buf_len(&t.all.one[0].out), 0);
	close(fd);
}

/* A long one is shown when nothing waits; one beyond the bound never. */
static void
test_long_events(void **state)
{
	size_t huge = LISTENERS_EVENT_MAX + 1, len = LISTENERS_BYTES * 2;
	char *raw = base_alloc(huge);
	const char *payload;
	struct live_hdr h;
	int fd = look(&any);

	greeted(fd);
	pass(0, raw, len, "{");
	pass(0, raw, 10, "{");
	pass(0, raw, huge, "{");
	h = next(fd, &payload);
	assert_int_equal(h.type, LIVE_EVENT);
	assert_int_equal(h.len, len);
	h = next(fd, &payload);
	assert_int_equal(h.type, LIVE_MISSED);
	assert_int_equal(h.count, 2);
	free(raw);
	close(fd);
}

static void
test_who_goes_and_who_is_too_many(void **state)
{
	int fd[LISTENERS_MAX], more, file;
	struct live_hdr h;
	const char *payload;

	assert_true(list_empty(&t.in.taps)); /* nobody looks: nothing to do */
	for (int i = 0; i < LISTENERS_MAX; i++)
		fd[i] = look(&any);
	more = look(&any);
	h = next(more, &payload);
	assert_int_equal(h.type, LIVE_REFUSED);
	assert_true(h.len > 0);
	close(more);
	buf_free(&t.got);
	t.taken = 0;
	for (int i = 0; i < LISTENERS_MAX; i++)
		close(fd[i]);
	turn();
	assert_int_equal(t.all.n, 0);
	assert_true(list_empty(&t.in.taps));
	file = memfd_create("x", MFD_CLOEXEC);
	listeners_add(&t.all, file, &any, 1);
	assert_int_equal(t.all.n, 0);
	assert_int_equal(close(file), -1);
}

/* Gone with something left to write, in the midst of events. */
static void
test_gone_while_it_is_written_to(void **state)
{
	static char raw[60000];
	int fd = look(&any), other = look(&any);

	for (int i = 0; i < 10; i++)
		pass(0, raw, sizeof(raw), "x");
	turn();
	close(fd);
	for (int i = 0; i < 10; i++)
		pass(0, raw, sizeof(raw), "x");
	turn();
	assert_int_equal(t.all.n, 1);
	listeners_end(&t.all);
	assert_int_equal(t.all.n, 0);
	pass(0, raw, sizeof(raw), "x");
	close(other);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_gets_what_it_asked_for),
	    TEST(test_one_who_does_not_read),
	    TEST(test_long_events),
	    TEST(test_who_goes_and_who_is_too_many),
	    TEST(test_gone_while_it_is_written_to),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

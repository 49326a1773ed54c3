/* SPDX-License-Identifier: MIT */
/* ipc.c over a real socketpair: order, fds, bounds, and every way to
 * break it. */
#include "shared/wire/ipc.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

static struct {
	struct ev_loop *loop;
	struct ipc a, b;
	unsigned got, gone;
	uint32_t next;
	int fd;
	char why[160];
} t;

static void
on_msg(struct ipc *c, const struct msg_hdr *h, const void *payload, int fd)
{
	assert_int_equal(h->serial, t.next++);
	assert_int_equal(h->shard, 3);
	if (fd >= 0)
		t.fd = fd;
	t.got++;
}

static void
on_gone(struct ipc *c, const char *why)
{
	/* The first to notice says why; then its peer sees a closed channel. */
	if (t.gone++ > 0)
		return;
	str_copy(t.why, why, sizeof(t.why));
}

static int
setup(void **state)
{
	int fds[2];
	struct err e;

	memset(&t, 0, sizeof(t));
	t.fd = -1;
	t.loop = ev_loop_new(EVFLAG_AUTO);
	if (ipc_pair(fds, &e) != 0)
		return -1;
	ipc_open(&t.a, t.loop, fds[0], "a", on_msg, on_gone);
	ipc_open(&t.b, t.loop, fds[1], "b", on_msg, on_gone);
	return 0;
}

static int
teardown(void **state)
{
	ipc_close(&t.a);
	ipc_close(&t.b);
	ev_loop_destroy(t.loop);
	return 0;
}

static void
turn(int n)
{
	for (int i = 0; i < n; i++)
		ev_run(t.loop, EVRUN_NOWAIT);
}

static void
test_order_and_fd(void **state)
{
	char word[6] = "hello", back[6] = "";
	int p[2];

	assert_int_equal(pipe(p), 0);
	for (uint32_t i = 0; i < 200; i++)
		assert_int_equal(ipc_send(&t.a, MSG_HELLO, 3, i, word,
				     sizeof(word), i == 77 ? p[1] : -1),
		    0);
	close(p[1]);
	turn(20);
	assert_int_equal(t.got, 200);
	assert_int_equal(write(t.fd, word, 6), 6);
	assert_int_equal(read(p[0], back, 6), 6);
	assert_string_equal(back, word);
	close(t.fd);
	/* Ours was closed, so the end arrives. */
	assert_int_equal(read(p[0], back, 6), 0);
	close(p[0]);
	ipc_close(&t.a);
	turn(2);
	assert_int_equal(t.gone, 1);
	assert_string_equal(t.why, "closed");
}

static void
test_queue_is_bounded(void **state)
{
	char big[CONTRACT_MSG_MAX] = {0};
	int n = 0;

	while (n < 100000
	    && ipc_send(&t.a, MSG_HELLO, 3, (uint32_t)n, big, sizeof(big), -1)
		== 0)
		n++;
	assert_true(n >= IPC_QUEUE_MAX && n < 100000);
	turn(200);
	assert_int_equal(t.got, n);
}

static void
send_raw(struct msg_hdr h, size_t len, const char *expect)
{
	char buf[64] = {0};

	memcpy(buf, &h, sizeof(h));
	assert_int_equal(send(t.a.fd, buf, len, 0), (ssize_t)len);
	turn(2);
	assert_true(t.gone >= 1);
	assert_int_equal(t.got, 0);
	if (strstr(t.why, expect) == NULL)
		fail_msg("%s", t.why);
}

static void
test_other_version(void **state)
{
	send_raw((struct msg_hdr) {.type = MSG_HELLO, .version = 77}, 16,
	    "version 77, we speak");
}

static void
test_short(void **state)
{
	send_raw((struct msg_hdr) {.type = MSG_HELLO,
		     .version = CONTRACT_VERSION},
	    7, "version");
}

static void
test_wrong_length(void **state)
{
	send_raw((struct msg_hdr) {.type = MSG_HELLO,
		     .version = CONTRACT_VERSION,
		     .len = 9},
	    24, "malformed");
}

/* A newer peer's message is passed over, with the fd it brought. */
static void
test_unknown_type(void **state)
{
	struct msg_hdr h = {.type = MSG_TYPES, .version = CONTRACT_VERSION};

	assert_int_equal(send(t.a.fd, &h, sizeof(h), 0), sizeof(h));
	assert_int_equal(ipc_send(&t.a, MSG_HELLO, 3, 0, NULL, 0, -1), 0);
	turn(2);
	assert_int_equal(t.got, 1);
	assert_int_equal(t.gone, 0);
}

/* Open fds of this process below 256. */
static unsigned
fds_open(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

/* More than one is no message of ours, and none of them stays here. */
static void
test_two_fds(void **state)
{
	union {
		struct cmsghdr hdr;
		char space[CMSG_SPACE(2 * sizeof(int))];
	} anc = {.hdr = {.cmsg_len = CMSG_LEN(2 * sizeof(int)),
		     .cmsg_level = SOL_SOCKET,
		     .cmsg_type = SCM_RIGHTS}};
	struct msg_hdr h = {.type = MSG_UPLINK, .version = CONTRACT_VERSION};
	struct iovec iov = {&h, sizeof(h)};
	struct msghdr m = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = anc.space,
	    .msg_controllen = sizeof(anc.space)};
	unsigned before = fds_open();
	int two[2] = {0, 1};

	memcpy(CMSG_DATA(&anc.hdr), two, sizeof(two));
	assert_int_equal(sendmsg(t.a.fd, &m, 0), sizeof(h));
	turn(2);
	assert_int_equal(t.got, 0);
	assert_non_null(strstr(t.why, "malformed"));
	/* Both ends of the channel are closed by then. */
	assert_int_equal(fds_open(), before - 2);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_order_and_fd),
	    T(test_queue_is_bounded),
	    T(test_other_version),
	    T(test_short),
	    T(test_wrong_length),
	    T(test_unknown_type),
	    T(test_two_fds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

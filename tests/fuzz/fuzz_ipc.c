/* SPDX-License-Identifier: MIT */
/*
 * Packets on a supervisor channel, from a peer that is no friend: what is
 * handed out is a message of the contract.  Two bytes of length, then so many,
 * again and again; a length of 65535 sends an fd along.
 * Covers: shared/wire/ipc.c
 */
#include "tests/fuzz/kit.h"

#include "shared/wire/ipc.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct ev_loop *loop;
static bool gone;

static void
on_msg(struct ipc *c, const struct msg_hdr *h, const void *payload, int fd)
{
	uint64_t sum = 0;

	must((uintptr_t)payload % 8 == 0);
	must(h->len <= CONTRACT_MSG_MAX);
	for (uint32_t i = 0; i < h->len; i++)
		sum += ((const uint8_t *)payload)[i];
	must(sum < UINT64_MAX);
	(void)ipc_payload(h, payload, 16);
	if (fd != -1)
		close(fd);
}

static void
on_gone(struct ipc *c, const char *why)
{
	must(why[0] != '\0');
	gone = true;
	ipc_close(c);
}

static void
packet(int fd, const void *data, size_t n, bool with)
{
	union {
		struct cmsghdr h;
		char room[CMSG_SPACE(2 * sizeof(int))];
	} c = {0};
	struct iovec v = {(void *)(uintptr_t)data, n};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
	int two[2] = {fd, fd};

	if (with) {
		m.msg_control = &c;
		m.msg_controllen = CMSG_SPACE((1 + n % 2) * sizeof(int));
		c.h.cmsg_level = SOL_SOCKET;
		c.h.cmsg_type = SCM_RIGHTS;
		c.h.cmsg_len = CMSG_LEN((1 + n % 2) * sizeof(int));
		memcpy(CMSG_DATA(&c.h), two, (1 + n % 2) * sizeof(int));
	}
	(void)sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kit k = {data, size};
	struct ipc c = {.fd = -1};
	struct err e;
	int fds[2];

	if (loop == NULL)
		loop = ev_loop_new(EVFLAG_AUTO);
	gone = false;
	must(ipc_pair(fds, &e) == 0);
	ipc_open(&c, loop, fds[0], "somebody", on_msg, on_gone);
	while (k.left > 0 && !gone) {
		size_t n = kit_number(&k, 2);
		bool with = n >= 0x8000;
		const uint8_t *p;

		n &= 0x7fff;
		p = kit_take(&k, &n);
		packet(fds[1], p, n, with);
		ev_run(loop, EVRUN_NOWAIT);
	}
	close(fds[1]);
	for (int i = 0; i < 4 && !gone; i++)
		ev_run(loop, EVRUN_NOWAIT);
	must(gone);
	ipc_close(&c);
	return 0;
}

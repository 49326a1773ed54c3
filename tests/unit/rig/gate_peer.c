/* SPDX-License-Identifier: MIT */
/* See gate_peer.h. */
#include "tests/unit/rig/gate_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

int
gate_peer_pair(int *ours)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
			     fds),
	    0);
	fd_nonblock(fds[0]);
	*ours = fds[0];
	return fds[1];
}

void
gate_peer_say(int fd, const struct gate_hdr *h, const void *payload)
{
	assert_int_equal(fd_write_all(fd, h, sizeof(*h)), 0);
	assert_int_equal(fd_write_all(fd, payload, h->len), 0);
}

void
gate_peer_hello(int fd, uint32_t shard_count)
{
	struct gate_hello m = {.version = CONTRACT_VERSION,
	    .shard_count = shard_count};
	struct gate_hdr h = {.len = sizeof(m), .type = GATE_HELLO};

	gate_peer_say(fd, &h, &m);
}

bool
gate_peer_hear(int fd, struct gate_hdr *h, char *payload, size_t size)
{
	while (recv(fd, h, sizeof(*h), MSG_DONTWAIT) == (ssize_t)sizeof(*h)) {
		assert_true(h->len < size);
		if (h->len > 0)
			assert_int_equal(read(fd, payload, h->len), h->len);
		payload[h->len] = '\0';
		if (h->type != GATE_HELLO)
			return true;
	}
	return false;
}

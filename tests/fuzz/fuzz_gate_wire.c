/* SPDX-License-Identifier: MIT */
/*
 * The stream of a gate lane, read by either end, in pieces: a frame that is
 * handed out lies within what came.
 * Covers: shared/wire/gate_wire.c
 */
#include "tests/fuzz/kit.h"

#include "shared/wire/gate_wire.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct ev_loop *loop;
static bool gone;
static size_t told;

static void
on_greeted(struct gate_wire *w, const struct gate_hello *h)
{
}

static void
on_frame(struct gate_wire *w, const struct gate_hdr *h, const char *payload)
{
	uint8_t sum = 0;

	told += sizeof(*h) + h->len;
	for (uint32_t i = 0; i < h->len; i++)
		sum ^= (uint8_t)payload[i];
	/* It comes back, so that what is put is met, too. */
	if (h->len < 4096 && sum % 2 == 0 && !gate_wire_full(w))
		gate_wire_put(w, h, payload);
}

static void
on_settled(struct gate_wire *w)
{
	gate_wire_flush(w);
}

static void
on_gone(struct gate_wire *w, const char *why)
{
	must(why[0] != '\0' && !gate_wire_is_open(w));
	gone = true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gate_wire_ops ops = {0, on_greeted, on_frame, on_settled,
	    on_gone};
	struct kit k = {data, size};
	struct gate_wire w = {.fd = -1};
	char sink[65536];
	int fds[2];

	if (loop == NULL)
		loop = ev_loop_new(EVFLAG_AUTO);
	gone = false;
	told = 0;
	ops.types = kit_number(&k, 4);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	must(fd_nonblock(fds[0]) == 0 && fd_nonblock(fds[1]) == 0);
	gate_wire_open(&w, &ops, loop, fds[0], 1, 1);
	while (k.left > 0 && !gone) {
		size_t n = 1 + k.left % 509;
		const uint8_t *p = kit_take(&k, &n);

		(void)send(fds[1], p, n, MSG_NOSIGNAL);
		ev_run(loop, EVRUN_NOWAIT);
		(void)recv(fds[1], sink, sizeof(sink), 0);
	}
	must(told <= size);
	close(fds[1]);
	for (int i = 0; i < 4 && !gone; i++)
		ev_run(loop, EVRUN_NOWAIT);
	must(gone);
	gate_wire_close(&w);
	return 0;
}

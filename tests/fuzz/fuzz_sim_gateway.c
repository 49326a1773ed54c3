/* SPDX-License-Identifier: MIT */
/*
 * Any client at the simulator's gateway: its request, frames that are built
 * here from the input's messages, one a line, or bytes as they are.  A line
 * that begins with "!" is bytes, "+" lets time pass.
 * Covers: tools/sim/gateway/conn.c tools/sim/gateway/conn_session.c
 * tools/sim/gateway/opcode.c tools/sim/gateway/identify.c
 * tools/sim/gateway/check.c tools/sim/gateway/request.c
 * tools/sim/gateway/session.c tools/sim/gateway/voice.c
 */
#include "tests/fuzz/kit.h"
#include "tests/fuzz/sim_rig.h"

#include "tools/sim/gateway/conn.h"
#include "tools/sim/gateway/gateway.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
say(int fd, const void *data, size_t n)
{
	(void)send(fd, data, n, MSG_NOSIGNAL);
	sim_rig_turn();
}

static void
frame(int fd, const void *data, size_t n)
{
	uint8_t f[65536 + 16] = {0x81, 0xfe};

	n = n < 65535 ? n : 65535;
	f[2] = (uint8_t)(n >> 8);
	f[3] = (uint8_t)n;
	memcpy(f + 8, data, n); /* a mask of zeros */
	say(fd, f, n + 8);
}

static void
line(int fd, const char *p, size_t n)
{
	if (n > 0 && p[0] == '!')
		say(fd, p + 1, n - 1);
	else if (n > 0 && p[0] == '+')
		sim_rig_pass(100 + 100 * n);
	else
		frame(fd, p, n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char upgrade[] =
	    "GET /?v=10&encoding=json HTTP/1.1\r\nHost: a\r\nUpgrade: "
	    "websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
	const char *p = (const char *)data, *end = p + size;
	struct sim *sim = sim_rig_begin();
	int fd[2];

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
	must(fd_nonblock(fd[0]) == 0 && fd_nonblock(fd[1]) == 0);
	conn_accept(sim, fd[0], HOST_ANY);
	if (size == 0 || p[0] != '!')
		say(fd[1], upgrade, sizeof(upgrade) - 1);
	sim_rig_pass(10);
	for (int i = 0; p < end && i < 64; i++) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = nl != NULL ? (size_t)(nl - p) : (size_t)(end - p);

		line(fd[1], p, n);
		p += n + (nl != NULL);
	}
	close(fd[1]);
	for (int i = 0; i < 20 && sim->gateway->conn_count > 0; i++) {
		sim_rig_turn();
		if (i > 10)
			sim_rig_pass(20000);
	}
	must(sim->gateway->conn_count == 0);
	/* Sessions that nobody resumes are gone by then. */
	sim_rig_pass((uint64_t)(sim->cfg.session_ttl_s * 1000) + 1000);
	sim_rig_end();
	return 0;
}

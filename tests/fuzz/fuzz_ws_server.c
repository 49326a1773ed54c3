/* SPDX-License-Identifier: MIT */
/*
 * Any request and any frames, as a client may send them to a server of ours.
 * Covers: shared/websocket/upgrade.c shared/websocket/ws_server.c
 */
#include "tests/fuzz/kit.h"

#include "shared/websocket/upgrade.h"
#include "shared/websocket/ws_server.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGE_MAX 4096

static size_t most;

static void
message(struct ws_server *s, bool binary, const char *text, size_t len)
{
	if (len > most)
		most = len;
}

static void
closes(struct ws_server *s, unsigned code, bool half)
{
	must(code == 0 || (code >= 1000 && code < 5000));
}

static void
bytes(struct wire *w, const char *data, size_t len)
{
}

static void
gone(struct wire *w, const char *why)
{
}

/* In pieces, as they come over a network; what it is must not matter. */
static void
read_frames(const char *data, size_t size)
{
	static const struct ws_server_calls calls = {message, closes};
	struct wire wire = {.on_bytes = bytes, .on_gone = gone};
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
	enum ws_server_read got = WS_SERVER_MORE;
	struct ws_server s;
	struct list dirty;
	int fd[2];

	must(loop != NULL && socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
	list_init(&dirty);
	must(wire_open(&wire, loop, fd[0], NULL) == 0);
	ws_server_begin(&s, &calls, &wire, &dirty, MESSAGE_MAX);
	for (size_t at = 0, n; at < size && got == WS_SERVER_MORE; at += n) {
		n = 1 + at % 97 < size - at ? 1 + at % 97 : size - at;
		got = ws_server_bytes(&s, data + at, n);
		ws_server_answer(&s);
	}
	must(most <= MESSAGE_MAX && wire_backlog(&wire) <= 2 * size + 256);
	wire_end(&wire, false);
	ws_server_free(&s);
	close(fd[1]);
	ev_loop_destroy(loop);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	size_t head = upgrade_head(text, size);
	struct buf out = {0};
	struct upgrade u;

	must(head <= size);
	if (head > 0) {
		int status = upgrade_read(text, head, &u);

		must((status == 101) == (u.accept[0] != '\0'));
		if (u.origin != NULL)
			must(u.origin >= text
			    && u.origin + u.origin_len <= text + head);
		upgrade_answer(&out, status, u.accept, 0, "");
		must(buf_len(&out) > 0);
		buf_free(&out);
	}
	read_frames(text + head, size - head);
	return 0;
}

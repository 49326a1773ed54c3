/* SPDX-License-Identifier: MIT */
/*
 * Any bytes to the web process's HTTP server, in pieces: it answers or hangs
 * up, and what it hands to the routes are texts.
 * Covers: tools/web/http/http_server.c tools/web/http/http_reply.c
 */
#include "tests/fuzz/kit.h"

#include "shared/base/buf.h"
#include "tests/unit/rig/fake_time.h"
#include "tools/web/http/http_server.h"

#include <ev.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct ev_loop *loop;
static struct http_server *server;
static struct sockaddr_un at = {.sun_family = AF_UNIX};

static struct http_reply *
answer(void *arg, const struct http_request *q)
{
	const char *f = http_server_query(q, "name");
	struct buf b = {0};
	struct http_reply *r;

	must(q->path != NULL);
	buf_printf(&b, "%zu %zu ", strlen(q->path), f ? strlen(f) : 0);
	for (int i = 0; i < 300; i++)
		buf_puts(&b, "what is said ");
	r = http_reply_new(200, "text/plain", &b);
	if (strlen(q->path) % 2 == 0)
		http_reply_tagged(r);
	http_reply_header(r, "X-Said", "yes");
	return r;
}

static void
begin(void)
{
	struct err e;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	fake_time_reset();
	loop = ev_loop_new(EVFLAG_AUTO);
	must(str_copy(at.sun_path, kit_path("web"), sizeof(at.sun_path))
	    < sizeof(at.sun_path));
	must(fd != -1 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0
	    && listen(fd, 8) == 0 && fd_nonblock(fd) == 0);
	server = http_server_new(loop, timer_base_new(loop), fd, answer, NULL,
	    &e);
	must(server != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char sink[16384];
	int fd;

	if (server == NULL)
		begin();
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	must(fd != -1 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0
	    && fd_nonblock(fd) == 0);
	for (size_t i = 0, n; i < size; i += n) {
		n = 1 + size % 211 < size - i ? 1 + size % 211 : size - i;
		if (send(fd, data + i, n, MSG_NOSIGNAL) == -1)
			break;
		ev_run(loop, EVRUN_NOWAIT);
		(void)recv(fd, sink, sizeof(sink), 0);
	}
	shutdown(fd, SHUT_WR);
	for (int i = 0; i < 50 && !http_server_idle(server); i++) {
		ev_run(loop, EVRUN_NOWAIT);
		(void)recv(fd, sink, sizeof(sink), 0);
		if (i == 40)
			fake_time_advance(HTTP_SERVER_TAKE_S * 1000 + 1000);
	}
	close(fd);
	for (int i = 0; i < 50 && !http_server_idle(server); i++)
		ev_run(loop, EVRUN_NOWAIT);
	must(http_server_idle(server));
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * A shard's way from a URL to an open websocket, over loopback: the server
 * answers the upgrade with any bytes, in pieces of any size, and ends as it
 * likes.  The dial comes to one end, the same one as reading the answer whole;
 * what it says of it is one line; and what came behind the answer is the first
 * that is read of the websocket.  Two bytes of the input say how, in the rest a
 * byte 1 stands for the Sec-WebSocket-Accept that fits.
 * Covers: shard/net/dial.c shard/net/ws_upgrade.c
 */
#include "tests/fuzz/kit.h"

#include "shard/net/dial.h"
#include "shard/net/ws_upgrade.h"
#include "shared/base/buf.h"
#include "shared/base/log.h"
#include "shared/base/text.h"
#include "tests/unit/rig/fake_time.h"

#include <netinet/in.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPT 1 /* the byte that stands for it */
#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

static struct {
	struct ev_loop *loop;
	struct timers *timers;
	int listener, fd;
	char url[64];
	struct dial *dial;
	unsigned calls;
	struct tls_socket *wire;
	unsigned status;
	uint64_t retry_after_s;
	char why[400];
	char key[WS_UPGRADE_KEY_MAX], accept[32];
} t;

static void
on_end(void *arg, const struct dial_result *r)
{
	t.calls++;
	t.dial = NULL;
	t.wire = r->wire;
	t.status = r->status;
	t.retry_after_s = r->retry_after_s;
	must(str_format(t.why, sizeof(t.why), "%s", r->why));
	must(r->reached);
	must(text_is_utf8(t.why, strlen(t.why)));
	must(strchr(t.why, '\n') == NULL);
}

static void
listen_once(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);

	log_init(LOG_TO_HOOK, LOG_L_ERROR);
	t.loop = ev_loop_new(EVFLAG_AUTO);
	t.timers = timer_base_new(t.loop);
	t.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	must(t.listener != -1);
	must(bind(t.listener, (struct sockaddr *)&at, len) == 0);
	must(listen(t.listener, 8) == 0);
	must(getsockname(t.listener, (struct sockaddr *)&at, &len) == 0);
	must(str_format(t.url, sizeof(t.url), "ws://127.0.0.1:%u/",
	    ntohs(at.sin_port)));
}

static void
turn(void)
{
	ev_run(t.loop, EVRUN_NOWAIT);
	fake_time_advance(1);
}

/* The request as it should be; its key, and the answer that fits. */
static void
read_request(void)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char text[2048], *key;
	size_t n = 0;
	ssize_t got;

	while (n < 4 || memcmp(text + n - 4, "\r\n\r\n", 4) != 0) {
		turn();
		got = recv(t.fd, text + n, sizeof(text) - 1 - n, MSG_DONTWAIT);
		must(got != 0 && n < sizeof(text) - 1);
		n += got > 0 ? (size_t)got : 0;
	}
	text[n] = '\0';
	must(strncmp(text, "GET /?v=10 HTTP/1.1\r\n", 21) == 0);
	key = strstr(text, "\r\nSec-WebSocket-Key: ");
	must(key != NULL);
	must(str_format(t.key, sizeof(t.key), "%.*s",
	    (int)strcspn(key + 21, "\r"), key + 21));
	must(str_format(text, sizeof(text), "%s" GUID, t.key));
	must(EVP_Digest(text, strlen(text), digest, NULL, EVP_sha1(), NULL)
	    == 1);
	(void)EVP_EncodeBlock((unsigned char *)t.accept, digest, 20);
}

static void
begin(void)
{
	struct dial_args a = {.url = t.url,
	    .api = "http://127.0.0.1",
	    .query = "v=10",
	    .proxy = ""};
	struct linger hard = {1, 0}; /* no port stays in TIME_WAIT */

	t.calls = 0;
	t.wire = NULL;
	t.dial = dial_start(t.loop, t.timers, &a, on_end, NULL);
	while ((t.fd = accept4(t.listener, NULL, NULL, SOCK_CLOEXEC)) == -1)
		turn();
	(void)setsockopt(t.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	read_request();
}

static void
compose(struct buf *out, struct kit *k)
{
	while (k->left > 0) {
		uint8_t c = kit_byte(k);

		if (c == ACCEPT)
			buf_add(out, t.accept, strlen(t.accept));
		else
			buf_add(out, &c, 1);
	}
}

/* In pieces, each heard before the next one; it may have hung up already. */
static void
send_all(const struct buf *b, size_t piece)
{
	for (size_t at = 0, n; at < buf_len(b); at += n) {
		n = buf_len(b) - at < piece ? buf_len(b) - at : piece;
		(void)send(t.fd, buf_data(b) + at, n, MSG_NOSIGNAL);
		turn();
	}
}

/* What stands behind the answer comes first. */
static void
check_rest(const char *rest, size_t len)
{
	char got[4096];
	size_t have = 0;
	ssize_t n;

	while (have < len) {
		tls_socket_wake(t.wire);
		n = tls_socket_read(t.wire, got, sizeof(got));
		must(n >= 0 && (size_t)n <= len - have);
		must(memcmp(rest + have, got, (size_t)n) == 0);
		have += (size_t)n;
	}
}

static void
check(const struct buf *sent, bool end)
{
	const char *text = buf_data(sent);
	size_t len = buf_len(sent);
	struct ws_upgrade_answer a = {0};
	bool cut = len > WS_UPGRADE_ANSWER_MAX;
	int want = ws_upgrade_parse(text, cut ? WS_UPGRADE_ANSWER_MAX : len,
	    t.key, &a);

	if (want == 0 && !cut && !end && len < WS_UPGRADE_ANSWER_MAX) {
		for (int i = 0; i < 3; i++)
			turn();
		must(t.calls == 0);
		return;
	}
	while (t.calls == 0)
		turn();
	must(t.calls == 1);
	must((t.wire != NULL)
	    == (want == 1 && a.status == 101 && a.wrong == NULL));
	must(t.status == (want == 1 && a.status != 101 ? a.status : 0));
	must(t.status == 0 || t.retry_after_s == a.retry_after_s);
	if (t.wire == NULL) {
		must(t.why[0] != '\0');
		return;
	}
	must(memmem(text, a.length, t.accept, strlen(t.accept)) != NULL);
	check_rest(text + a.length, len - a.length);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kit k = {data, size};
	unsigned piece = kit_byte(&k), end = kit_byte(&k) % 2;
	struct buf answer = {0};

	if (t.loop == NULL)
		listen_once();
	begin();
	compose(&answer, &k);
	/* A byte at a time takes long. */
	if (buf_len(&answer) / 64 > piece)
		piece = 0;
	send_all(&answer, piece == 0 ? SIZE_MAX : piece);
	if (end)
		(void)shutdown(t.fd, SHUT_WR);
	check(&answer, end);
	buf_free(&answer);
	/* Ours goes first, with a reset. */
	close(t.fd);
	dial_cancel(t.dial);
	t.dial = NULL;
	tls_socket_free(t.wire);
	return 0;
}

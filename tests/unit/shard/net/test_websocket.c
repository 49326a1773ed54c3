/* SPDX-License-Identifier: MIT */
/*
 * websocket.c against a server in the test's hands.  Whatever a callback may
 * do, it does at once here: websocket_close from within each of them, as the
 * session does.
 */
#include "shard/net/websocket.h"

#include "tests/unit/shard/net/net_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define MESSAGE_MAX 1000
#define TEXT 0x81u /* first bytes of frames, all but MORE the last one */
#define MORE 0x01u
#define CONTINUED 0x80u
#define CLOSE 0x88u
#define PING 0x89u

enum call { DATA, MESSAGE, CLOSED, BROKEN, READ, TURN, CALLS };

static struct {
	struct websocket *conn;
	struct ws_linger farewell;
	int peer;
	unsigned calls[CALLS];
	int close_in; /* enum call that closes; -1: none */
	char data[4096];
	char messages[4096]; /* each followed by '|' */
	unsigned code;
	char why[160];
	char sent[16384]; /* what the peer got */
	size_t sent_len;
} t;

static void
called(enum call c)
{
	/* Nothing comes after websocket_close. */
	assert_non_null(t.conn);
	t.calls[c]++;
	if (t.close_in != (int)c)
		return;
	websocket_close(t.conn, 4900);
	t.conn = NULL;
}

static void
on_data(void *arg, const void *data, size_t len)
{
	size_t have = strlen(t.data);

	assert_true(have + len < sizeof(t.data));
	memcpy(t.data + have, data, len);
	t.data[have + len] = '\0';
	called(DATA);
}

static void
on_message(void *arg)
{
	size_t have = strlen(t.messages);

	assert_true(str_format(t.messages + have, sizeof(t.messages) - have,
	    "%s|", t.data));
	t.data[0] = '\0';
	called(MESSAGE);
}

static void
on_closed(void *arg, unsigned code, const char *why)
{
	t.code = code;
	(void)str_copy(t.why, why, sizeof(t.why));
	called(CLOSED);
}

static void
on_broken(void *arg, const char *why)
{
	(void)str_copy(t.why, why, sizeof(t.why));
	called(BROKEN);
}

static void
on_read(void *arg, size_t n)
{
	called(READ);
}

static void
on_turn(void *arg)
{
	called(TURN);
}

static const struct websocket_events events = {on_data, on_message, on_closed,
    on_broken, on_read, on_turn};

static void
open_over(int fd)
{
	t.conn = websocket_open(net.loop, tls_socket_new(fd), &t.farewell,
	    MESSAGE_MAX, &events, NULL);
}

static int
setup(void **state)
{
	int fd[2];

	memset(&t, 0, sizeof(t));
	t.close_in = -1;
	net_open();
	ws_linger_init(&t.farewell, net.loop, net.timers);
	net_pair(fd);
	t.peer = fd[1];
	open_over(fd[0]);
	return 0;
}

static int
teardown(void **state)
{
	websocket_close(t.conn, 0);
	ws_linger_drop(&t.farewell);
	if (t.peer >= 0)
		close(t.peer);
	net_close();
	return 0;
}

static int
reset(void)
{
	return teardown(NULL) == 0 && setup(NULL) == 0 ? 0 : -1;
}

static void
frame(unsigned first_byte, const char *payload, size_t len)
{
	unsigned char f[128];

	net_write(t.peer, f, net_frame(f, first_byte, payload, len));
}

static void
text(unsigned first_byte, const char *payload)
{
	frame(first_byte, payload, strlen(payload));
}

static bool
frame_came(void)
{
	ssize_t n = recv(t.peer, t.sent + t.sent_len,
	    sizeof(t.sent) - t.sent_len, 0);

	if (n > 0)
		t.sent_len += (size_t)n;
	return t.sent_len >= 6 && t.sent_len >= 6 + (t.sent[1] & 127u);
}

/* The next frame we sent, unmasked; its first byte. */
static unsigned
sent_frame(char *payload, size_t *len)
{
	const unsigned char *f = (unsigned char *)t.sent;
	unsigned first;

	net_until(frame_came());
	first = f[0];
	assert_true(f[1] & 0x80);
	*len = f[1] & 127u;
	assert_true(*len < 126);
	for (size_t i = 0; i < *len; i++)
		payload[i] = (char)(f[6 + i] ^ f[2 + i % 4]);
	t.sent_len -= 6 + *len;
	memmove(t.sent, t.sent + 6 + *len, t.sent_len);
	return first;
}

/* ---- in ------------------------------------------------------------- */

static void
test_messages(void **state)
{
	text(TEXT, "whole");
	text(MORE, "in ");
	text(PING, "p");
	text(CONTINUED, "parts");
	net_until(t.calls[MESSAGE] == 2);
	assert_string_equal(t.messages, "whole|in parts|");
	assert_true(t.calls[TURN] > 0 && t.calls[READ] > 0);
}

/* Byte by byte, as the network may. */
static void
test_pieces(void **state)
{
	unsigned char f[64];
	size_t n = net_frame(f, TEXT, "piecemeal", 9);

	for (size_t i = 0; i < n; i++) {
		net_write(t.peer, f + i, 1);
		net_turn();
	}
	net_until(t.calls[MESSAGE] == 1);
	assert_string_equal(t.messages, "piecemeal|");
}

/* What came with the upgrade's answer is delivered, and from the loop. */
static void
test_bytes_before_open(void **state)
{
	struct tls_socket *wire;
	unsigned char f[64];
	int fd[2];

	websocket_close(t.conn, 0);
	close(t.peer);
	net_pair(fd);
	t.peer = fd[1];
	wire = tls_socket_new(fd[0]);
	tls_socket_unread(wire, f, net_frame(f, TEXT, "hello", 5));
	t.conn = websocket_open(net.loop, wire, &t.farewell, MESSAGE_MAX,
	    &events, NULL);
	assert_int_equal(t.calls[MESSAGE], 0);
	net_until(t.calls[MESSAGE] == 1);
	assert_string_equal(t.messages, "hello|");
}

static void
test_too_large(void **state)
{
	char big[101];

	memset(big, 'x', sizeof(big));
	for (int i = 0; i <= MESSAGE_MAX / 100 && t.calls[BROKEN] == 0; i++) {
		frame(i == 0 ? MORE : 0, big, 100);
		net_turn();
	}
	net_until(t.calls[BROKEN] == 1);
	assert_non_null(strstr(t.why, "[limits] wire_message_bytes"));
	assert_int_equal(t.calls[CLOSED], 0);
}

static void
test_not_websocket(void **state)
{
	net_puts(t.peer, "\x7f\x7f garbage");
	net_until(t.calls[BROKEN] == 1);
	assert_string_equal(t.why, "websocket protocol error");
}

static void
test_ping(void **state)
{
	char payload[128];
	size_t len;

	text(PING, "are you there");
	assert_int_equal(sent_frame(payload, &len), 0x8a);
	assert_int_equal(len, 13);
	assert_memory_equal(payload, "are you there", 13);
}

/* ---- how it ends ---------------------------------------------------- */

static void
test_close_codes(void **state)
{
	static const struct {
		const char *payload;
		size_t len;
		unsigned code;
		const char *why;
	} cases[] = {
	    {"\x0f\xa9"
	     "Session timed out",
		19, 4009, "Session timed out"},
	    {"\x03\xe8", 2, 1000, ""},
	    {"", 0, 1005, ""},
	    /* wslay does not know it; proxies send it. */
	    {"\x03\xf4", 2, 1012, ""},
	};

	for (size_t i = 0; i < nitems(cases); i++) {
		assert_int_equal(reset(), 0);
		frame(CLOSE, cases[i].payload, cases[i].len);
		net_until(t.calls[CLOSED] == 1);
		assert_int_equal(t.code, cases[i].code);
		assert_string_equal(t.why, cases[i].why);
		assert_int_equal(t.calls[BROKEN], 0);
	}
}

static void
test_lost(void **state)
{
	text(TEXT, "last");
	close(t.peer);
	t.peer = -1;
	t.close_in = CLOSED;
	net_until(t.calls[CLOSED] == 1);
	assert_string_equal(t.messages, "last|");
	assert_int_equal(t.code, 0);
	assert_string_equal(t.why, "closed by the peer");
}

static void
test_our_close(void **state)
{
	char payload[128], rest[16] = "";
	size_t len;

	net_turn();
	websocket_close(t.conn, 4900);
	t.conn = NULL;
	assert_int_equal(sent_frame(payload, &len), CLOSE);
	assert_int_equal(len, 2);
	assert_memory_equal(payload, "\x13\x24", 2); /* 4900 */
	net_until(!net_read(t.peer, rest, sizeof(rest)));
	assert_string_equal(rest, "");
}

/* 8.16: 1000 from the server is not answered with 1000, which would end the
 * session for good. */
static void
test_1000_is_not_echoed(void **state)
{
	char rest[16] = "";

	frame(CLOSE, "\x03\xe8", 2);
	t.close_in = CLOSED;
	net_until(t.calls[CLOSED] == 1);
	net_until(!net_read(t.peer, rest, sizeof(rest)));
	assert_string_equal(rest, "");
}

/* websocket_close within every callback, with more to come behind it. */
static void
f_a2_conn_may_be_closed_in_every_callback(void **state)
{
	for (int c = 0; c < CALLS; c++) {
		assert_int_equal(reset(), 0);
		t.close_in = c;
		text(MORE, "a");
		text(PING, "b");
		text(CONTINUED, "c");
		text(TEXT, "d");
		if (c == BROKEN)
			net_puts(t.peer, "\x7f\x7f garbage");
		else
			frame(CLOSE, "\x0f\xa0", 2);
		net_until(t.conn == NULL);
		for (int i = 0; i < 20; i++)
			net_turn();
		assert_int_equal(t.calls[c], 1);
	}
}

/* ---- out ------------------------------------------------------------ */

static void
test_send(void **state)
{
	char payload[128];
	size_t len;

	assert_int_equal(websocket_send(t.conn, "{\"op\":1}", 8), 0);
	assert_int_equal(sent_frame(payload, &len), TEXT);
	assert_int_equal(len, 8);
	assert_memory_equal(payload, "{\"op\":1}", 8);
}

static uint64_t
take_bytes(void)
{
	static char sink[1 << 20];
	ssize_t n = recv(t.peer, sink, sizeof(sink), 0);

	return n > 0 ? (uint64_t)n : 0;
}

/* A peer that does not read: the queue has a bound, nothing spins, and all of
 * it goes out in order once it reads. */
static void
test_peer_does_not_read(void **state)
{
	static char block[60000];
	unsigned turns;
	uint64_t sends = 0, got = 0;

	while (websocket_send(t.conn, block, sizeof(block)) == 0)
		sends++;
	assert_true(sends > WEBSOCKET_QUEUE_MAX);
	turns = t.calls[TURN];
	for (int i = 0; i < 50; i++)
		net_turn();
	assert_true(t.calls[TURN] - turns < 10);
	/* Each has a header of 8 bytes. */
	net_until((got += take_bytes()) == sends * (sizeof(block) + 8));
	assert_int_equal(websocket_send(t.conn, "x", 1), 0);
}

/* A text of the longest kind that has no head of its own here. */
static void
test_send_secret(void **state)
{
	char payload[128], text[125];
	size_t len;

	memset(text, 's', sizeof(text));
	assert_int_equal(websocket_send(t.conn, "before", 6), 0);
	assert_int_equal(websocket_send_secret(t.conn, text, sizeof(text)), 0);
	assert_int_equal(websocket_send(t.conn, "after", 5), 0);
	assert_int_equal(sent_frame(payload, &len), TEXT);
	assert_memory_equal(payload, "before", len);
	assert_int_equal(sent_frame(payload, &len), TEXT);
	assert_int_equal(len, sizeof(text));
	assert_memory_equal(payload, text, len);
	assert_int_equal(sent_frame(payload, &len), TEXT);
	assert_memory_equal(payload, "after", len);
}

/* It waits between two frames of the others, and goes out whole. */
static void
test_secret_waits(void **state)
{
	static char block[60000];
	uint64_t sends = 0, got = 0;

	while (websocket_send(t.conn, block, sizeof(block)) == 0)
		sends++;
	assert_int_equal(websocket_send_secret(t.conn, block, 4000), 0);
	/* One at a time. */
	assert_int_equal(websocket_send_secret(t.conn, block, 4000), -1);
	net_until((got += take_bytes()) == sends * (sizeof(block) + 8) + 4008);
	assert_int_equal(websocket_send_secret(t.conn, "x", 1), 0);
	net_until((got += take_bytes()) == sends * (sizeof(block) + 8) + 4015);
	assert_int_equal(websocket_send_secret(t.conn, block, 65536), -1);
}

/* Half of it is out: what else is sent comes behind it. */
static void
test_secret_goes_on(void **state)
{
	static char block[65535];
	uint64_t got = 0, full = 0;
	uint64_t secrets = 0;

	/* Frames of ours alone, until one is stuck. */
	while (websocket_send_secret(t.conn, block, sizeof(block)) == 0)
		secrets++;
	assert_int_equal(websocket_send(t.conn, "behind", 6), 0);
	full = secrets * (sizeof(block) + 8) + 12;
	net_until((got += take_bytes()) == full);
	assert_int_equal(websocket_send_secret(t.conn, "x", 1), 0);
}

static uint64_t
take_tls(SSL *server)
{
	char buf[64];
	int n = SSL_read(server, buf, sizeof(buf));

	return n > 0 ? (uint64_t)n : 0;
}

/* The server renegotiates while something waits to be written. */
static void
f_a12_no_spinning_while_tls_waits_for_the_peer(void **state)
{
	SSL_CTX *ctx = net_client_tls();
	struct tls_socket *wire;
	SSL *server;
	uint64_t got = 0;
	unsigned turns;
	int fd[2];

	websocket_close(t.conn, 0);
	close(t.peer);
	net_pair(fd);
	t.peer = fd[1];
	wire = tls_socket_new(fd[0]);
	assert_int_equal(tls_socket_tls(wire, ctx, "localhost"), 0);
	server = net_server_tls(t.peer, true);
	net_until((tls_socket_wake(wire), tls_socket_handshake(wire) == 1)
	    & (SSL_do_handshake(server) == 1));
	t.conn = websocket_open(net.loop, wire, &t.farewell, MESSAGE_MAX,
	    &events, NULL);
	assert_int_equal(SSL_renegotiate(server), 1);
	(void)SSL_do_handshake(server);
	net_until(SSL_in_init(wire->ssl));
	assert_int_equal(websocket_send(t.conn, "hi", 2), 0);
	turns = t.calls[TURN];
	for (int i = 0; i < 50; i++)
		net_turn();
	assert_true(t.calls[TURN] - turns < 10);
	net_until((got += take_tls(server)) == 8);
	websocket_close(t.conn, 4900);
	t.conn = NULL;
	SSL_free(server);
	SSL_CTX_free(ctx);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_messages),
	    T(test_pieces),
	    T(test_bytes_before_open),
	    T(test_too_large),
	    T(test_not_websocket),
	    T(test_ping),
	    T(test_close_codes),
	    T(test_lost),
	    T(test_our_close),
	    T(test_1000_is_not_echoed),
	    T(f_a2_conn_may_be_closed_in_every_callback),
	    T(test_send),
	    T(test_peer_does_not_read),
	    T(test_send_secret),
	    T(test_secret_waits),
	    T(test_secret_goes_on),
	    T(f_a12_no_spinning_while_tls_waits_for_the_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

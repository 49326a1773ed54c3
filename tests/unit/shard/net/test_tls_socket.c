/* SPDX-License-Identifier: MIT */
/*
 * tls_socket.c over loopback sockets: plain and with TLS, with a peer that
 * ends, does not read, or renegotiates.
 */
#include "shard/net/tls_socket.h"

#include "tests/unit/shard/net/net_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct tls_socket *wire;
static int peer; /* the other end's fd */
static SSL_CTX *ctx;
static SSL *server;

static int
setup(void **state)
{
	int fd[2];

	net_open();
	net_pair(fd);
	wire = tls_socket_new(fd[0]);
	peer = fd[1];
	return 0;
}

static int
teardown(void **state)
{
	SSL_free(server);
	SSL_CTX_free(ctx);
	server = NULL;
	ctx = NULL;
	tls_socket_free(wire);
	close(peer);
	net_close();
	return 0;
}

/* The next call's result; -2 as long as there is nothing. */
static ssize_t
read_some(char *buf, size_t size)
{
	ssize_t n;

	tls_socket_wake(wire);
	n = tls_socket_read(wire, buf, size);
	return n == 0 ? -2 : n;
}

/* Both ends have their turn until the client is done or has failed. */
static int
handshake(const char *host, bool old)
{
	int rc = 0;

	ctx = net_client_tls();
	server = net_server_tls(peer, old);
	assert_int_equal(tls_socket_tls(wire, ctx, host), 0);
	for (int i = 0; i < 1000 && rc == 0; i++) {
		tls_socket_wake(wire);
		rc = tls_socket_handshake(wire);
		assert_true(rc != 0 || !tls_socket_needs_room(wire, false));
		(void)SSL_do_handshake(server);
		net_turn();
	}
	return rc;
}

/* ---- plain ---------------------------------------------------------- */

static void
test_unread_comes_first(void **state)
{
	char buf[16];

	net_puts(peer, "later");
	tls_socket_unread(wire, "", 0);
	tls_socket_unread(wire, "first", 5);
	assert_int_equal(tls_socket_read(wire, buf, 3), 3);
	assert_memory_equal(buf, "fir", 3);
	assert_int_equal(tls_socket_read(wire, buf, sizeof(buf)), 2);
	assert_memory_equal(buf, "st", 2);
	net_until(read_some(buf, sizeof(buf)) == 5);
	assert_memory_equal(buf, "later", 5);
	close(peer);
	net_until(read_some(buf, sizeof(buf)) == -1);
	assert_true(wire->eof);
	assert_string_equal(wire->why, "closed by the peer");
}

/* The peer does not read: room is what is waited for, until there is some. */
static void
test_full(void **state)
{
	static char block[65536];
	char sink[65536];
	ssize_t n;

	do
		n = tls_socket_write(wire, block, sizeof(block));
	while (n > 0);
	assert_int_equal(n, 0);
	assert_true(tls_socket_needs_room(wire, true));
	assert_true(tls_socket_needs_room(wire, false));
	while (recv(peer, sink, sizeof(sink), 0) > 0)
		;
	net_until(tls_socket_write(wire, block, 1) == 1);
	assert_false(tls_socket_needs_room(wire, false));
	assert_true(tls_socket_needs_room(wire, true));
}

static void
test_reset(void **state)
{
	struct linger now = {1, 0};
	char buf[4];

	assert_int_equal(setsockopt(peer, SOL_SOCKET, SO_LINGER, &now,
			     sizeof(now)),
	    0);
	close(peer);
	net_until(read_some(buf, sizeof(buf)) == -1);
	assert_false(wire->eof);
	assert_string_equal(wire->why, "Connection reset by peer");
	assert_int_equal(tls_socket_write(wire, "x", 1), -1);
}

/* ---- TLS ------------------------------------------------------------ */

static void
test_tls(void **state)
{
	char buf[64];

	assert_int_equal(handshake("localhost", false), 1);
	net_until(SSL_do_handshake(server) == 1);
	assert_int_equal(SSL_write(server, "hello", 5), 5);
	net_until(read_some(buf, sizeof(buf)) == 5);
	assert_memory_equal(buf, "hello", 5);
	assert_int_equal(tls_socket_write(wire, "you", 3), 3);
	net_until(SSL_read(server, buf, sizeof(buf)) == 3);
	assert_memory_equal(buf, "you", 3);
	SSL_shutdown(server);
	net_until(read_some(buf, sizeof(buf)) == -1);
	assert_string_equal(wire->why, "closed by the peer");
}

/* An event has a record of its own; what ends the stream comes behind them. */
static void
test_tls_takes_all_records_at_once(void **state)
{
	char buf[4096];
	ssize_t n, all = 0;

	assert_int_equal(handshake("localhost", false), 1);
	net_until(SSL_do_handshake(server) == 1);
	for (int i = 0; i < 50; i++)
		assert_int_equal(SSL_write(server, "0123456789", 10), 10);
	net_until((n = read_some(buf, sizeof(buf))) > 0);
	assert_true(n == 500 || wire->empty);
	for (all = n; all < 500; all += n)
		net_until((n = read_some(buf, sizeof(buf))) > 0);
	assert_int_equal(all, 500);
	/* A buffer that is full says nothing about what there is. */
	assert_int_equal(SSL_write(server, buf, 100), 100);
	net_until(read_some(buf, 60) == 60);
	assert_false(wire->empty);
	assert_int_equal(tls_socket_read(wire, buf, 60), 40);
	assert_int_equal(SSL_write(server, "bye", 3), 3);
	SSL_shutdown(server);
	close(peer);
	net_until(read_some(buf, sizeof(buf)) == 3);
	net_until(read_some(buf, sizeof(buf)) == -1);
	assert_string_equal(wire->why, "closed by the peer");
	assert_int_equal(tls_socket_read(wire, buf, sizeof(buf)), -1);
}

/* Buffers that were given back are there again when something comes, a record
 * that has come in part is not touched. */
static void
test_tls_trims(void **state)
{
	char buf[256], record[256];
	BIO *apart = BIO_new(BIO_s_mem());
	int n;

	assert_int_equal(handshake("localhost", false), 1);
	net_until(SSL_do_handshake(server) == 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(SSL_write(server, "hello", 5), 5);
		net_until(read_some(buf, sizeof(buf)) == 5);
		tls_socket_trim(wire);
		assert_int_equal(tls_socket_write(wire, "you", 3), 3);
		tls_socket_trim(wire);
		net_until(SSL_read(server, buf, sizeof(buf)) == 3);
	}
	SSL_set0_wbio(server, apart);
	assert_int_equal(SSL_write(server, "whole", 5), 5);
	n = BIO_read(apart, record, sizeof(record));
	assert_true(n > 10);
	net_write(peer, record, 10);
	for (int i = 0; i < 20; i++, net_turn())
		assert_int_equal(read_some(buf, sizeof(buf)), -2);
	tls_socket_trim(wire);
	net_write(peer, record + 10, (size_t)n - 10);
	net_until(read_some(buf, sizeof(buf)) == 5);
	assert_memory_equal(buf, "whole", 5);
}

static void
test_tls_of_another_name(void **state)
{
	assert_int_equal(handshake("gateway.example", false), -1);
	assert_string_equal(wire->why,
	    "the certificate is not accepted: hostname mismatch");
}

static void
test_tls_ends_early(void **state)
{
	int rc;

	ctx = net_client_tls();
	assert_int_equal(tls_socket_tls(wire, ctx, "localhost"), 0);
	assert_int_equal(tls_socket_handshake(wire), 0);
	(void)shutdown(peer, SHUT_WR);
	net_until(
	    (tls_socket_wake(wire), rc = tls_socket_handshake(wire)) != 0);
	assert_int_equal(rc, -1);
	assert_string_equal(wire->why, "closed by the peer");
}

/* The server renegotiates: what we write waits for it, not for room, which a
 * socket has always: the loop used to spin. */
static void
f_a12_a_write_that_waits_for_the_peer_does_not_ask_for_room(void **state)
{
	char buf[64];

	assert_int_equal(handshake("localhost", true), 1);
	net_until(SSL_do_handshake(server) == 1);
	assert_int_equal(SSL_renegotiate(server), 1);
	(void)SSL_do_handshake(server);
	/* HelloRequest is read, ClientHello answers it; then it is their turn. */
	net_until(read_some(buf, sizeof(buf)) == -2 && SSL_in_init(wire->ssl));
	assert_int_equal(tls_socket_write(wire, "x", 1), 0);
	assert_false(tls_socket_needs_room(wire, true));
	net_until(((void)SSL_read(server, buf, sizeof(buf)),
	    read_some(buf, sizeof(buf)) == -2 && !SSL_in_init(wire->ssl)));
	assert_int_equal(tls_socket_write(wire, "x", 1), 1);
	net_until(SSL_read(server, buf, sizeof(buf)) == 1);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_unread_comes_first),
	    T(test_full),
	    T(test_reset),
	    T(test_tls),
	    T(test_tls_takes_all_records_at_once),
	    T(test_tls_trims),
	    T(test_tls_of_another_name),
	    T(test_tls_ends_early),
	    T(f_a12_a_write_that_waits_for_the_peer_does_not_ask_for_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

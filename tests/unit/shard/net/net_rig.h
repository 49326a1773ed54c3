/* SPDX-License-Identifier: MIT */
/*
 * A real loop and real loopback sockets for one test, the other end of them in
 * the test's hands: it reads and writes when it wants to, so bytes come in the
 * pieces the test chooses.  Timers are fake_time's, which each turn moves on by
 * a millisecond.
 */
#ifndef TESTS_UNIT_SHARD_NET_NET_RIG_H
#define TESTS_UNIT_SHARD_NET_NET_RIG_H

#include "shared/net/tls.h"
#include "tests/unit/rig/fake_time.h"

#include <ev.h>

#define NET_TURNS_MAX 20000 /* of at least a millisecond each, then it hangs */

struct net_rig {
	struct ev_loop *loop;
	struct timers *timers;
	int listener;
	unsigned port;
	ev_timer nap;
};
extern struct net_rig net;

void net_open(void);
void net_close(void);
/* One turn of the loop. */
void net_turn(void);
/* Turns until it is true; fails the test when it does not become so. */
#define net_until(condition)                                                   \
	do {                                                                   \
		int net_left_ = NET_TURNS_MAX;                                 \
		while (net_left_ > 0 && !(condition)) {                        \
			net_turn();                                            \
			net_left_--;                                           \
		}                                                              \
		if (net_left_ == 0)                                            \
			fail_msg("never: %s", #condition);                     \
	} while (0)

/* The peer of whoever connected to net.port, or -1; non-blocking. */
int net_accept(void);
/* Two ends of a TCP connection, both non-blocking. */
void net_pair(int fd[2]);
/* What has come, appended to buf (NUL-terminated); false at its end. */
bool net_read(int fd, char *buf, size_t size);
void net_write(int fd, const void *, size_t);
void net_puts(int fd, const char *);

/* The 101 that fits a request. */
void net_upgraded(const char *request, char *out, size_t size);
/* An unmasked frame with a payload below 126 bytes; its length. */
size_t net_frame(unsigned char *out, unsigned first_byte, const void *payload,
    size_t len);

/* ---- TLS: a certificate for "localhost" that the client side trusts ---- */

SSL_CTX *net_client_tls(void);
/* A server at fd, of at most TLS 1.2 when old. */
SSL *net_server_tls(int fd, bool old);

#endif

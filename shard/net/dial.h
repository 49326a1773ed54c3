/* SPDX-License-Identifier: MIT */
/*
 * From a URL to an open websocket: libcurl does names, addresses, proxy and
 * TCP and is gone again before the handshake; TLS and the upgrade are ours.
 * It has no deadline of its own: its owner cancels it.
 */
#ifndef SHARD_NET_DIAL_H
#define SHARD_NET_DIAL_H

#include "shard/net/tls_socket.h"
#include "shared/base/timer.h"

#include <ev.h>

struct dial;

struct dial_result {
	struct tls_socket *wire; /* on success, now the callee's; else NULL */
	bool reached;		 /* a TCP connection came about */
	unsigned status;	 /* HTTP status of a refused upgrade, or 0 */
	uint64_t retry_after_s;
	const char *why; /* on failure, a sentence without full stop */
};
/* Called once, never from within dial_start; the dial frees itself after. */
typedef void dial_fn(void *arg, const struct dial_result *);

struct dial_args {
	const char *url;   /* ws:// or wss:// */
	const char *api;   /* [gateway] api: see gateway_url.h */
	const char *query; /* without '?' */
	const char *proxy; /* "" or http://host:port */
	SSL_CTX *tls;
};

struct dial *dial_start(struct ev_loop *, struct timers *,
    const struct dial_args *, dial_fn *, void *arg);
/* No callback after it; NULL is allowed. */
void dial_cancel(struct dial *);

#endif

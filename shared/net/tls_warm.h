/* SPDX-License-Identifier: MIT */
/*
 * A handshake of the process with itself, before it forks: OpenSSL looks up
 * each algorithm at its first use, sorts the certificates at the first search
 * and keeps both; done once here, all shards share it.
 */
#ifndef SHARED_NET_TLS_WARM_H
#define SHARED_NET_TLS_WARM_H

#include "shared/net/tls.h"

/* As a client of this kind would.  False when it came to nothing, which costs
 * memory only. */
bool tls_warm(SSL_CTX *client);

#endif

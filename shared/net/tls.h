/* SPDX-License-Identifier: MIT */
/*
 * This room: TLS, and libcurl on libev.
 *
 * The client TLS context, and a server's (1.2 and 1.3, peer and host name verified) and the
 * search for the system's CA bundle.  Built once by the supervisor before it
 * forks, so that shards share its pages.
 */
#ifndef SHARED_NET_TLS_H
#define SHARED_NET_TLS_H

#include "shared/base/err.h"

#include <openssl/ssl.h>

/*
 * ca_file: path, or "" / NULL to look for the system's: $SSL_CERT_FILE, then
 * the places Debian, RHEL, openSUSE and Alpine use.  On success the path taken
 * is copied to used (size bytes).  EXIT_CONFIG with every path tried when none.
 */
int tls_find_ca(const char *ca_file, char *used, size_t size, struct err *);
/* Owner frees with SSL_CTX_free. */
SSL_CTX *tls_client_new(const char *ca_file, struct err *);
/* For a server, of two PEM files: the certificate with its chain, the key. */
SSL_CTX *tls_server_new(const char *cert, const char *key, struct err *);
/* The newest OpenSSL error in words; empties the error queue. */
void tls_error(char *out, size_t size);

#endif

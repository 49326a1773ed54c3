/* SPDX-License-Identifier: MIT */
#include "shared/net/tls_warm.h"

#include "shared/base/tricks.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#define TURNS_MAX 16 /* of both sides: a handshake takes three */

/* What a server shows: nobody trusts it, and nobody is asked to. */
static X509 *
certificate(EVP_PKEY *key)
{
	X509 *x = X509_new();
	X509_NAME *name;

	if (x == NULL)
		return NULL;
	name = X509_get_subject_name(x);
	if (X509_set_version(x, 2) == 1
	    && ASN1_INTEGER_set(X509_get_serialNumber(x), 1) == 1
	    && X509_gmtime_adj(X509_getm_notBefore(x), -60) != NULL
	    && X509_gmtime_adj(X509_getm_notAfter(x), 3600) != NULL
	    && X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
		   (const unsigned char *)"warm", -1, -1, 0)
		== 1
	    && X509_set_issuer_name(x, name) == 1
	    && X509_set_pubkey(x, key) == 1
	    && X509_sign(x, key, EVP_sha256()) > 0)
		return x;
	X509_free(x);
	return NULL;
}

static SSL_CTX *
server_new(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = key != NULL ? certificate(key) : NULL;
	SSL_CTX *ctx = x != NULL ? SSL_CTX_new(TLS_server_method()) : NULL;

	if (ctx != NULL
	    && (SSL_CTX_use_certificate(ctx, x) != 1
		|| SSL_CTX_use_PrivateKey(ctx, key) != 1)) {
		SSL_CTX_free(ctx);
		ctx = NULL;
	}
	X509_free(x);
	EVP_PKEY_free(key);
	return ctx;
}

/* Both sides in turn, and a few bytes each way. */
static bool
talk(SSL *a, SSL *b)
{
	char buf[16];
	int ra = 0, rb = 0;

	for (int i = 0; i < TURNS_MAX && (ra != 1 || rb != 1); i++) {
		ra = SSL_do_handshake(a);
		rb = SSL_do_handshake(b);
	}
	return ra == 1 && rb == 1 && SSL_write(b, "down", 4) == 4
	    && SSL_read(a, buf, sizeof(buf)) == 4 && SSL_write(a, "up", 2) == 2
	    && SSL_read(b, buf, sizeof(buf)) == 2;
}

/* Takes ownership of nothing. */
static bool
meet(SSL_CTX *client, SSL_CTX *server)
{
	SSL *a = SSL_new(client), *b = SSL_new(server);
	BIO *ab, *ba;
	bool good = false;

	if (a != NULL && b != NULL && BIO_new_bio_pair(&ab, 0, &ba, 0) == 1) {
		SSL_set_bio(a, ab, ab);
		SSL_set_bio(b, ba, ba);
		SSL_set_connect_state(a);
		SSL_set_accept_state(b);
		/* The chain is judged all the same, and the answer ignored. */
		SSL_set_verify(a, SSL_VERIFY_NONE, NULL);
		good = SSL_set_tlsext_host_name(a, "localhost") == 1
		    && talk(a, b);
	}
	SSL_free(a);
	SSL_free(b);
	return good;
}

/* What is read of a certificate when it is first needed, and kept in it. */
static void
read_certificates(SSL_CTX *client)
{
	STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(
	    SSL_CTX_get_cert_store(client));

	for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
		X509 *x = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(all, i));

		if (x != NULL)
			(void)X509_check_purpose(x, -1, 0);
	}
}

bool
tls_warm(SSL_CTX *client)
{
	SSL_CTX *server;
	bool good = false;

	if (!HERD_TRICK_TLS_WARM)
		return false;
	server = server_new();
	if (server != NULL)
		good = meet(client, server);
	read_certificates(client);
	SSL_CTX_free(server);
	ERR_clear_error();
	return good;
}

/* SPDX-License-Identifier: MIT */
#include "shared/net/tls.h"

#include <openssl/err.h>
#include <string.h>
#include <unistd.h>

/* Files first: a directory in the wrong shape can break verification. */
static const char *const bundles[] = {
    "/etc/ssl/certs/ca-certificates.crt", /* Debian, Ubuntu, Arch, Alpine */
    "/etc/pki/tls/certs/ca-bundle.crt",	  /* RHEL, Fedora, Amazon */
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",	    /* openSUSE */
    "/etc/ssl/cert.pem",	    /* Alpine, BSDs */
    "/etc/ssl/certs/ca-bundle.crt", /* Nix images */
};

int
tls_find_ca(const char *ca_file, char *used, size_t size, struct err *e)
{
	const char *from_env = getenv("SSL_CERT_FILE");
	char tried[600] = "";

	if (ca_file != NULL && *ca_file != '\0') {
		if (access(ca_file, R_OK) != 0)
			return err_sys(e, EXIT_CONFIG,
			    "[gateway] ca_file: cannot read %s", ca_file);
		str_copy(used, ca_file, size);
		return 0;
	}
	if (from_env != NULL && access(from_env, R_OK) == 0) {
		str_copy(used, from_env, size);
		return 0;
	}
	for (size_t i = 0; i < nitems(bundles); i++) {
		if (access(bundles[i], R_OK) == 0) {
			str_copy(used, bundles[i], size);
			return 0;
		}
		size_t n = strlen(tried);
		snprintf(tried + n, sizeof(tried) - n, "%s%s",
		    i > 0 ? ", " : "", bundles[i]);
	}
	return err_set(e, EXIT_CONFIG,
	    "no CA certificates found: install the package ca-certificates or "
	    "set [gateway] ca_file (tried %s)",
	    tried);
}

void
tls_error(char *out, size_t size)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(code);

	if (code == 0)
		str_copy(out, "no detail", size);
	else if (reason != NULL)
		str_copy(out, reason, size);
	else
		ERR_error_string_n(code, out, size);
	ERR_clear_error();
}

SSL_CTX *
tls_client_new(const char *ca_file, struct err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	char path[512], why[160];

	if (ctx == NULL) {
		tls_error(why, sizeof(why));
		err_set(e, EXIT_DEGRADED, "cannot set up TLS: %s", why);
		return NULL;
	}
	if (tls_find_ca(ca_file, path, sizeof(path), e) != 0)
		goto err1;
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1
	    || SSL_CTX_load_verify_file(ctx, path) != 1) {
		tls_error(why, sizeof(why));
		err_set(e, EXIT_CONFIG, "no usable CA certificate in %s: %s",
		    path, why);
		goto err1;
	}
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(ctx,
	    SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
		| SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(ctx, 1);
	return ctx;
err1:
	SSL_CTX_free(ctx);
	return NULL;
}

SSL_CTX *
tls_server_new(const char *cert, const char *key, struct err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	char why[200];

	if (ctx == NULL)
		goto err1;
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	if (SSL_CTX_use_certificate_chain_file(ctx, cert) == 1
	    && SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1
	    && SSL_CTX_check_private_key(ctx) == 1)
		return ctx;
err1:
	tls_error(why, sizeof(why));
	err_set(e, EXIT_CONFIG,
	    "the certificate %s and its key %s cannot be used: %s", cert, key,
	    why);
	SSL_CTX_free(ctx);
	return NULL;
}

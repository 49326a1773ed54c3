/* SPDX-License-Identifier: MIT */
#include "tools/sim/base/cert.h"

#include "tools/sim/base/hostnames.h"

#include "shared/net/tls.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>

#define CERT_DAYS 3650

struct cert {
	EVP_PKEY *key;
	X509 *x509;
};

static void
cert_free(struct cert *c)
{
	EVP_PKEY_free(c->key);
	X509_free(c->x509);
}

static int
tls_err(struct err *err, const char *what)
{
	char why[256];

	tls_error(why, sizeof(why));
	return err_set(err, EXIT_DEGRADED, "%s: %s.", what, why);
}

static int
extend(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;
	int ok;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (!e)
		return 0;
	ok = X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
	return ok;
}

static int
fill(X509 *x, EVP_PKEY *key, const char *name)
{
	unsigned char serial[8];
	ASN1_INTEGER *no = X509_get_serialNumber(x);
	X509_NAME *n = X509_get_subject_name(x);
	uint64_t v;

	if (RAND_bytes(serial, sizeof(serial)) != 1)
		return 0;
	memcpy(&v, serial, sizeof(v));
	return X509_set_version(x, X509_VERSION_3)
	    && ASN1_INTEGER_set_uint64(no, v >> 1)
	    && X509_gmtime_adj(X509_getm_notBefore(x), -86400)
	    && X509_gmtime_adj(X509_getm_notAfter(x), 86400L * CERT_DAYS)
	    && X509_set_pubkey(x, key)
	    && X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC,
		(const unsigned char *)name, -1, -1, 0);
}

static int
extend_ca(X509 *x)
{
	return extend(x, x, NID_basic_constraints, "critical,CA:TRUE")
	    && extend(x, x, NID_key_usage, "critical,keyCertSign,cRLSign")
	    && extend(x, x, NID_subject_key_identifier, "hash");
}

static int
extend_server(X509 *x, X509 *ca, const char *sans)
{
	return extend(x, ca, NID_basic_constraints, "critical,CA:FALSE")
	    && extend(x, ca, NID_key_usage, "critical,digitalSignature")
	    && extend(x, ca, NID_ext_key_usage, "serverAuth")
	    && extend(x, ca, NID_subject_alt_name, sans)
	    && extend(x, ca, NID_subject_key_identifier, "hash")
	    && extend(x, ca, NID_authority_key_identifier, "keyid:always");
}

/* ca NULL: a CA that signs itself; sans of a server alone. */
static int
issue(struct cert *c, const char *name, const struct cert *ca, const char *sans)
{
	c->key = EVP_EC_gen("P-256");
	c->x509 = X509_new();
	if (!c->key || !c->x509 || !fill(c->x509, c->key, name))
		return -1;
	if (!X509_set_issuer_name(c->x509,
		X509_get_subject_name(ca ? ca->x509 : c->x509)))
		return -1;
	if (!(ca ? extend_server(c->x509, ca->x509, sans) : extend_ca(c->x509)))
		return -1;
	return X509_sign(c->x509, ca ? ca->key : c->key, EVP_sha256()) > 0 ? 0
									   : -1;
}

static char *
pem_of(X509 *x, EVP_PKEY *key)
{
	BIO *b = BIO_new(BIO_s_mem());
	char *text = NULL, *p;
	long n;

	if (b
	    && (x ? PEM_write_bio_X509(b, x)
		  : PEM_write_bio_PrivateKey(b, key, NULL, NULL, 0, NULL,
		      NULL))) {
		n = BIO_get_mem_data(b, &p);
		text = base_alloc((size_t)n + 1);
		memcpy(text, p, (size_t)n);
	}
	BIO_free(b);
	return text;
}

static int
save(const char *path, const char *text, mode_t mode, struct err *err)
{
	mode_t old = umask(077);
	FILE *f = fopen(path, "w");

	umask(old);
	if (!f)
		return err_sys(err, EXIT_DEGRADED, "cannot write %s", path);
	fputs(text, f);
	if (fclose(f) != 0 || chmod(path, mode) != 0)
		return err_sys(err, EXIT_DEGRADED, "cannot write %s", path);
	return 0;
}

/* 0 when both files are there and belong together. */
static int
load(struct cert *ca, const char *pem, const char *key)
{
	FILE *f = fopen(pem, "r");

	if (f) {
		ca->x509 = PEM_read_X509(f, NULL, NULL, NULL);
		fclose(f);
	}
	f = fopen(key, "r");
	if (f) {
		ca->key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
		fclose(f);
	}
	if (ca->x509 && ca->key && X509_check_private_key(ca->x509, ca->key))
		return 0;
	cert_free(ca);
	*ca = (struct cert) {0};
	return -1;
}

static int
make_ca(struct cert *ca, const char *pem, const char *key, struct err *err)
{
	char *a, *b;
	int r;

	if (load(ca, pem, key) == 0)
		return 0;
	if (issue(ca, "shardherd-sim throw-away CA", NULL, NULL) < 0)
		return tls_err(err, "cannot make a CA certificate");
	a = pem_of(NULL, ca->key);
	b = pem_of(ca->x509, NULL);
	if (!a || !b)
		r = tls_err(err, "cannot write the CA certificate");
	else if ((r = save(key, a, 0600, err)) == 0)
		r = save(pem, b, 0644, err);
	free(a);
	free(b);
	return r;
}

int
cert_make(struct sim *sim, struct err *err)
{
	struct cert ca = {0}, server = {0};
	char pem[512], key[512], *sans = NULL;
	int r = -1;

	if (!str_format(pem, sizeof(pem), "%s/ca.pem", sim->cfg.dir)
	    || !str_format(key, sizeof(key), "%s/ca.key", sim->cfg.dir))
		return err_set(err, EXIT_USAGE, "the path %s is too long.",
		    sim->cfg.dir);
	if (make_ca(&ca, pem, key, err) < 0)
		goto out;
	sans = hostnames_sans(sim);
	if (issue(&server, "localhost", &ca, sans) < 0) {
		tls_err(err, "cannot make a server certificate");
		goto out;
	}
	sim->ca_pem = pem_of(ca.x509, NULL);
	sim->cert_pem = pem_of(server.x509, NULL);
	sim->key_pem = pem_of(NULL, server.key);
	r = sim->ca_pem && sim->cert_pem && sim->key_pem
	    ? 0
	    : tls_err(err, "cannot write the server certificate");
out:
	free(sans);
	cert_free(&ca);
	cert_free(&server);
	return r;
}

static int
use_pem(SSL_CTX *ctx, const struct sim *sim)
{
	BIO *cb = BIO_new_mem_buf(sim->cert_pem, -1);
	BIO *kb = BIO_new_mem_buf(sim->key_pem, -1);
	X509 *x = PEM_read_bio_X509(cb, NULL, NULL, NULL);
	EVP_PKEY *k = PEM_read_bio_PrivateKey(kb, NULL, NULL, NULL);
	int ok = x && k && SSL_CTX_use_certificate(ctx, x) == 1
	    && SSL_CTX_use_PrivateKey(ctx, k) == 1;

	X509_free(x);
	EVP_PKEY_free(k);
	BIO_free(cb);
	BIO_free(kb);
	return ok ? 0 : -1;
}

SSL_CTX *
cert_server(struct sim *sim, struct err *err)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (!ctx || use_pem(ctx, sim) < 0) {
		tls_err(err, "cannot set up TLS");
		SSL_CTX_free(ctx);
		return NULL;
	}
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_mode(ctx,
	    SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
		| SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(ctx, 1);
	return ctx;
}

/* SPDX-License-Identifier: MIT */
#include "tests/unit/shard/net/net_rig.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

struct net_rig net;
static EVP_PKEY *key;
static X509 *cert;

/* ---- the loop ------------------------------------------------------- */

static void
on_nap(struct ev_loop *loop, ev_timer *t, int revents)
{
}

static void
listen_at_loopback(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);

	net.listener = socket(AF_INET,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(net.listener >= 0);
	assert_int_equal(bind(net.listener, (struct sockaddr *)&a, sizeof(a)),
	    0);
	assert_int_equal(listen(net.listener, 8), 0);
	assert_int_equal(getsockname(net.listener, (struct sockaddr *)&a, &len),
	    0);
	net.port = ntohs(a.sin_port);
}

void
net_open(void)
{
	fake_time_reset();
	net.loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
	assert_non_null(net.loop);
	net.timers = timer_base_new(net.loop);
	/* A turn in which nothing happens ends, too. */
	ev_timer_init(&net.nap, on_nap, 0.001, 0.001);
	ev_timer_start(net.loop, &net.nap);
	listen_at_loopback();
}

void
net_close(void)
{
	close(net.listener);
	timer_base_free(net.timers);
	ev_loop_destroy(net.loop);
	EVP_PKEY_free(key);
	X509_free(cert);
	key = NULL;
	cert = NULL;
}

void
net_turn(void)
{
	ev_run(net.loop, EVRUN_ONCE);
	fake_time_advance(1);
}

/* ---- sockets -------------------------------------------------------- */

int
net_accept(void)
{
	int one = 1,
	    fd = accept4(net.listener, NULL, NULL,
		SOCK_NONBLOCK | SOCK_CLOEXEC);

	/* Pieces go out as they are written. */
	if (fd >= 0)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
		    sizeof(one));
	return fd;
}

void
net_pair(int fd[2])
{
	struct sockaddr_in a = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons((uint16_t)net.port)};

	fd[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd[0], (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(fd_nonblock(fd[0]), 0);
	net_until((fd[1] = net_accept()) >= 0);
}

bool
net_read(int fd, char *buf, size_t size)
{
	size_t have = strlen(buf);
	ssize_t n = recv(fd, buf + have, size - have - 1, 0);

	if (n < 0)
		return errno == EAGAIN;
	buf[have + (size_t)n] = '\0';
	return n > 0;
}

void
net_write(int fd, const void *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN) {
			net_turn();
			continue;
		}
		/* The other end may have had enough of it. */
		if (n <= 0)
			return;
		data = (const char *)data + n;
		len -= (size_t)n;
	}
}

void
net_puts(int fd, const char *text)
{
	net_write(fd, text, strlen(text));
}

/* ---- websocket ------------------------------------------------------ */

void
net_upgraded(const char *request, char *out, size_t size)
{
	static const char name[] = "Sec-WebSocket-Key: ";
	const char *at = strstr(request, name);
	unsigned char digest[EVP_MAX_MD_SIZE];
	char text[128], accept[64];
	unsigned n = 0;

	assert_non_null(at);
	at += strlen(name);
	(void)str_format(text, sizeof(text), "%.*s%s", (int)strcspn(at, "\r\n"),
	    at, GUID);
	assert_int_equal(EVP_Digest(text, strlen(text), digest, &n, EVP_sha1(),
			     NULL),
	    1);
	(void)EVP_EncodeBlock((unsigned char *)accept, digest, (int)n);
	assert_true(str_format(out, size,
	    "HTTP/1.1 101 Switching Protocols\r\n"
	    "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
	    "Sec-WebSocket-Accept: %s\r\n\r\n",
	    accept));
}

size_t
net_frame(unsigned char *out, unsigned first_byte, const void *payload,
    size_t len)
{
	must(len < 126);
	out[0] = (unsigned char)first_byte;
	out[1] = (unsigned char)len;
	memcpy(out + 2, payload, len);
	return len + 2;
}

/* ---- TLS ------------------------------------------------------------ */

static void
extend(int nid, const char *value)
{
	X509_EXTENSION *e;
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(e);
	assert_int_equal(X509_add_ext(cert, e, -1), 1);
	X509_EXTENSION_free(e);
}

static void
make_cert(void)
{
	if (cert != NULL)
		return;
	key = EVP_EC_gen("P-256");
	cert = X509_new();
	assert_true(key != NULL && cert != NULL);
	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -86400);
	X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN",
	    MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(cert));
	extend(NID_basic_constraints, "critical,CA:TRUE");
	extend(NID_subject_alt_name, "DNS:localhost");
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
}

SSL_CTX *
net_client_tls(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	make_cert();
	assert_non_null(ctx);
	assert_int_equal(X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), cert),
	    1);
	SSL_CTX_set_mode(ctx,
	    SSL_MODE_ENABLE_PARTIAL_WRITE
		| SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	return ctx;
}

SSL *
net_server_tls(int fd, bool old)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	SSL *ssl;

	make_cert();
	assert_non_null(ctx);
	assert_int_equal(SSL_CTX_use_certificate(ctx, cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, key), 1);
	if (old)
		SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	assert_non_null(ssl);
	assert_int_equal(SSL_set_fd(ssl, fd), 1);
	SSL_set_accept_state(ssl);
	return ssl;
}

/* SPDX-License-Identifier: MIT */
#include "shard/net/tls_socket.h"

#include "shared/base/tricks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- the socket ----------------------------------------------------- */

static ssize_t
raw_read(struct tls_socket *w, void *buf, size_t len)
{
	ssize_t n;

	if (w->drained)
		return 0;
	do
		n = recv(w->fd, buf, len, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		w->drained = true;
		return 0;
	}
	if (n <= 0) {
		w->eof = n == 0;
		(void)str_copy(w->why,
		    n == 0 ? "closed by the peer" : strerror(errno),
		    sizeof(w->why));
		return -1;
	}
	w->drained = n < (ssize_t)len;
	return n;
}

static ssize_t
raw_write(struct tls_socket *w, const void *buf, size_t len)
{
	ssize_t n;

	do
		n = send(w->fd, buf, len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (n < 0)
		(void)str_copy(w->why, strerror(errno), sizeof(w->why));
	return n;
}

/* ---- the same for OpenSSL ------------------------------------------- */

static int
bio_read(BIO *b, char *buf, int len)
{
	ssize_t n = raw_read(BIO_get_data(b), buf, (size_t)len);

	BIO_clear_retry_flags(b);
	if (n == 0) {
		BIO_set_retry_read(b);
		return -1;
	}
	return n < 0 ? 0 : (int)n;
}

static int
bio_write(BIO *b, const char *buf, int len)
{
	ssize_t n = raw_write(BIO_get_data(b), buf, (size_t)len);

	BIO_clear_retry_flags(b);
	if (n == 0) {
		BIO_set_retry_write(b);
		return -1;
	}
	return (int)n;
}

static long
bio_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	const struct tls_socket *w = BIO_get_data(b);

	switch (cmd) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_EOF:
		return w->eof;
	default:
		return 0;
	}
}

/*
 * One method for all wires of the process: OpenSSL has 127 indices to give
 * out, and a shard opens more connections than that in its life.
 */
static const BIO_METHOD *
bio_method(void)
{
	static BIO_METHOD *method;

	if (method != NULL)
		return method;
	method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK,
	    "wire");
	if (method == NULL)
		return NULL;
	(void)BIO_meth_set_read(method, bio_read);
	(void)BIO_meth_set_write(method, bio_write);
	(void)BIO_meth_set_ctrl(method, bio_ctrl);
	return method;
}

static BIO *
bio_new(struct tls_socket *w)
{
	const BIO_METHOD *method = bio_method();
	BIO *b = method ? BIO_new(method) : NULL;

	if (b == NULL)
		return NULL;
	BIO_set_data(b, w);
	BIO_set_init(b, 1);
	return b;
}

/* ---- life ----------------------------------------------------------- */

struct tls_socket *
tls_socket_new(int fd)
{
	struct tls_socket *w = base_alloc(sizeof(*w));

	w->fd = fd;
	return w;
}

void
tls_socket_free(struct tls_socket *w)
{
	if (w == NULL)
		return;
	SSL_free(w->ssl);
	if (w->fd >= 0)
		close(w->fd);
	free(w->pre);
	free(w);
}

static int
set_peer(SSL *ssl, const char *host)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	unsigned char ip[16];

	if (inet_pton(AF_INET, host, ip) == 1
	    || inet_pton(AF_INET6, host, ip) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(param, host);
	X509_VERIFY_PARAM_set_hostflags(param,
	    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return X509_VERIFY_PARAM_set1_host(param, host, 0) == 1
	    && SSL_set_tlsext_host_name(ssl, host) == 1;
}

int
tls_socket_tls(struct tls_socket *w, SSL_CTX *ctx, const char *host)
{
	BIO *b;

	w->ssl = SSL_new(ctx);
	if (w->ssl == NULL)
		goto err1;
	b = bio_new(w);
	if (b == NULL)
		goto err1;
	SSL_set_bio(w->ssl, b, b);
	SSL_set_read_ahead(w->ssl, HERD_TRICK_READ_AHEAD);
	SSL_set_default_read_buffer_len(w->ssl, TLS_SOCKET_BUFFER);
	if (HERD_TRICK_KEEP_BUFFERS)
		SSL_clear_mode(w->ssl, SSL_MODE_RELEASE_BUFFERS);
	SSL_set_verify(w->ssl, SSL_VERIFY_PEER, NULL);
	if (set_peer(w->ssl, host) != 1)
		goto err1;
	SSL_set_connect_state(w->ssl);
	return 0;
err1:
	tls_error(w->why, sizeof(w->why));
	return -1;
}

/* The words of a failed OpenSSL call: 0 when it only has to wait. */
static ssize_t
ssl_wait(struct tls_socket *w, int rc)
{
	long verdict;

	switch (SSL_get_error(w->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		return 0;
	case SSL_ERROR_WANT_WRITE:
		w->want_write = true;
		return 0;
	case SSL_ERROR_ZERO_RETURN:
		w->eof = true;
		(void)str_copy(w->why, "closed by the peer", sizeof(w->why));
		return -1;
	}
	verdict = SSL_get_verify_result(w->ssl);
	if (verdict != X509_V_OK)
		(void)str_format(w->why, sizeof(w->why),
		    "the certificate is not accepted: %s",
		    X509_verify_cert_error_string(verdict));
	else if (!w->eof && w->why[0] == '\0')
		tls_error(w->why, sizeof(w->why));
	ERR_clear_error();
	return -1;
}

int
tls_socket_handshake(struct tls_socket *w)
{
	int rc;

	w->want_write = false;
	ERR_clear_error();
	rc = SSL_do_handshake(w->ssl);
	return rc == 1 ? 1 : (int)ssl_wait(w, rc);
}

static ssize_t
take_pre(struct tls_socket *w, void *buf, size_t len)
{
	size_t have = w->pre_len - w->pre_off;

	if (len > have)
		len = have;
	memcpy(buf, w->pre + w->pre_off, len);
	w->pre_off += len;
	if (w->pre_off == w->pre_len) {
		free(w->pre);
		w->pre = NULL;
	}
	return (ssize_t)len;
}

/*
 * As many records as fit: an event has one of its own, and each call that
 * ends with "nothing more" costs as much as a record.  What another library
 * left in the error queue would make SSL_get_error see a failure that is none.
 */
static ssize_t
read_records(struct tls_socket *w, unsigned char *buf, size_t len)
{
	size_t n = 0;
	int rc;

	w->want_write = false;
	ERR_clear_error();
	do {
		rc = SSL_read(w->ssl, buf + n, (int)(len - n));
		if (rc > 0)
			n += (size_t)rc;
	} while (HERD_TRICK_READ_RECORDS && rc > 0 && n < len);
	if (rc > 0)
		return (ssize_t)n;
	w->empty = true;
	w->over = ssl_wait(w, rc) < 0;
	return n > 0 ? (ssize_t)n : w->over ? -1 : 0;
}

ssize_t
tls_socket_read(struct tls_socket *w, void *buf, size_t len)
{
	ssize_t n;

	w->empty = false;
	if (w->pre != NULL)
		return take_pre(w, buf, len);
	if (w->over)
		return -1;
	if (w->ssl != NULL)
		return read_records(w, buf, len);
	n = raw_read(w, buf, len);
	w->over = n < 0;
	w->empty = w->drained;
	return n;
}

ssize_t
tls_socket_write(struct tls_socket *w, const void *buf, size_t len)
{
	ssize_t n;
	int rc;

	w->want_write = w->want_read = false;
	if (w->ssl == NULL) {
		n = raw_write(w, buf, len);
		w->want_write = n == 0;
		return n;
	}
	ERR_clear_error();
	rc = SSL_write(w->ssl, buf, (int)len);
	if (rc > 0)
		return rc;
	n = ssl_wait(w, rc);
	w->want_read = n == 0 && !w->want_write;
	return n;
}

bool
tls_socket_needs_room(const struct tls_socket *w, bool writing)
{
	/* A socket has room nearly always: asked for it while TLS waits for
	 * the peer, the loop would spin. */
	return w->want_write || (writing && !w->want_read);
}

void
tls_socket_trim(struct tls_socket *w)
{
	/* Does nothing while a record is there in part. */
	if (w->ssl != NULL && SSL_is_init_finished(w->ssl))
		(void)SSL_free_buffers(w->ssl);
}

void
tls_socket_unread(struct tls_socket *w, const void *data, size_t len)
{
	must(w->pre == NULL);
	if (len == 0)
		return;
	w->pre = base_alloc(len);
	memcpy(w->pre, data, len);
	w->pre_off = 0;
	w->pre_len = len;
}

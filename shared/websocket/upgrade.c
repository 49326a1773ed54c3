/* SPDX-License-Identifier: MIT */
#include "shared/websocket/upgrade.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

#define UPGRADE_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define UPGRADE_KEY_LEN 24 /* base64 of 16 bytes */

struct word {
	const char *p;
	size_t len;
};

size_t
upgrade_head(const char *text, size_t len)
{
	const char *end = memmem(text, len, "\r\n\r\n", 4);

	return end ? (size_t)(end - text) + 4 : 0;
}

static bool
word_is(struct word w, const char *s)
{
	return w.len == strlen(s) && strncasecmp(w.p, s, w.len) == 0;
}

/* The last value of a header, blanks stripped, and how often it is there. */
static int
headers(const char *text, size_t len, const char *name, struct word *out)
{
	const char *end = text + len, *p = text;
	size_t n = strlen(name);
	struct word w = {NULL, 0};
	int seen = 0;

	while ((p = memmem(p, (size_t)(end - p), "\r\n", 2)) != NULL) {
		p += 2;
		if ((size_t)(end - p) <= n || strncasecmp(p, name, n) != 0
		    || p[n] != ':')
			continue;
		w.p = p + n + 1;
		w.len = (size_t)((const char *)memmem(w.p, (size_t)(end - w.p),
				     "\r\n", 2)
		    - w.p);
		for (; w.len && isblank((unsigned char)*w.p); w.len--)
			w.p++;
		while (w.len && isblank((unsigned char)w.p[w.len - 1]))
			w.len--;
		seen++;
	}
	*out = w;
	return seen;
}

/* The value of a header; len 0 when absent or repeated. */
static struct word
header(const char *text, size_t len, const char *name)
{
	struct word w;

	return headers(text, len, name, &w) == 1 ? w : (struct word) {NULL, 0};
}

static bool
lists(struct word w, const char *token)
{
	size_t i = 0, start;

	while (i < w.len) {
		while (i < w.len
		    && (w.p[i] == ',' || isblank((unsigned char)w.p[i])))
			i++;
		start = i;
		while (i < w.len && w.p[i] != ','
		    && !isblank((unsigned char)w.p[i]))
			i++;
		if (word_is((struct word) {w.p + start, i - start}, token))
			return true;
	}
	return false;
}

/* The value of a query parameter; p NULL when absent. */
static struct word
query(struct word target, const char *name)
{
	const char *end = target.p + target.len;
	const char *p = memchr(target.p, '?', target.len);
	size_t n = strlen(name);

	while (p && p < end) {
		const char *amp;

		p++;
		amp = memchr(p, '&', (size_t)(end - p));
		if (!amp)
			amp = end;
		if ((size_t)(amp - p) > n && strncmp(p, name, n) == 0
		    && p[n] == '=')
			return (
			    struct word) {p + n + 1, (size_t)(amp - p) - n - 1};
		p = amp;
	}
	return (struct word) {NULL, 0};
}

/* Versions that Discord still takes; 10 is spoken to all of them. */
static bool
read_version(struct word v, struct upgrade *u)
{
	static const char *const older[] = {"6", "7", "8", "9"};
	bool known = !v.p;

	if (v.p && word_is(v, "10"))
		return true;
	for (size_t i = 0; v.p && i < nitems(older); i++)
		known |= word_is(v, older[i]);
	if (known)
		u->odd = "the gateway URL does not ask for v=10, which it gets";
	return known;
}

static void
read_query(struct word target, struct upgrade *u)
{
	struct word e = query(target, "encoding");
	struct word c = query(target, "compress");

	if (target.len > 0 && target.p[0] == '/'
	    && memcmp(target.p, "/?", target.len < 2 ? target.len : 2) != 0)
		u->odd = "the path of the gateway URL is not /";
	u->compress = COMPRESS_KIND_NONE;
	if (c.p && word_is(c, "zlib-stream"))
		u->compress = COMPRESS_KIND_ZLIB;
	else if (c.p && word_is(c, "zstd-stream"))
		u->compress = COMPRESS_KIND_ZSTD;
	else if (c.len > 0)
		u->odd = "unknown compress= in the gateway URL: it gets none";
	if (!read_version(query(target, "v"), u)) {
		u->close = 4012;
		u->why = "Invalid API version.";
	} else if (e.p && !word_is(e, "json")) {
		u->close = 4012;
		u->why = "Invalid encoding: this gateway speaks json.";
	}
}

static void
read_origin(const char *text, size_t len, struct upgrade *u)
{
	struct word w;
	int n = headers(text, len, "Origin", &w);

	if (n == 0)
		return;
	u->origin = w.p;
	u->origin_len = n == 1 ? w.len : 0;
}

static bool
accept_key(struct word key, char out[32])
{
	unsigned char raw[UPGRADE_KEY_LEN], sum[EVP_MAX_MD_SIZE];
	char text[UPGRADE_KEY_LEN + sizeof(UPGRADE_GUID)];
	unsigned n;

	if (key.len != UPGRADE_KEY_LEN || key.p[22] != '='
	    || EVP_DecodeBlock(raw, (const unsigned char *)key.p,
		   UPGRADE_KEY_LEN)
		!= 18)
		return false;
	memcpy(text, key.p, key.len);
	memcpy(text + key.len, UPGRADE_GUID, sizeof(UPGRADE_GUID));
	if (EVP_Digest(text, strlen(text), sum, &n, EVP_sha1(), NULL) != 1)
		return false;
	EVP_EncodeBlock((unsigned char *)out, sum, (int)n);
	return true;
}

static int
refuse(struct upgrade *u, int status, const char *why)
{
	u->why = why;
	return status;
}

int
upgrade_read(const char *text, size_t len, struct upgrade *u)
{
	const char *eol = memmem(text, len, "\r\n", 2);
	struct word target;

	memset(u, 0, sizeof(*u));
	if (!eol || memchr(text, '\0', len) || strncmp(text, "GET /", 5) != 0)
		return refuse(u, 400, "not a GET request");
	target.p = text + 4;
	target.len = (size_t)(eol - target.p);
	if (target.len < 10 || strncmp(eol - 9, " HTTP/1.1", 9) != 0)
		return refuse(u, 400, "not HTTP/1.1");
	target.len -= 9;
	if (header(text, len, "Host").len == 0)
		return refuse(u, 400, "no Host header");
	if (!lists(header(text, len, "Upgrade"), "websocket")
	    || !lists(header(text, len, "Connection"), "upgrade"))
		return refuse(u, 426, "not a websocket upgrade");
	if (!word_is(header(text, len, "Sec-WebSocket-Version"), "13"))
		return refuse(u, 426, "Sec-WebSocket-Version is not 13");
	if (!accept_key(header(text, len, "Sec-WebSocket-Key"), u->accept))
		return refuse(u, 400, "bad Sec-WebSocket-Key");
	read_query(target, u);
	read_origin(text, len, u);
	return 101;
}

static const char *
status_text(int status)
{
	static const struct {
		int status;
		const char *text;
	} known[] = {{400, "Bad Request"}, {403, "Forbidden"},
	    {404, "Not Found"}, {426, "Upgrade Required"},
	    {429, "Too Many Requests"}, {503, "Service Unavailable"},
	    {520, "Web Server Returned an Unknown Error"}};

	for (size_t i = 0; i < nitems(known); i++)
		if (known[i].status == status)
			return known[i].text;
	return "Error";
}

void
upgrade_answer(struct buf *out, int status, const char *accept,
    unsigned retry_after, const char *more)
{
	if (status == 101) {
		buf_printf(out,
		    "HTTP/1.1 101 Switching Protocols\r\n"
		    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
		    "Sec-WebSocket-Accept: %s\r\n\r\n",
		    accept);
		return;
	}
	buf_printf(out, "HTTP/1.1 %d %s\r\nConnection: close\r\n", status,
	    status_text(status));
	if (status == 426)
		buf_puts(out,
		    "Upgrade: websocket\r\n"
		    "Sec-WebSocket-Version: 13\r\n");
	if (retry_after > 0)
		buf_printf(out, "Retry-After: %u\r\n", retry_after);
	buf_printf(out,
	    "%sContent-Type: text/plain\r\nContent-Length: 16\r\n\r\n"
	    "error code: %d\n",
	    more, status);
}

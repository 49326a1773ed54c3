/* SPDX-License-Identifier: MIT */
#include "shard/net/ws_upgrade.h"

#include "shared/base/text.h"
#include "shared/base/version.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>
#include <strings.h>

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

/* ---- URL ------------------------------------------------------------ */

static int
split_authority(struct ws_upgrade_url *u)
{
	char *a = u->authority, *port = strrchr(a, ':'), *close;
	uint64_t n = u->tls ? 443 : 80;

	if (a[0] == '[') {
		close = strchr(a, ']');
		if (close == NULL || (close[1] != '\0' && close[1] != ':'))
			return -1;
		port = close[1] == ':' ? close + 1 : NULL;
		if (!str_format(u->host, sizeof(u->host), "%.*s",
			(int)(close - a - 1), a + 1))
			return -1;
	} else if (!str_format(u->host, sizeof(u->host), "%.*s",
		       (int)(port ? port - a : (long)strlen(a)), a)) {
		return -1;
	}
	if (port != NULL && (!str_to_u64(port + 1, &n) || n == 0 || n > 65535))
		return -1;
	u->port = (uint16_t)n;
	return u->host[0] == '\0' ? -1 : 0;
}

int
ws_upgrade_parse_url(const char *url, struct ws_upgrade_url *u)
{
	const char *rest;
	size_t n;

	memset(u, 0, sizeof(*u));
	u->tls = strncasecmp(url, "wss://", 6) == 0;
	if (!u->tls && strncasecmp(url, "ws://", 5) != 0)
		return -1;
	rest = url + (u->tls ? 6 : 5);
	n = strcspn(rest, "/?#");
	/* A URL with user information, blanks or control bytes is not ours. */
	for (size_t i = 0; rest[i] != '\0'; i++)
		if ((unsigned char)rest[i] <= ' ' || rest[i] == '@')
			return -1;
	if (n >= sizeof(u->authority))
		return -1;
	memcpy(u->authority, rest, n);
	rest += n;
	n = strcspn(rest, "?#");
	if (!str_format(u->path, sizeof(u->path), "%.*s", (int)n,
		n > 0 ? rest : ""))
		return -1;
	if (u->path[0] == '\0')
		(void)str_copy(u->path, "/", sizeof(u->path));
	return split_authority(u);
}

/* ---- request -------------------------------------------------------- */

int
ws_upgrade_key(char key[WS_UPGRADE_KEY_MAX])
{
	unsigned char raw[16];

	if (RAND_bytes(raw, sizeof(raw)) != 1)
		return -1;
	(void)EVP_EncodeBlock((unsigned char *)key, raw, sizeof(raw));
	return 0;
}

bool
ws_upgrade_request(char *out, size_t size, const struct ws_upgrade_url *u,
    const char *query, const char *key)
{
	return str_format(out, size,
	    "GET %s?%s HTTP/1.1\r\n"
	    "Host: %s\r\n"
	    "Upgrade: websocket\r\n"
	    "Connection: Upgrade\r\n"
	    "Sec-WebSocket-Key: %s\r\n"
	    "Sec-WebSocket-Version: 13\r\n"
	    "User-Agent: " SHARDHERD_USER_AGENT "\r\n"
	    "\r\n",
	    u->path, query, u->authority, key);
}

/* ---- answer --------------------------------------------------------- */

static void
accept_of(const char *key, char out[32])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char text[WS_UPGRADE_KEY_MAX + sizeof(GUID)];
	unsigned n = 0;

	(void)str_format(text, sizeof(text), "%s%s", key, GUID);
	must(EVP_Digest(text, strlen(text), digest, &n, EVP_sha1(), NULL) == 1);
	must(n == 20);
	(void)EVP_EncodeBlock((unsigned char *)out, digest, 20);
}

struct line {
	const char *p;
	size_t len;
};

/* The value of a header line named name, blanks stripped. */
static bool
header(const struct line *l, const char *name, struct line *value)
{
	size_t n = strlen(name);

	if (l->len <= n || l->p[n] != ':' || strncasecmp(l->p, name, n) != 0)
		return false;
	value->p = l->p + n + 1;
	value->len = l->len - n - 1;
	while (value->len > 0 && (*value->p == ' ' || *value->p == '\t')) {
		value->p++;
		value->len--;
	}
	while (value->len > 0
	    && (value->p[value->len - 1] == ' '
		|| value->p[value->len - 1] == '\t'))
		value->len--;
	return true;
}

static bool
is_word(const struct line *v, const char *word)
{
	return v->len == strlen(word) && strncasecmp(v->p, word, v->len) == 0;
}

/* Is word one of a comma separated list? */
static bool
lists(const struct line *v, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= v->len; i++) {
		bool left = i == 0 || v->p[i - 1] == ',' || v->p[i - 1] == ' ';
		bool right = i + n == v->len || v->p[i + n] == ','
		    || v->p[i + n] == ' ';
		if (left && right && strncasecmp(v->p + i, word, n) == 0)
			return true;
	}
	return false;
}

struct seen {
	bool upgrade, connection, accept, extra;
};

static void
read_header(const struct line *l, const char *want, struct seen *seen,
    struct ws_upgrade_answer *a)
{
	struct line v;
	char num[24];

	if (header(l, "Upgrade", &v))
		seen->upgrade = is_word(&v, "websocket");
	else if (header(l, "Connection", &v))
		seen->connection = seen->connection || lists(&v, "upgrade");
	else if (header(l, "Sec-WebSocket-Accept", &v))
		seen->accept = v.len == strlen(want)
		    && memcmp(v.p, want, v.len) == 0;
	else if (header(l, "Sec-WebSocket-Extensions", &v)
	    || header(l, "Sec-WebSocket-Protocol", &v))
		seen->extra = seen->extra || v.len > 0;
	else if (header(l, "CF-RAY", &v))
		text_clean(a->ray, sizeof(a->ray), v.p, v.len);
	else if (header(l, "Retry-After", &v)
	    && str_format(num, sizeof(num), "%.*s", (int)v.len, v.p)
	    && !str_to_u64(num, &a->retry_after_s))
		a->retry_after_s = 0;
}

static int
read_status(const struct line *l, unsigned *status)
{
	const char *p = l->p;

	if (l->len < 12 || memcmp(p, "HTTP/1.", 7) != 0 || p[8] != ' ')
		return -1;
	*status = 0;
	for (int i = 9; i < 12; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		*status = *status * 10 + (unsigned)(p[i] - '0');
	}
	return *status >= 100 && (l->len == 12 || p[12] == ' ') ? 0 : -1;
}

/* The next line of the header; false when it is not whole yet. */
static bool
next_line(const char *text, size_t len, size_t *at, struct line *l)
{
	const char *end = *at < len ? memchr(text + *at, '\n', len - *at)
				    : NULL;

	if (end == NULL)
		return false;
	l->p = text + *at;
	l->len = (size_t)(end - l->p);
	*at += l->len + 1;
	if (l->len > 0 && l->p[l->len - 1] == '\r')
		l->len--;
	return true;
}

static const char *
verdict(const struct seen *s)
{
	if (!s->upgrade)
		return "no Upgrade: websocket";
	if (!s->connection)
		return "no Connection: Upgrade";
	if (!s->accept)
		return "wrong Sec-WebSocket-Accept";
	return s->extra ? "an extension that was not offered" : NULL;
}

/* One header from *at on: 1 whole, and *at is behind it; 0, -1 as below. */
static int
read_answer(const char *text, size_t len, size_t *at, const char *want,
    struct ws_upgrade_answer *a)
{
	struct seen seen = {false, false, false, false};
	struct line l;

	memset(a, 0, sizeof(*a));
	if (!next_line(text, len, at, &l))
		return 0;
	if (read_status(&l, &a->status) != 0)
		return -1;
	while (next_line(text, len, at, &l)) {
		if (l.len == 0) {
			a->length = *at;
			a->wrong = a->status == 101 ? verdict(&seen) : NULL;
			return 1;
		}
		read_header(&l, want, &seen, a);
	}
	return 0;
}

/* "100 Continue", "103 Early Hints": the answer itself is still to come. */
static bool
is_interim(const struct ws_upgrade_answer *a)
{
	return a->status < 200 && a->status != 101;
}

int
ws_upgrade_parse(const char *text, size_t len, const char *key,
    struct ws_upgrade_answer *a)
{
	char want[32];
	size_t at = 0;
	int rc = 0;

	accept_of(key, want);
	for (int i = 0; i <= WS_UPGRADE_INTERIM_MAX; i++) {
		rc = read_answer(text, len, &at, want, a);
		if (rc != 1 || !is_interim(a))
			break;
	}
	return rc;
}

/* SPDX-License-Identifier: MIT */
/* The lines plugins read; see rpc_write.h. */
#include "handler/process/rpc_write.h"

#include "shared/json/envelope.h"
#include "shared/json/json.h"
#include "shared/base/text.h"
#include "shared/base/version.h"

#include <inttypes.h>
#include <limits.h>
#include <openssl/evp.h>
#include <string.h>

/* ---- text ----------------------------------------------------------- */

static void
blank_out(char *text, size_t len, char c)
{
	char *p = text;

	while ((p = memchr(p, c, len - (size_t)(p - text))) != NULL)
		*p = ' ';
}

bool
rpc_write_splice(char *text, size_t len)
{
	bool breaks;

	if (!envelope_valid_breaks(text, len, JSON_DEPTH_MAX, &breaks))
		return false;
	if (breaks) {
		blank_out(text, len, '\n');
		blank_out(text, len, '\r');
	}
	return true;
}

/* How many characters of it stand for themselves. */
static size_t
as_they_are(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && s[n] >= 0x20 && s[n] != '"' && s[n] != '\\')
		n++;
	return n;
}

void
rpc_write_string(struct buf *b, const char *s)
{
	size_t len = strlen(s), n;

	buf_puts(b, "\"");
	for (size_t i = 0; i < len; i += n) {
		if ((n = as_they_are(s + i, len - i)) > 0) {
			buf_add(b, s + i, n);
		} else if ((n = text_char(s + i, len - i)) == 0) {
			buf_puts(b, "?");
			n = 1;
		} else if ((unsigned char)s[i] < 0x20) {
			buf_printf(b, "\\u%04x", (unsigned char)s[i]);
		} else {
			if (s[i] == '"' || s[i] == '\\')
				buf_puts(b, "\\");
			buf_add(b, s + i, n);
		}
	}
	buf_puts(b, "\"");
}

static void
base64_add(struct buf *b, const void *data, size_t len)
{
	/* It puts a NUL behind, too. */
	char *out = buf_space(b, (len + 2) / 3 * 4 + 1);

	must(len <= INT_MAX / 2);
	buf_filled(b,
	    (size_t)EVP_EncodeBlock((unsigned char *)out, data, (int)len));
}

/* ---- lines ---------------------------------------------------------- */

void
rpc_write_initialize(struct buf *b, const char *plugin, const char *config)
{
	buf_puts(b,
	    "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\","
	    "\"params\":{\"api\":" RPC_WRITE_API_TEXT ",\"plugin\":");
	rpc_write_string(b, plugin);
	buf_printf(b,
	    ",\"version\":\"" SHARDHERD_VERSION "\",\"config\":%s}}\n", config);
}

/* An event's line is made without printf, which took a tenth of its time. */
#define PIECE 256 /* room for the words and numbers between two texts */

static char *
put_number(char *to, uint64_t n)
{
	char digits[20];
	size_t k = sizeof(digits);

	do
		digits[--k] = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	return mempcpy(to, digits + k, sizeof(digits) - k);
}

static char *
put_number_or_null(char *to, uint64_t n)
{
	return n != 0 ? put_number(to, n) : stpcpy(to, "null");
}

static char *
put_epoch(char *to, uint64_t epoch)
{
	if (epoch == 0)
		return stpcpy(to, "null");
	*to++ = '"';
	for (int shift = 60; shift >= 0; shift -= 4)
		*to++ = "0123456789abcdef"[epoch >> shift & 15];
	return stpcpy(to, "\"");
}

static void
line_session(struct buf *b, const struct event *e)
{
	const char *id = in_flight_event_session(e);

	if (id[0] == '\0')
		buf_puts(b, "null");
	else
		rpc_write_string(b, id);
}

static void
line_payload(struct buf *b, struct event *e)
{
	if (!e->checked) {
		e->valid = rpc_write_splice(e->raw, e->len);
		e->checked = true;
	}
	if (e->valid) {
		buf_puts(b, ",\"event\":");
		buf_add(b, e->raw, e->len);
		buf_puts(b, "}}\n");
		return;
	}
	buf_puts(b, ",\"event\":null,\"raw\":\"");
	base64_add(b, e->raw, e->len);
	buf_puts(b, "\"}}\n");
}

void
rpc_write_event(struct buf *b, const struct delivery *d, const char *command)
{
	struct event *e = d->event;
	bool again = (e->flags & UP_FLAG_AGAIN) != 0 || d->tries > 1;
	char *from = buf_space(b, PIECE), *p;

	p = put_number(stpcpy(from, "{\"jsonrpc\":\"2.0\",\"id\":"), d->id);
	p = stpcpy(p, ",\"method\":\"event\",\"params\":{\"shard\":");
	p = stpcpy(put_number(p, e->shard_id), ",\"session\":");
	buf_filled(b, (size_t)(p - from));
	line_session(b, e);
	from = buf_space(b, PIECE);
	p = put_epoch(stpcpy(from, ",\"epoch\":"), e->session);
	p = put_number_or_null(stpcpy(p, ",\"seq\":"), e->seq);
	p = stpcpy(p, ",\"replay\":");
	p = stpcpy(p, e->flags & UP_FLAG_REPLAY ? "true" : "false");
	p = stpcpy(p, ",\"again\":");
	p = stpcpy(p, again ? "true" : "false");
	p = put_number(stpcpy(p, ",\"received_ms\":"), e->recv_ms);
	buf_filled(b, (size_t)(p - from));
	if (command != NULL) {
		buf_puts(b, ",\"command\":");
		buf_puts(b, command);
	}
	line_payload(b, e);
}

void
rpc_write_shutdown(struct buf *b)
{
	buf_puts(b, "{\"jsonrpc\":\"2.0\",\"method\":\"shutdown\"}\n");
}

void
rpc_write_notify(struct buf *b, const char *method, const char *params,
    size_t len)
{
	buf_printf(b,
	    "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"params\":", method);
	buf_add(b, params, len);
	buf_puts(b, "}\n");
}

void
rpc_write_request(struct buf *b, uint64_t id, const char *method,
    const char *params, size_t len)
{
	buf_printf(b,
	    "{\"jsonrpc\":\"2.0\",\"id\":%" PRIu64
	    ",\"method\":\"%s\",\"params\":",
	    id, method);
	buf_add(b, params, len);
	buf_puts(b, "}\n");
}

void
rpc_write_result(struct buf *b, const char *id, const char *result, size_t len)
{
	buf_printf(b, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":", id);
	buf_add(b, result, len);
	buf_puts(b, "}\n");
}

void
rpc_write_error(struct buf *b, const char *id, int code, const char *message,
    const char *data)
{
	buf_printf(b,
	    "{\"jsonrpc\":\"2.0\",\"id\":%s,\"error\":{\"code\":%d,"
	    "\"message\":",
	    id, code);
	rpc_write_string(b, message);
	if (data != NULL)
		buf_printf(b, ",\"data\":%s", data);
	buf_puts(b, "}}\n");
}

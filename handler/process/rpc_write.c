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

void
rpc_write_string(struct buf *b, const char *s)
{
	size_t len = strlen(s), n;

	buf_puts(b, "\"");
	for (size_t i = 0; i < len; i += n) {
		n = text_char(s + i, len - i);
		if (n == 0) {
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

static void
line_session(struct buf *b, const struct event *e)
{
	const char *id = in_flight_event_session(e);

	if (id[0] == '\0')
		buf_puts(b, "null");
	else
		rpc_write_string(b, id);
	if (e->session == 0)
		buf_puts(b, ",\"epoch\":null");
	else
		buf_printf(b, ",\"epoch\":\"%016" PRIx64 "\"", e->session);
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

	buf_printf(b,
	    "{\"jsonrpc\":\"2.0\",\"id\":%" PRIu64 ",\"method\":\"event\","
	    "\"params\":{\"shard\":%" PRIu32 ",\"session\":",
	    d->id, e->shard_id);
	line_session(b, e);
	if (e->seq == 0)
		buf_puts(b, ",\"seq\":null");
	else
		buf_printf(b, ",\"seq\":%" PRIu64, e->seq);
	buf_printf(b, ",\"replay\":%s,\"again\":%s,\"received_ms\":%" PRIu64,
	    e->flags & UP_FLAG_REPLAY ? "true" : "false",
	    again ? "true" : "false", e->recv_ms);
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

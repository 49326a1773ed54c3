/* SPDX-License-Identifier: MIT */
/*
 * Answers: bodies and headers in Discord's words, and the page its edge shows
 * instead.  An answer is made once per call; making a second one is a bug.
 */
#include "tools/sim/rest/rest_reply.h"

#include "shared/base/clock.h"

#include <inttypes.h>
#include <microhttpd.h>
#include <string.h>

static const struct {
	int status, code;
	const char *text;
} error_table[REST_ERROR_COUNT] = {
#define X(name, status, code, text) {status, code, text},
    REST_ERRORS(X)
#undef X
};

static void
begin(struct rest_call *c, int status, const char *type)
{
	must(c->status == 0);
	must(status > 0 && status < REST_STATUS_MAX);
	c->status = status;
	c->type = type;
	sbuf_reset(&c->out);
}

/* One UTF-8 character of a text known to be valid; its length. */
static size_t
utf8_char(const unsigned char *s, uint32_t *out)
{
	size_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	uint32_t u = s[0] & (n == 4 ? 0x07u : n == 3 ? 0x0fu : 0x1fu);

	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80) {
			*out = 0xfffd;
			return i;
		}
		u = u << 6 | (s[i] & 0x3fu);
	}
	*out = u;
	return n;
}

/* Appends JSON text with every character above ASCII as \uXXXX. */
static void
ascii(struct sbuf *out, const char *json)
{
	const unsigned char *s = (const unsigned char *)json;
	size_t plain;
	uint32_t u;

	while (*s != '\0') {
		for (plain = 0; s[plain] != '\0' && s[plain] < 0x80; plain++)
			;
		sbuf_add(out, s, plain);
		s += plain;
		if (*s == '\0')
			return;
		s += utf8_char(s, &u);
		if (u < 0x10000)
			sbuf_fmt(out, "\\u%04x", u);
		else
			sbuf_fmt(out, "\\u%04x\\u%04x",
			    0xd800 + ((u - 0x10000) >> 10),
			    0xdc00 + ((u - 0x10000) & 0x3ff));
	}
}

void
rest_reply_text(struct rest_call *c, int status, const char *json)
{
	begin(c, status, "application/json");
	ascii(&c->out, json);
}

void
rest_reply(struct rest_call *c, int status, json_object *o)
{
	rest_reply_text(c, status, jso_text(o));
	json_object_put(o);
}

void
rest_reply_none(struct rest_call *c)
{
	begin(c, 204, "text/html; charset=utf-8");
}

void
rest_reply_error(struct rest_call *c, enum rest_error e)
{
	begin(c, error_table[e].status, "application/json");
	sbuf_str(&c->out, "{\"message\":");
	sbuf_quote(&c->out, error_table[e].text);
	sbuf_fmt(&c->out, ",\"code\":%d}", error_table[e].code);
}

void
rest_reply_bytes(struct rest_call *c, int status, const char *type,
    const char *file_name)
{
	begin(c, status, type);
	c->file_name = file_name;
}

void
rest_reply_html(struct rest_call *c, int status)
{
	begin(c, status, "text/html; charset=UTF-8");
	if (status == 429) {
		sbuf_str(&c->out, "error code: 1015");
		return;
	}
	sbuf_fmt(&c->out,
	    "<!DOCTYPE html>\n<html lang=\"en-US\"><head><title>%s | "
	    "discord.com | Cloudflare</title></head><body><h1>Error "
	    "%d</h1><p>%s</p></body></html>\n",
	    status == 403 ? "Access denied" : "Server error",
	    status == 403 ? 1020 : status,
	    status == 403 ? "This website is using a security service to "
			    "protect itself from online attacks."
			  : "The web server reported an error.");
}

void
rest_reply_page(struct rest_call *c, int status, const char *type)
{
	begin(c, status, type);
	c->page = true;
}

void
rest_reply_limit(struct rest_call *c, const char *scope, double after_s)
{
	bool shared = strcmp(scope, "shared") == 0;

	begin(c, 429, "application/json");
	c->scope = scope;
	c->retry_after = after_s;
	sbuf_fmt(&c->out,
	    "{\"message\":\"%s\",\"retry_after\":%.3f,\"global\":%s}",
	    shared ? "The resource is being rate limited."
		   : "You are being rate limited.",
	    after_s, strcmp(scope, "global") == 0 ? "true" : "false");
}

static void header(struct MHD_Response *, const char *name, const char *fmt,
    ...) printflike(3, 4);
static void
header(struct MHD_Response *r, const char *name, const char *fmt, ...)
{
	char value[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	(void)MHD_add_response_header(r, name, value);
}

static void
limit_headers(const struct rest_call *c, struct MHD_Response *r)
{
	const struct limit_answer *a = &c->limit;
	double wait = (double)a->reset_after_ms / 1000;

	if (a->limit != 0) {
		header(r, "X-RateLimit-Limit", "%" PRIu32, a->limit);
		header(r, "X-RateLimit-Remaining", "%" PRIu32, a->remaining);
		header(r, "X-RateLimit-Reset", "%.3f",
		    (double)clock_wall_ms() / 1000 + wait);
		header(r, "X-RateLimit-Reset-After", "%.3f", wait);
		header(r, "X-RateLimit-Bucket", "%s", a->bucket);
	}
	if (c->scope != NULL) {
		header(r, "X-RateLimit-Scope", "%s", c->scope);
		if (strcmp(c->scope, "global") == 0)
			header(r, "X-RateLimit-Global", "true");
	}
	/* Whole seconds, rounded up; the body has the decimals. */
	if (c->retry_after >= 0)
		header(r, "Retry-After", "%" PRIu64,
		    (uint64_t)(c->retry_after + 0.999));
}

static void
page_headers(const struct rest_call *c, struct MHD_Response *r)
{
	header(r, "Content-Security-Policy", "%s",
	    "default-src 'none'; style-src 'self'; img-src data:; "
	    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
	header(r, "X-Content-Type-Options", "nosniff");
	header(r, "Referrer-Policy", "no-referrer");
	header(r, "Cache-Control", "no-store");
	if (c->status == 405)
		header(r, "Allow", "GET, HEAD");
}

static void
edge_headers(const struct rest_call *c, struct MHD_Response *r)
{
	header(r, "Server", "cloudflare");
	header(r, "Via", "1.1 google");
	header(r, "CF-RAY", "%016" PRIx64 "-SIM",
	    base_hash64(&c, sizeof(c)) ^ c->rest->requests);
	limit_headers(c, r);
}

int
rest_reply_send(struct rest_call *c)
{
	struct MHD_Response *r;
	enum MHD_Result ok;

	r = MHD_create_response_from_buffer(c->out.len, c->out.p,
	    MHD_RESPMEM_MUST_COPY);
	if (r == NULL)
		return MHD_NO;
	header(r, "Content-Type", "%s", c->type);
	if (c->file_name != NULL)
		header(r, "Content-Disposition", "attachment; filename=\"%s\"",
		    c->file_name);
	if (c->page)
		page_headers(c, r);
	else
		edge_headers(c, r);
	ok = MHD_queue_response(c->conn, (unsigned)c->status, r);
	MHD_destroy_response(r);
	return ok;
}

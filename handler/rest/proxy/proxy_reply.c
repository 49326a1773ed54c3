/* SPDX-License-Identifier: MIT */
/* What the proxy answers itself; see proxy_impl.h. */
#include "handler/rest/proxy/proxy_impl.h"

#include "shared/json/json.h"

#include <string.h>

#define SESSION_STARTS 1000 /* at least; they cost nothing here */

static void
add_header(struct proxy_call *c, const char *name, const char *value)
{
	char line[256];

	if (str_format(line, sizeof(line), "%s: %s", name, value))
		proxy_head_add(&c->head, line, strlen(line));
}

/* What came before is nothing any more; takes the body over. */
static void
reply(struct proxy_call *c, int status, struct json_object *body)
{
	proxy_head_free(&c->head);
	buf_free(&c->down);
	buf_puts(&c->down, json_text(body));
	json_object_put(body);
	c->status = status;
	c->down_end = true;
	add_header(c, "Content-Type", "application/json");
	/* Libraries take an answer without it for Cloudflare's. */
	add_header(c, "Via", "1.1 shardherd");
}

void
proxy_reply_error(struct proxy_call *c, int status, int code, const char *why)
{
	struct json_object *o = json_object_new_object();

	json_put_text(o, "message", why);
	json_put_int(o, "code", code);
	reply(c, status, o);
}

void
proxy_reply_busy(struct proxy_call *c, int status, unsigned retry_s,
    const char *why)
{
	char text[16];

	proxy_reply_error(c, status, 0, why);
	str_format(text, sizeof(text), "%u", retry_s);
	add_header(c, "Retry-After", text);
}

void
proxy_reply_limited(struct proxy_call *c, uint64_t retry_ms, const char *why)
{
	struct json_object *o = json_object_new_object();
	char text[512];

	proxy_call_counts(c)->limited_ours++;
	str_format(text, sizeof(text), "You are being rate limited: %s.", why);
	json_put_text(o, "message", text);
	str_format(text, sizeof(text), "%.3f", (double)retry_ms / 1000);
	json_object_object_add(o, "retry_after",
	    json_object_new_double_s((double)retry_ms / 1000, text));
	json_put_bool(o, "global", false);
	reply(c, 429, o);
	str_format(text, sizeof(text), "%llu",
	    (unsigned long long)((retry_ms + 999) / 1000));
	add_header(c, "Retry-After", text);
	add_header(c, "X-RateLimit-Scope", "shared");
}

void
proxy_reply_gateway(struct proxy_call *c, const struct proxy_client *client)
{
	struct json_object *o = json_object_new_object(), *limit;
	unsigned starts;

	json_put_text(o, "url", c->conn->proxy->gateway_url);
	if (c->route.kind == PROXY_ROUTE_GATEWAY_BOT) {
		starts = client->shards > SESSION_STARTS / 2
		    ? 2 * client->shards
		    : SESSION_STARTS;
		limit = json_object_new_object();
		json_put_int(o, "shards", client->shards);
		json_put_int(limit, "total", starts);
		json_put_int(limit, "remaining", starts);
		json_put_int(limit, "reset_after", 0);
		json_put_int(limit, "max_concurrency", client->shards);
		json_object_object_add(o, "session_start_limit", limit);
	}
	reply(c, 200, o);
}

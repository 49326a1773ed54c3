/* SPDX-License-Identifier: MIT */
/* The way of a client's request; see proxy_impl.h. */
#include "handler/rest/proxy/proxy_impl.h"

#include "shared/base/clock.h"

#include <string.h>

/* ---- life ----------------------------------------------------------- */

struct proxy_call *
proxy_call_new(struct proxy_conn *conn, struct MHD_Connection *mhd,
    const char *target)
{
	struct proxy_call *c = base_alloc(sizeof(*c));

	c->conn = conn;
	c->mhd = mhd;
	c->target = base_strdup(target);
	c->slot = PROXY_NOBODY;
	c->pace_ms = clock_boot_ms();
	proxy_head_init(&c->head);
	return c;
}

static void
call_cancel(struct proxy_call *c)
{
	if (c->rest != NULL)
		rest_pass_cancel(c->rest);
	c->rest = NULL;
}

void
proxy_call_free(struct proxy_call *c)
{
	call_cancel(c);
	if (c->look != NULL)
		proxy_channel_leave(c->look);
	if (c->begun)
		proxy_call_counts(c)->now--;
	curl_slist_free_all(c->stream.headers);
	proxy_head_free(&c->head);
	buf_free(&c->up);
	buf_free(&c->down);
	free(c->target);
	free(c);
}

void
proxy_call_die(struct proxy_call *c)
{
	c->dead = true;
	call_cancel(c);
	proxy_stream_wake(c);
}

/* What the server has in its own hands is its own time-out's. */
static bool
waits_for_client(const struct proxy_call *c)
{
	return c->rests == PROXY_RESTS_NOT && !c->rested
	    && !(c->down_end && buf_len(&c->down) == 0);
}

void
proxy_call_pace(struct proxy_call *c, uint64_t now)
{
	if (now - c->pace_ms < PROXY_PACE_S * 1000u)
		return;
	if (waits_for_client(c) && c->moved < PROXY_PACE_BYTES)
		proxy_conn_cut(c->conn);
	c->pace_ms = now;
	c->moved = 0;
	c->rested = c->rests != PROXY_RESTS_NOT;
}

/* ---- may it? -------------------------------------------------------- */

static const char *
header(const struct proxy_call *c, const char *name)
{
	return MHD_lookup_connection_value(c->mhd, MHD_HEADER_KIND, name);
}

static void
refuse(struct proxy_call *c, int status, int code, const char *why)
{
	proxy_call_counts(c)->refused++;
	proxy_reply_error(c, status, code, why);
}

/* Whose call it is; without a token it may be one that needs none. */
static bool
call_identify(struct proxy_call *c, struct proxy_client *client)
{
	const struct proxy_setup *set = &c->conn->proxy->set;
	const char *auth = header(c, "Authorization");

	if (auth == NULL)
		return c->route.endpoint.bare
		    || c->route.kind == PROXY_ROUTE_GATEWAY;
	if (!set->client(set->arg, auth, client))
		return false;
	must(client->slot < PROXY_CLIENTS_MAX && client->shards > 0);
	c->slot = client->slot;
	proxy_conn_known(c->conn);
	return true;
}

static bool
route_refused(struct proxy_call *c)
{
	const char *why;
	int status;

	/* Pages of a browser on this machine reach loopback, too. */
	if (header(c, "Origin") != NULL) {
		refuse(c, 403, 0,
		    "requests of web pages (with an Origin) are refused here");
		return true;
	}
	status = proxy_route_parse(&c->route, c->method, c->target, &why);
	if (status != 0)
		refuse(c, status, 0, why);
	return status != 0;
}

static bool
body_refused(struct proxy_call *c)
{
	const char *s = header(c, "Content-Length");
	uint64_t n;

	if (s == NULL || (str_to_u64(s, &n) && n <= PROXY_BODY_MAX))
		return false;
	refuse(c, 413, 40005,
	    "request entity too large: no body may be longer than 26 MiB");
	return true;
}

/* What of its client's scope it goes beyond; or that is asked first. */
static void
call_judge(struct proxy_call *c)
{
	const char *why;

	c->unknown = 0;
	why = proxy_scope_refuses(&c->scope, c->method, &c->route,
	    proxy_channel_guild, c);
	if (why != NULL && c->unknown != 0)
		proxy_channel_look(c);
	else if (why != NULL)
		refuse(c, 403, 50001, why);
}

void
proxy_call_looked(struct proxy_call *c, const struct rest_answer *a)
{
	c->look = NULL;
	if (a->outcome == REST_OK || a->outcome == REST_REFUSED)
		call_judge(c);
	else if (a->outcome == REST_LIMITED)
		proxy_reply_limited(c, a->retry_ms, a->why);
	else
		proxy_reply_busy(c, 503, 5,
		    "Discord did not say which guild this channel is in: try "
		    "again");
	if (c->status == 0 && (c->up_end || buf_len(&c->up) == PROXY_WINDOW))
		proxy_stream_ask(c);
	proxy_stream_wake(c);
}

static void
call_admit(struct proxy_call *c)
{
	struct proxy_client client = {.shards = 1};

	if (route_refused(c))
		return;
	if (!call_identify(c, &client)) {
		c->closes = true;
		refuse(c, 401, 0,
		    "401: Unauthorized (this is no token of a client of this "
		    "bot's gate)");
		return;
	}
	if (c->route.kind != PROXY_ROUTE_CALL) {
		proxy_reply_gateway(c, &client);
		return;
	}
	c->scope = client.scope;
	if (proxy_call_counts(c)->now >= PROXY_CALLS_EACH)
		proxy_reply_limited(c, 1000,
		    "too many calls of this client are open at once");
	else if (!body_refused(c))
		call_judge(c);
}

/* Will it be long until the client has said it all? */
static bool
body_is_long(const struct proxy_call *c)
{
	const char *s = header(c, "Content-Length");
	uint64_t n = 0;

	if (s != NULL && !str_to_u64(s, &n))
		return true;
	return n > PROXY_SWALLOW_MAX || header(c, "Expect") != NULL;
}

static enum MHD_Result
call_begin(struct proxy_call *c, const char *method)
{
	c->begun = true;
	/* One that is too long is none that is known. */
	str_copy(c->method, method, sizeof(c->method));
	call_admit(c);
	proxy_call_counts(c)->calls++;
	proxy_call_counts(c)->now++;
	if (c->status == 0 || !body_is_long(c))
		return MHD_YES;
	c->closes = true;
	return proxy_stream_reply(c);
}

/* ---- its body ------------------------------------------------------- */

static void
call_take(struct proxy_call *c, const char **data, size_t *len)
{
	size_t room = PROXY_WINDOW - buf_len(&c->up);
	size_t n = *len < room ? *len : room;

	buf_add(&c->up, *data, n);
	c->up_len += n;
	c->moved += n;
	proxy_call_counts(c)->bytes_up += n;
	*data += n;
	*len -= n;
	if (c->asked)
		proxy_stream_more(c);
	else if (buf_len(&c->up) == PROXY_WINDOW && c->look == NULL)
		proxy_stream_ask(c);
}

static enum MHD_Result
call_body(struct proxy_call *c, const char *data, size_t *len)
{
	while (*len > 0 && c->status == 0 && buf_len(&c->up) < PROXY_WINDOW)
		call_take(c, &data, len);
	if (c->status != 0) {
		/* It is answered already: nobody wants the rest. */
		c->up_len += *len;
		c->moved += *len;
		*len = 0;
		if (!c->asked && c->up_len > PROXY_SWALLOW_MAX)
			return MHD_NO;
	}
	if (c->up_len > PROXY_BODY_MAX)
		return MHD_NO;
	if (*len > 0)
		proxy_stream_rest(c, PROXY_RESTS_ROOM);
	return MHD_YES;
}

static enum MHD_Result
call_whole(struct proxy_call *c)
{
	c->up_end = true;
	if (c->status == 0 && c->asked)
		proxy_stream_more(c);
	else if (c->status == 0 && c->look == NULL)
		proxy_stream_ask(c);
	if (c->status != 0)
		return proxy_stream_reply(c);
	proxy_stream_rest(c, PROXY_RESTS_HEAD);
	return MHD_YES;
}

enum MHD_Result
proxy_call_handle(struct proxy_call *c, const char *method, const char *data,
    size_t *len)
{
	if (c->dead || c->conn->gone)
		return MHD_NO;
	if (!c->begun)
		return call_begin(c, method);
	if (*len > 0)
		return call_body(c, data, len);
	return call_whole(c);
}

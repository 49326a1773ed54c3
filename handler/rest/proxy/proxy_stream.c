/* SPDX-License-Identifier: MIT */
/*
 * A call's body on its way up and its answer on its way down: a window of each
 * is here; when one is full whoever fills it is left alone until there is room,
 * the client by the server (it rests), Discord by curl (it waits).
 */
#include "handler/rest/proxy/proxy_impl.h"

#include "shared/base/text.h"

#include <string.h>

#define BLOCK (16u << 10) /* that the server takes at once */

static struct proxy_call *
call_of(struct http_stream *s)
{
	return container_of(s, struct proxy_call, stream);
}

/* ---- resting -------------------------------------------------------- */

void
proxy_stream_rest(struct proxy_call *c, enum proxy_rests why)
{
	must(c->rests == PROXY_RESTS_NOT);
	c->rests = why;
	c->rested = true;
	MHD_suspend_connection(c->mhd);
}

static bool
has_come(const struct proxy_call *c)
{
	switch (c->rests) {
	case PROXY_RESTS_ROOM:
		return c->status != 0 || buf_len(&c->up) <= PROXY_WINDOW / 2;
	case PROXY_RESTS_HEAD:
		return c->status != 0;
	case PROXY_RESTS_DATA:
		return c->down_end || buf_len(&c->down) > 0;
	default:
		return false;
	}
}

void
proxy_stream_wake(struct proxy_call *c)
{
	struct proxy *p = c->conn->proxy;

	if (c->rests == PROXY_RESTS_NOT || !(c->dead || has_come(c)))
		return;
	c->rests = PROXY_RESTS_NOT;
	MHD_resume_connection(c->mhd);
	/* The server hears of it when it is run. */
	ev_feed_event(p->set.loop, &p->io, EV_READ);
}

/* ---- upward --------------------------------------------------------- */

static size_t
on_up(struct http_stream *s, char *to, size_t room)
{
	struct proxy_call *c = call_of(s);
	size_t n = buf_len(&c->up) < room ? buf_len(&c->up) : room;

	if (n == 0 && c->up_end)
		return 0;
	if (n == 0) {
		c->up_waits = true;
		return HTTP_NOT_NOW;
	}
	memcpy(to, buf_data(&c->up), n);
	buf_eat(&c->up, n);
	proxy_stream_wake(c);
	return n;
}

void
proxy_stream_more(struct proxy_call *c)
{
	if (!c->up_waits || c->rest == NULL
	    || (buf_len(&c->up) == 0 && !c->up_end))
		return;
	c->up_waits = false;
	rest_pass_go_on(c->rest);
}

/* ---- downward ------------------------------------------------------- */

static void
on_line(struct http_stream *s, const char *line, size_t len)
{
	proxy_head_add(&call_of(s)->head, line, len);
}

static bool
on_down(struct http_stream *s, int status, const char *data, size_t n)
{
	struct proxy_call *c = call_of(s);

	if (buf_len(&c->down) >= PROXY_WINDOW) {
		c->down_waits = true;
		return false;
	}
	c->status = status;
	buf_add(&c->down, data, n);
	proxy_stream_wake(c);
	return true;
}

/* Discord's token is meant, not the client's: that is in order. */
static bool
token_is_refused(const struct proxy_call *c, int status)
{
	return status == 401 && !c->route.endpoint.bare;
}

static void
on_refused(struct proxy_call *c, const struct rest_answer *a)
{
	if (token_is_refused(c, a->status)) {
		proxy_reply_busy(c, 503, 60,
		    "Discord refuses the bot's own token, the one that "
		    "shardherd has; this client's is in order");
		return;
	}
	c->status = a->status;
	c->head.length = -1;
	buf_add(&c->down, a->body, a->len);
	proxy_call_counts(c)->limited_discord += a->status == 429;
}

static void
on_no_answer(struct proxy_call *c, const struct rest_answer *a)
{
	switch (a->outcome) {
	case REST_LIMITED:
		proxy_reply_limited(c, a->retry_ms, a->why);
		break;
	case REST_STOPPED:
		proxy_reply_busy(c, 503, 1,
		    "shardherd's handler is being replaced: try again");
		break;
	default:
		proxy_reply_error(c, 502, 0, a->why);
	}
}

static void
on_done(void *arg, const struct rest_answer *a)
{
	struct proxy_call *c = arg;

	c->rest = NULL;
	c->down_end = true;
	if (c->status != 0)
		/* It has begun: the end of it can only be missing. */
		c->down_broken = a->outcome != REST_OK;
	else if (a->outcome == REST_OK)
		c->status = a->status;
	else if (a->outcome == REST_REFUSED && a->status != 0)
		on_refused(c, a);
	else
		on_no_answer(c, a);
	proxy_stream_wake(c);
}

/* ---- asking --------------------------------------------------------- */

static enum MHD_Result
on_header(void *arg, enum MHD_ValueKind kind, const char *name,
    const char *value)
{
	struct proxy_call *c = arg;
	char *line;
	size_t size;

	if (!proxy_head_goes_up(name) || value == NULL
	    || !proxy_head_value_ok(value))
		return MHD_YES;
	size = strlen(name) + strlen(value) + 3;
	line = base_alloc(size);
	/* curl's way to write a line without a value. */
	must(str_format(line, size, value[0] != '\0' ? "%s: %s" : "%s;%s", name,
	    value));
	c->stream.headers = curl_slist_append(c->stream.headers, line);
	must(c->stream.headers != NULL);
	free(line);
	return MHD_YES;
}

static void
fill_headers(struct proxy_call *c)
{
	(void)MHD_get_connection_values(c->mhd, MHD_HEADER_KIND, on_header, c);
	if (MHD_lookup_connection_value(c->mhd, MHD_HEADER_KIND, "Content-Type")
	    == NULL)
		/* curl has one of its own for whatever has a body. */
		c->stream.headers = curl_slist_append(c->stream.headers,
		    "Content-Type:");
}

static int64_t
body_length(const struct proxy_call *c)
{
	const char *s = MHD_lookup_connection_value(c->mhd, MHD_HEADER_KIND,
	    "Content-Length");
	int64_t n;

	return s != NULL && str_to_i64(s, &n) ? n : -1;
}

void
proxy_stream_ask(struct proxy_call *c)
{
	struct proxy *p = c->conn->proxy;
	const struct rest_ask ask = {.method = c->method,
	    .path = c->route.path,
	    .holds = 2 * PROXY_WINDOW,
	    .exempt = c->route.endpoint.bare,
	    .hook = c->route.hook,
	    .urgent = c->route.callback};
	const char *why;
	bool bad;

	c->asked = true;
	c->stream.line = on_line;
	c->stream.down = on_down;
	c->stream.version = c->route.version;
	c->stream.length = body_length(c);
	if (!c->up_end)
		c->stream.up = on_up;
	else if (c->up_len > 0)
		c->stream.data = buf_data(&c->up);
	c->stream.len = c->up_len;
	fill_headers(c);
	c->rest = rest_pass(p->set.rest, REST_CLIENT + c->slot, &ask,
	    &c->stream, on_done, c, &bad, &why);
	if (c->rest != NULL)
		return;
	if (bad)
		proxy_reply_error(c, 400, 0, why);
	else
		proxy_reply_limited(c, 1000, why);
}

/* ---- the answer ----------------------------------------------------- */

/* More for the server; or it rests until there is. */
static ssize_t
on_block(void *arg, uint64_t pos, char *to, size_t max)
{
	struct proxy_call *c = arg;
	size_t n;

	if (c->dead)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (c->down_waits && c->rest != NULL
	    && buf_len(&c->down) <= PROXY_WINDOW / 2) {
		c->down_waits = false;
		rest_pass_go_on(c->rest);
	}
	n = buf_len(&c->down) < max ? buf_len(&c->down) : max;
	if (n > 0) {
		memcpy(to, buf_data(&c->down), n);
		buf_eat(&c->down, n);
		c->moved += n;
		proxy_call_counts(c)->bytes_down += n;
		return (ssize_t)n;
	}
	if (c->down_end)
		return c->down_broken ? MHD_CONTENT_READER_END_WITH_ERROR
				      : MHD_CONTENT_READER_END_OF_STREAM;
	proxy_stream_rest(c, PROXY_RESTS_DATA);
	return 0;
}

static uint64_t
reply_length(const struct proxy_call *c)
{
	if (c->down_end && !c->down_broken)
		return buf_len(&c->down);
	return c->head.length >= 0 ? (uint64_t)c->head.length
				   : MHD_SIZE_UNKNOWN;
}

enum MHD_Result
proxy_stream_reply(struct proxy_call *c)
{
	struct MHD_Response *r = MHD_create_response_from_callback(reply_length(
								       c),
	    BLOCK, on_block, c, NULL);
	enum MHD_Result ok;

	if (r == NULL)
		return MHD_NO;
	for (size_t i = 0; i < c->head.n; i++)
		(void)MHD_add_response_header(r, c->head.line[i].name,
		    c->head.line[i].value);
	if (c->closes || c->conn->proxy->stopped)
		(void)MHD_add_response_header(r, "Connection", "close");
	proxy_call_counts(c)->errors += c->status >= 500;
	ok = MHD_queue_response(c->mhd, (unsigned)c->status, r);
	MHD_destroy_response(r);
	return ok;
}

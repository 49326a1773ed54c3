/* SPDX-License-Identifier: MIT */
/*
 * HTTPS requests without blocking, by libcurl, connections kept alive.  Knows
 * nothing of limits or retries.
 */
#ifndef HANDLER_REST_HTTP_H
#define HANDLER_REST_HTTP_H

#include "handler/rest/form.h"
#include "handler/rest/rate_limit.h"
#include "shared/base/buf.h"
#include "shared/config/config.h"
#include "shared/net/curl_loop.h"

#define HTTP_CONNECTIONS 88 /* to the API: no call waits for one */
#define HTTP_CONNECT_MS 5000L
#define HTTP_BODY_MAX (16u << 20) /* of an answer */
#define HTTP_HELD_MAX (64u << 20) /* of all answers that are coming in */
#define HTTP_PATH_MAX (2048 + 512)
#define HTTP_STILL_S 30L /* a stream on which nothing moves, but for a pause */
#define HTTP_NOT_NOW ((size_t)-1) /* http_go_on follows */

struct http {
	struct curl_loop curl;
	char base[512], ca[512], proxy[512];
	/* What every call has; auth holds the token, in pages of its own, and
	 * goes on with bare.  Calls link to them and copy nothing. */
	struct curl_slist auth, *bare;
	size_t held; /* bytes of answers that are coming in */
};

/*
 * What goes through a call in pieces, in place of a body and an answer.  What
 * is asked here may come from the loop or out of http_go_on.
 */
struct http_stream {
	const char *data; /* the body, whole; or NULL */
	size_t len;
	/* Or it is asked for: up to room bytes of it, 0: that was all,
	 * HTTP_NOT_NOW.  length: of all of it; -1: unknown. */
	size_t (*up)(struct http_stream *, char *to, size_t room);
	int64_t length;
	/* A line of the answer's head; a new head begins with "HTTP/". */
	void (*line)(struct http_stream *, const char *line, size_t len);
	/* A piece of a 2xx answer's body; false: not now, it comes again.  The
	 * body of any other answer is gathered as every call's is. */
	bool (*down)(struct http_stream *, int status, const char *data,
	    size_t n);
	struct curl_slist *headers; /* "Name: value"; copied */
	unsigned version;	    /* of the API; 0: that of the config */
};

struct http_call;
/* error: "" when an answer came, else why none did. */
typedef void http_done_fn(struct http_call *, const char *error);

struct http_call {
	/* set by the caller, borrowed until done */
	const char *method, *path, *body, *reason; /* NULL: none; body JSON */
	struct form form;	    /* zeroed, or in place of a body */
	struct http_stream *stream; /* NULL: none */
	bool bare;		    /* no Authorization */
	long timeout_ms;
	http_done_fn *done;
	/* the answer */
	struct rate_limit_reply reply;
	struct buf answer;
	/* http.c's own */
	struct http *http;
	CURL *easy;
	struct curl_slist *headers; /* its own, then those of all */
	char error[CURL_ERROR_SIZE];
};

int http_init(struct http *, struct ev_loop *, struct timers *,
    const struct config *, const char *token, struct err *);
void http_free(struct http *); /* no call may be under way */
/* 0 and done is called later, or -1 when curl won't have it. */
int http_start(struct http *, struct http_call *);
/* What said "not now" in its stream is asked again, some of it at once. */
void http_go_on(struct http_call *);
/* Ends a call that is under way; done is not called. */
void http_cancel(struct http_call *);

#endif

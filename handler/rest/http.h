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

#define HTTP_CONNECTIONS 40 /* to the API: no call waits for one */
#define HTTP_CONNECT_MS 5000L
#define HTTP_BODY_MAX (16u << 20) /* of an answer */
#define HTTP_HELD_MAX (64u << 20) /* of all answers that are coming in */
#define HTTP_PATH_MAX (2048 + 512)

struct http {
	struct curl_loop curl;
	char base[512], ca[512], proxy[512];
	/* What every call has; auth holds the token, in pages of its own, and
	 * goes on with bare.  Calls link to them and copy nothing. */
	struct curl_slist auth, *bare;
	size_t held; /* bytes of answers that are coming in */
};

struct http_call;
/* error: "" when an answer came, else why none did. */
typedef void http_done_fn(struct http_call *, const char *error);

struct http_call {
	/* set by the caller, borrowed until done */
	const char *method, *path, *body, *reason; /* NULL: none; body JSON */
	struct form form; /* zeroed, or in place of a body */
	bool bare;	  /* no Authorization */
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
/* Ends a call that is under way; done is not called. */
void http_cancel(struct http_call *);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * libcurl's multi interface on our loop and timers: watches the sockets and
 * keeps the one time that curl asks for, and tells which transfer has ended.
 * What a transfer is, its options and deadlines, is its owner's.
 */
#ifndef SHARED_NET_CURL_LOOP_H
#define SHARED_NET_CURL_LOOP_H

#include "shared/base/timer.h"

#include <curl/curl.h>
#include <ev.h>

struct curl_loop;
/*
 * This transfer has ended; it is still in multi, for the owner to take out.
 * May begin others.  false: it has closed the curl_loop.
 */
typedef bool curl_loop_fn(struct curl_loop *, CURL *easy, CURLcode);

struct curl_loop {
	CURLM *multi; /* for adding and removing transfers; NULL: closed */
	struct ev_loop *loop;
	struct timer timer;
	struct list sockets;
	curl_loop_fn *ended;
};

/* 0, or -1: libcurl does not start.  ended is called from the loop alone. */
int curl_loop_open(struct curl_loop *, struct ev_loop *, struct timers *,
    curl_loop_fn *ended);
/* The transfers have been taken out.  Closed, or zeroed, it stays so. */
void curl_loop_close(struct curl_loop *);

#endif

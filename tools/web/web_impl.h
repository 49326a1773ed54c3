/* SPDX-License-Identifier: MIT */
/*
 * The one object of the web process, for the files that make it up: web.c (the
 * loop and the end), web_setup.c (what it starts with), web_channel.c (the
 * supervisor), web_routes.c (what is answered), web_public.c (what everybody
 * may see).
 */
#ifndef TOOLS_WEB_WEB_IMPL_H
#define TOOLS_WEB_WEB_IMPL_H

#include "shared/view/view.h"
#include "shared/wire/ipc.h"
#include "shared/wire/orphan.h"
#include "tools/web/history/history.h"
#include "tools/web/http/http_server.h"
#include "tools/web/push/push.h"

#include <ev.h>

#define WEB_LOOK_MS 500	    /* a view is as old as that at most */
#define WEB_ALIVE_S 1.0	    /* its loop turns, the supervisor is told */
#define WEB_HISTORY_S 10.0  /* history_take() */
#define WEB_LAST_S 2.0	    /* for answers under way, at the end */
#define WEB_ORPHAN_S 604800 /* without a supervisor it says so for a week */

enum web_face { WEB_PRIVATE, WEB_PUBLIC, WEB_FACES };

/* An answer that holds for the look it was made from. */
struct web_made {
	struct http_reply *reply;
	uint64_t look;
};
enum web_page {
	WEB_METRICS,
	WEB_METRICS_TEXT,
	WEB_STATUS,
	WEB_STATUS_PUBLIC,
	WEB_HOME,
	WEB_PAGES
};

struct web {
	struct ev_loop *loop;
	struct timers *timers;
	struct config config;
	struct ipc ipc;
	struct orphan orphan;
	struct nonce nonce;
	uint32_t generation;
	int listen_fd[WEB_FACES]; /* -1: none */
	struct http_server *http[WEB_FACES];
	bool in_service, stopping;
	struct view view;
	bool known; /* the view is one; else err says why not */
	struct err err;
	uint64_t looked_ms, looks;
	struct web_made made[WEB_PAGES];
	struct history *history;
	char *push_url; /* malloc()ed, wiped at the end; NULL: none */
	char ca_file[CONFIG_PATH_MAX]; /* "": there is none */
	struct push *push;
	ev_io signals;
	ev_prepare prepare;
	struct timer alive, take, stop;
	uint64_t started_ms;
};

/* 0, or -1: the process is to end.  path: the config's. */
int web_setup(struct web *, const char *path, struct err *);
/* The place is ours: it serves. */
void web_setup_take_over(struct web *);
void web_setup_release(struct web *);

void web_channel_open(struct web *);
void web_channel_ready(struct web *);

/* The view, not older than WEB_LOOK_MS; NULL: err says why there is none. */
const struct view *web_look(struct web *);
/* Ends in order. */
void web_stop(struct web *);

/* web_routes.c: an answer to somebody at that face. */
struct http_reply *web_routes_answer(struct web *, enum web_face,
    const struct http_request *);
/* What there is of it, without its body's owner: status.json as text. */
void web_routes_status(struct web *, bool all, struct buf *);

/* web_public.c: a new object. */
struct json_object *web_public_json(const struct web *, const struct view *);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * This room: HTTP as the web process speaks it: answers made in one piece, to
 * GET and HEAD, whoever asks and however.
 *
 * A server on a socket that listens, on the process's loop, without threads.
 * All that a stranger can take of it is bounded: connections, their memory,
 * their time, bytes of answers that are not yet taken.  Where there are too many
 * connections the one that has done nothing for longest is closed: of those without
 * a request under way, and of all, who are slow to take an answer among them.
 */
#ifndef TOOLS_WEB_HTTP_HTTP_SERVER_H
#define TOOLS_WEB_HTTP_HTTP_SERVER_H

#include "shared/base/err.h"
#include "shared/base/timer.h"
#include "tools/web/http/http_reply.h"

#define HTTP_SERVER_CONNECTIONS 192
#define HTTP_SERVER_OPEN 160	  /* of them, whatever they do */
#define HTTP_SERVER_STRANGERS 128 /* of them, without a request under way */
#define HTTP_SERVER_HEAD_MAX 8192 /* bytes of a request */
#define HTTP_SERVER_HEAD_S 10	  /* until it is there, or between two */
#define HTTP_SERVER_STILL_S 15	  /* nothing moves */
#define HTTP_SERVER_TAKE_S 60	  /* for all of an answer */
#define HTTP_SERVER_OUT_MAX (32u << 20) /* bytes of answers not yet taken */

struct http_request {
	const char *path;	   /* as it was sent, without its query */
	const char *host, *accept; /* headers, NULL: none */
	void *of;		   /* http_server_query() */
};
/* The value of a field of the query, decoded; NULL: it has none. */
const char *http_server_query(const struct http_request *, const char *name);

/* The caller owns what it gets, and calls http_reply_drop. */
typedef struct http_reply *http_server_fn(void *arg,
    const struct http_request *);

struct http_server;

/* fd listens and is not blocking: the server's own from now on, also when this
 * is NULL. */
struct http_server *http_server_new(struct ev_loop *, struct timers *, int fd,
    http_server_fn *, void *arg, struct err *);
/* Takes no more connections; what is under way is finished. */
void http_server_stop(struct http_server *);
bool http_server_idle(const struct http_server *);
void http_server_free(struct http_server *); /* NULL is fine */

#endif

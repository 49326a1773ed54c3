/* SPDX-License-Identifier: MIT */
/*
 * What the files of the proxy share: proxy.c (the server, its connections),
 * proxy_call.c (a request's way), proxy_channel.c (guilds of channels),
 * proxy_stream.c (its body and its answer, in pieces), proxy_reply.c (what we
 * answer ourselves).  For them only.
 */
#ifndef HANDLER_REST_PROXY_PROXY_IMPL_H
#define HANDLER_REST_PROXY_PROXY_IMPL_H

#include "handler/rest/proxy/proxy.h"
#include "handler/rest/proxy/proxy_head.h"
#include "shared/base/buf.h"

#include <curl/curl.h>
#include <ev.h>
#include <microhttpd.h>

struct proxy_call;

/*
 * Guilds of channels that Discord was asked for: a place each, by the channel's
 * hash; a channel's guild never changes, but who is not let see it today may
 * be tomorrow.
 */
#define PROXY_CHANNELS 4096
#define PROXY_CHANNEL_NONE_MS 60000u /* "none" is asked again after that */
struct proxy_channel {
	uint64_t id, guild;
	uint64_t until_ms; /* of a guild 0 */
};

/* A question of this kind; it may outlive who asked. */
struct proxy_look {
	struct list link;	 /* proxy.looks */
	struct proxy *proxy;	 /* NULL: gone, and so is the call */
	struct proxy_call *call; /* NULL: gone */
	uint64_t channel;
};

/* Of the server's connections, on its list from the first to the last. */
struct proxy_conn {
	struct list link; /* proxy.strangers or proxy.known */
	struct proxy *proxy;
	struct proxy_call *call; /* NULL: between two */
	int fd;			 /* the server's */
	uint64_t idle_ms;	 /* since when it has no call */
	bool known, used, gone;	 /* gone: the other side has closed it */
};

/* Why the server leaves a call alone. */
enum proxy_rests {
	PROXY_RESTS_NOT,
	PROXY_RESTS_ROOM, /* the window upward is full */
	PROXY_RESTS_HEAD, /* no answer yet */
	PROXY_RESTS_DATA, /* nothing more of it yet */
};

struct proxy_call {
	struct proxy_conn *conn;
	struct MHD_Connection *mhd;
	char *target; /* as it was sent; parsed into route */
	char method[12];
	struct proxy_route route;
	unsigned slot;
	struct proxy_scope scope;
	uint64_t unknown;	 /* channel whose guild is to be asked for */
	struct proxy_look *look; /* that is done */
	bool begun, dead;
	enum proxy_rests rests;
	/* upward */
	struct rest_call *rest; /* NULL: not yet, or not any more */
	struct http_stream stream;
	struct buf up;
	size_t up_len;		      /* of all that came */
	bool up_end, asked, up_waits; /* asked: it went to the limiter */
	/* downward */
	struct proxy_head head;
	struct buf down;
	int status; /* 0: no answer yet */
	bool down_end, down_broken, down_waits, closes;
	/* pace */
	uint64_t pace_ms, moved;
	bool rested; /* since then it was us who let it wait */
};

struct proxy {
	struct proxy_setup set;
	struct MHD_Daemon *daemon;
	ev_io io, leaves;
	int leaves_fd; /* epoll: clients that have closed their side */
	struct timer turn, tick;
	char *gateway_url;
	struct list strangers, known;
	size_t stranger_count;
	struct list looks;
	struct proxy_channel channel[PROXY_CHANNELS];
	bool stopped;
	struct proxy_counts counts[PROXY_SLOTS];
};

/* ---- proxy.c -------------------------------------------------------- */

/* It has shown a token. */
void proxy_conn_known(struct proxy_conn *);
/* Closes it without a word. */
void proxy_conn_cut(struct proxy_conn *);

/* ---- proxy_call.c --------------------------------------------------- */

struct proxy_call *proxy_call_new(struct proxy_conn *, struct MHD_Connection *,
    const char *target);
void proxy_call_free(struct proxy_call *);
/* The server's handler of requests. */
enum MHD_Result proxy_call_handle(struct proxy_call *, const char *method,
    const char *data, size_t *len);
/* The client is gone, or to go. */
void proxy_call_die(struct proxy_call *);
/* The guild of its channel has been found out, or why not. */
void proxy_call_looked(struct proxy_call *, const struct rest_answer *);
/* Once a second. */
void proxy_call_pace(struct proxy_call *, uint64_t now);

static inline struct proxy_counts *
proxy_call_counts(struct proxy_call *c)
{
	return &c->conn->proxy->counts[c->slot];
}

/* ---- proxy_channel.c ------------------------------------------------ */

/* As proxy_scope.h asks, of a call; what is not known is noted in it. */
uint64_t proxy_channel_guild(void *call, uint64_t channel);
/* Asks who knows, or Discord as the call's client; proxy_call_looked()
 * follows, or the call has an answer. */
void proxy_channel_look(struct proxy_call *);
/* The call, or the proxy, goes and the question stays. */
void proxy_channel_leave(struct proxy_look *);
void proxy_channel_leave_all(struct proxy *);

/* ---- proxy_stream.c ------------------------------------------------- */

/* To the limiter: with its whole body if that has come, else in pieces. */
void proxy_stream_ask(struct proxy_call *);
/* Its window upward has got more, or the end. */
void proxy_stream_more(struct proxy_call *);
/* The server lets go of it until it wakes. */
void proxy_stream_rest(struct proxy_call *, enum proxy_rests);
/* And goes on with it, if what it rests for is there. */
void proxy_stream_wake(struct proxy_call *);
/* Gives the answer to the server, which then asks for its body. */
enum MHD_Result proxy_stream_reply(struct proxy_call *);

/* ---- proxy_reply.c -------------------------------------------------- */

/* The call's answer is one of ours, as Discord would word it. */
void proxy_reply_error(struct proxy_call *, int status, int code,
    const char *why);
void proxy_reply_limited(struct proxy_call *, uint64_t retry_ms,
    const char *why);
void proxy_reply_gateway(struct proxy_call *, const struct proxy_client *);
void proxy_reply_busy(struct proxy_call *, int status, unsigned retry_s,
    const char *why);

#endif

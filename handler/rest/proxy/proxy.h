/* SPDX-License-Identifier: MIT */
/*
 * This room: Discord's REST API for the gate's clients: an HTTP server in
 * front of the handler's one limiter.
 *
 * A client's call is checked (its token, what it may call), waits for its turn
 * with the plugins' (rest.h) and goes to Discord with the bot's token; body and
 * answer pass through in pieces, no more of them in memory than a window each.
 * Whoever is slow, loops or leaves costs nobody else anything: every client has
 * its bounds.  Nothing of a body or a token is written anywhere.
 */
#ifndef HANDLER_REST_PROXY_PROXY_H
#define HANDLER_REST_PROXY_PROXY_H

#include "handler/rest/proxy/proxy_scope.h"
#include "handler/rest/rest.h"
#include "shared/base/err.h"
#include "shared/base/timer.h"

#define PROXY_CLIENTS_MAX (REST_CLIENTS - 1)
#define PROXY_NOBODY PROXY_CLIENTS_MAX /* slot of calls without a client */
#define PROXY_SLOTS REST_CLIENTS

#define PROXY_CONNECTIONS 512
#define PROXY_STRANGERS                                                        \
	128			 /* of them, that have shown no token; then the
			      * oldest is closed */
#define PROXY_CALLS_EACH 128	 /* at once, of one client */
#define PROXY_WINDOW (64u << 10) /* of a body in memory, each direction */
#define PROXY_BODY_MAX (26u << 20)   /* Discord takes 25 MiB */
#define PROXY_SWALLOW_MAX (1u << 20) /* of a body that is refused unread */
#define PROXY_HEAD_MAX (32u << 10) /* of a request; twice what libraries use */
#define PROXY_HEAD_S 10		   /* from the connection to its request */
#define PROXY_IDLE_S 60		   /* between two */
#define PROXY_STILL_S 30	   /* a connection on which nothing moves */
/* Whoever sends a body or takes an answer moves so much in so many seconds, if
 * it is not us who let him wait. */
#define PROXY_PACE_S 10
#define PROXY_PACE_BYTES (64u << 10)

/* What is to be known of a client; what it points to lives as long as the
 * proxy does. */
struct proxy_client {
	unsigned slot;	 /* below PROXY_CLIENTS_MAX: its queue and counters */
	unsigned shards; /* as /gateway/bot says, 1 at least */
	struct proxy_scope scope;
};

/* 0: not known. */
typedef void proxy_guild_fn(void *arg, uint64_t guild);

struct proxy_setup {
	struct ev_loop *loop;
	struct timers *timers;
	struct rest *rest;
	int listen_fd; /* listening, non-blocking; the proxy's from now on */
	const char *gateway_url; /* copied */
	const char *cert, *key;	 /* PEM, kept by the caller; NULL: no TLS */
	/* Whose token is that, with or without "Bot "?  In constant time.
	 * false: nobody's. */
	bool (*client)(void *arg, const char *authorization,
	    struct proxy_client *);
	/* NULL, or who may know the guild of a channel without a question to
	 * Discord, which is asked for what is not known.  false, or fn is
	 * called once, later. */
	bool (*guild_of)(void *arg, uint64_t channel, proxy_guild_fn *fn,
	    void *fn_arg);
	void *arg;
};

struct proxy;

/* NULL: err says why; the listening fd is closed then, too. */
struct proxy *proxy_new(const struct proxy_setup *, struct err *);
/* Takes no more connections; what is under way is answered. */
void proxy_stop(struct proxy *);
/* Calls of clients that are not answered. */
size_t proxy_busy(const struct proxy *);
/* Ends all connections; before rest_free(). */
void proxy_free(struct proxy *);

struct proxy_counts {
	uint64_t calls;
	uint64_t limited_ours, limited_discord; /* 429s */
	uint64_t refused; /* a wrong token, beyond its scope, malformed */
	uint64_t errors;  /* 5xx, whosever */
	uint64_t cut;	  /* it left, or was too slow */
	uint64_t bytes_up, bytes_down;
	unsigned now; /* calls that are open */
};
const struct proxy_counts *proxy_counted(const struct proxy *, unsigned slot);

#endif

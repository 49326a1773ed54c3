/* SPDX-License-Identifier: MIT */
/*
 * This room: calls of Discord's API: limits, retries, holds.
 *
 * The REST calls of plugins, and of the gate's clients: a bounded queue for
 * each, served in turn, held back by Discord's limits (rate_limit.h), repeated
 * only where that is harmless, each with a deadline.  Where several wait for
 * one bucket, that has its turns, too: a queue that asks for little does not
 * stand behind one that asks for all.  What one answer means for the others is
 * judged by shared/answer.h and proved before it stops them (rest_hold.h).
 */
#ifndef HANDLER_REST_REST_H
#define HANDLER_REST_REST_H

#include "handler/rest/http.h"
#include "handler/rest/rest_hold.h"

#define REST_OWN (2 * CONFIG_PLUGINS_MAX) /* calls of the handler itself */
#define REST_CLIENT (REST_OWN + 1)	  /* then the clients' */
#define REST_CLIENTS 33			  /* and whoever has no name */
#define REST_QUEUES (REST_CLIENT + REST_CLIENTS) /* by plugin_slot(), ... */
#define REST_QUEUE_MAX 256			 /* calls waiting per plugin */
#define REST_FLYING_MAX 32			 /* calls under way */
#define REST_FLYING_EACH 24	/* of one plugin: slow ones leave room */
#define REST_FLYING_URGENT 8	/* urgent calls on top of these */
#define REST_PASSING_MAX 32	/* calls of clients under way, besides those */
#define REST_PASSING_EACH 12	/* of one client */
#define REST_LANE_MAX 16	/* of those that need no token of ours */
#define REST_PASS_MS 10000u	/* a client's call waits no longer for limits */
#define REST_PASSING_MS 600000u /* and is under way no longer */
#define REST_URGENT_MS 3000u	/* after that Discord's token is dead (7.3) */
#define REST_OTHERS 4		/* the supervisor's, about when we start */
#define REST_DEADLINE_MS 30000u /* from the plugin's request to our answer */
#define REST_ATTEMPT_MS 10000u	/* one try */
#define REST_PROOF_MS 5000u	/* the call that proves what holds for all */
#define REST_TRIES 4		/* where repeating is harmless */
#define REST_LIMITED_TRIES 5	/* of one call that is answered 429 */
#define REST_INVALID_EACH                                                      \
	2500			 /* in 10 minutes, of one plugin: a quarter of
				   what bans the address */
#define REST_BACKOFF_MS 400u	 /* doubled with each try, plus jitter */
#define REST_BODY_MAX (8u << 20) /* JSON of a request: a banner's */
#define REST_UPLOAD_MAX (26u << 20) /* of a form */
#define REST_BYTES_EACH (64u << 20) /* of one plugin's calls together */
#define REST_BYTES_ALL (256u << 20) /* of all calls */

enum rest_outcome {
	REST_OK,      /* 2xx */
	REST_REFUSED, /* any other answer */
	REST_LIMITED, /* its limit would not let it go in time */
	REST_LATE,    /* no answer within the deadline */
	REST_STOPPED, /* the handler ends, or who asked has ended */
};

struct rest_answer {
	enum rest_outcome outcome;
	int status; /* 0: none */
	const char *body;
	size_t len;
	const char *why;   /* a sentence, when not OK */
	uint64_t retry_ms; /* when LIMITED: it may go then; 0: not known */
};
typedef void rest_done_fn(void *arg, const struct rest_answer *);

struct rest_ask {
	const char *method, *path;
	const char *body;   /* JSON text or NULL; copied, as all of these */
	struct form *form;  /* in its place; it is zeroed when taken over */
	const char *reason; /* X-Audit-Log-Reason, or NULL */
	size_t holds;	    /* bytes that the caller keeps until it is done */
	bool repeatable;    /* doing it twice is doing it once */
	bool optional;	    /* the first to go when a ban is near */
	bool exempt;	    /* of the global limit: an interaction's */
	bool hook;	    /* its path's token is a webhook's own */
	bool urgent;	    /* REST_URGENT_MS; ahead of what waits */
};

struct rest;

struct rest *rest_new(struct ev_loop *, struct timers *, const struct config *,
    const char *token, struct err *);
void rest_free(struct rest *);
/*
 * Queues a call of this plugin.  0, and done is called once, later; or -1
 * with a sentence: wrong (-32602) when *bad, else the queue is full.
 */
int rest_call(struct rest *, unsigned plugin, const struct rest_ask *,
    rest_done_fn *, void *arg, bool *bad, const char **why);
/*
 * The same of a call that passes through in pieces (http.h), never made again
 * once it was under way: what Discord answers is the caller's, 429 as well.  It
 * waits REST_PASS_MS at most, then, or at once if it is known to, it ends as
 * REST_LIMITED.  queue: from REST_CLIENT on.  The answer's body is empty where
 * the stream has had it.  NULL: refused, as above.
 */
struct rest_call *rest_pass(struct rest *, unsigned queue,
    const struct rest_ask *, struct http_stream *, rest_done_fn *, void *arg,
    bool *bad, const char **why);
void rest_pass_go_on(struct rest_call *); /* see http_go_on() */
/* It is not wanted any more; done is not called. */
void rest_pass_cancel(struct rest_call *);
/* The plugin's process is gone: what waits of it is not sent any more. */
void rest_forget(struct rest *, unsigned plugin);
/* Takes no more calls and answers those that wait. */
void rest_stop(struct rest *);
/* Starts what may go; once per loop turn. */
void rest_flush(struct rest *);
/* Waiting or under way. */
size_t rest_busy(const struct rest *);

/* What holds more calls back than one, for the stats page. */
const struct rest_hold *rest_held(const struct rest *);

struct rest_counts {
	uint64_t calls, limited, errors;
	struct page_counts by_route; /* of it, the answers */
};
const struct rest_counts *rest_counted(const struct rest *);
/* Requests of the last 10 minutes that Discord called invalid. */
unsigned rest_invalid(struct rest *);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What rest.c (calls, life), rest_turn.c (whose turn it is), rest_pass.c (calls
 * in pieces) and rest_answer.c (what an answer means) share: a call and whom it belongs to.  For them only.
 */
#ifndef HANDLER_REST_REST_IMPL_H
#define HANDLER_REST_REST_IMPL_H

#include "handler/rest/rest.h"
#include "handler/rest/rest_hold.h"
#include "handler/rest/rest_spent.h"

struct rest_queue {
	struct list link; /* rest.queues while it has calls */
	struct list calls;
	unsigned n, flying;
	size_t bytes; /* of all its calls, those under way too */
	struct rate_limit_invalid invalid;
};

struct rest {
	struct http http;
	struct rate_limits *buckets;
	struct rest_hold hold;
	struct rest_spent spent;
	struct timer wake;
	struct rest_queue queue[REST_QUEUES];
	struct list queues; /* whose turn it is, first */
	struct list flying;
	size_t waiting, under_way, bytes;
	size_t passing, lane; /* of those under way; the others are plugins' */
	bool dirty, stopped, proving;
	struct rest_counts counts;
};

struct rest_call {
	struct list link; /* its queue's calls, or rest.flying */
	struct http_call http;
	struct rest *rest;
	struct rest_queue *queue;
	struct endpoint endpoint;
	struct rate_limit *bucket; /* while it flies */
	char *method, *path, *body, *reason;
	size_t bytes;
	bool repeatable, optional, urgent, proof;
	unsigned tries, limited;
	uint64_t deadline_ms, not_before_ms;
	uint64_t retry_ms; /* as its answer says */
	uint64_t key;	   /* of route and major parameter */
	uint64_t turn;	   /* among the calls of that key, lowest first */
	rest_done_fn *done;
	void *arg;
};

struct rest_call *rest_call_new(struct rest *, unsigned queue,
    const struct endpoint *, const struct rest_ask *);
void rest_call_free(struct rest_call *);
/* May the queue have one more?  NULL, or why not. */
const char *rest_call_no_room(const struct rest *, const struct rest_queue *,
    const struct rest_ask *);
/* Takes it out of its queue; the caller ends or starts it. */
void rest_call_leave(struct rest_call *);
void rest_call_start(struct rest_call *, uint64_t now);
/* It is not under way any more. */
void rest_call_landed(struct rest_call *);
/* Back into its queue; first: ahead of the others. */
void rest_call_queue(struct rest_call *, bool first);
void rest_call_end(struct rest_call *, enum rest_outcome, const char *why);
/* Gives it its turn among those of its bucket that wait. */
void rest_turn_give(struct rest_call *, bool first);
/* Starts what may go; in how many ms to look again, UINT64_MAX: no need. */
uint64_t rest_turn_all(struct rest *, uint64_t now);
/* A call that nothing holds back; done may be called at once. */
void rest_call_proof(struct rest *, const struct rest_ask *, rest_done_fn *,
    void *arg);
/* What the call made by http.c came to. */
void rest_answered(struct http_call *, const char *error);
/* Makes the proof the hold wants, when it does. */
void rest_prove(struct rest *, uint64_t now);

#endif

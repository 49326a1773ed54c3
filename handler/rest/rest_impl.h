/* SPDX-License-Identifier: MIT */
/*
 * What rest.c (queues, turns, life) and rest_answer.c (what an answer means)
 * share: a call and whom it belongs to.  For them only.
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
	rest_done_fn *done;
	void *arg;
};

/* Back into its queue; first: ahead of the others. */
void rest_call_queue(struct rest_call *, bool first);
void rest_call_end(struct rest_call *, enum rest_outcome, const char *why);
/* A call that nothing holds back; done may be called at once. */
void rest_call_proof(struct rest *, const struct rest_ask *, rest_done_fn *,
    void *arg);
/* What the call made by http.c came to. */
void rest_answered(struct http_call *, const char *error);
/* Makes the proof the hold wants, when it does. */
void rest_prove(struct rest *, uint64_t now);

#endif

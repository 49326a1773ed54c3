/* SPDX-License-Identifier: MIT */
/*
 * What is reached by a token in the path: interactions, for 15 minutes, and
 * webhooks, until deleted.
 */
#ifndef TOOLS_SIM_REST_REST_HOOK_H
#define TOOLS_SIM_REST_REST_HOOK_H

#include "tools/sim/rest/rest_call.h"

#define HOOKS_MAX 256
#define HOOKS_PER_CHANNEL 15
#define HOOK_INTERACTIONS_MAX 2048	/* the oldest dead one goes */
#define HOOK_ANSWER_MS 3000	/* discord-protocol.md section 7.3 */
#define HOOK_TOKEN_MS 900000

struct hook {
	uint64_t id;		/* 0: free */
	uint64_t channel;
	char name[324];		/* 80 characters */
	char token[72];
};

struct hook_interaction {
	uint64_t id;		/* 0: free */
	uint64_t channel, made_ms;
	uint64_t original;	/* message id of the first answer; 0: none */
	uint64_t message;	/* it belongs to; 0: none */
	unsigned type;		/* enum interact_type */
	unsigned user;		/* whose it is */
	bool answered;
	char token[96];
};

/* Interactions so far, and what became of them. */
struct hook_counts {
	uint64_t made, answered;
	uint64_t twice, late;	/* answers to one that was over */
	uint64_t wrong;		/* answers it does not take */
};

struct rest_hooks {
	struct hook_counts counts;
	struct hook hook[HOOKS_MAX];
	struct hook_interaction live[HOOK_INTERACTIONS_MAX];
	uint64_t tokens;	/* made so far */
};

/* A slot for a new interaction; NULL when all are live. */
struct hook_interaction *rest_hook_interaction_new(struct rest *,
    uint64_t channel);
struct hook_interaction *rest_hook_interaction(struct rest *, uint64_t id);
/* Those that may still be answered for the first time. */
unsigned rest_hook_waiting(const struct rest *);
/* interaction_metadata of the messages that answer it. */
json_object *rest_hook_metadata(struct rest_call *,
    const struct hook_interaction *);
/* By token, within its 15 minutes and once answered. */
struct hook_interaction *rest_hook_by_token(struct rest *, const char *token);
struct hook *rest_hook_new(struct rest *, uint64_t channel, const char *name);
struct hook *rest_hook_find(struct rest *, uint64_t id);
unsigned rest_hook_count(const struct rest *, uint64_t channel);
json_object *rest_hook_json(struct rest_call *, const struct hook *);
/* A new token's text. */
void rest_hook_token(struct rest *, char *out, size_t size);

#endif

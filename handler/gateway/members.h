/* SPDX-License-Identifier: MIT */
/*
 * This room: what plugins send over the gateway.
 *
 * Requests for the members of a guild (op 8): each goes out over its shard,
 * and the chunks of its answer are recognised among the events by our nonce,
 * which flow on to whoever subscribes.  They are collected into one answer, or
 * handed to the plugin one by one; both are bounded.  A request whose
 * connection ended, or that Discord has limited, is made again a few times.
 */
#ifndef HANDLER_GATEWAY_MEMBERS_H
#define HANDLER_GATEWAY_MEMBERS_H

#include "handler/intake/intake.h"
#include "shared/base/timer.h"

#include <json-c/json.h>

#define MEMBERS_ASKS_MAX 16	       /* waiting per plugin */
#define MEMBERS_CHUNKS_MAX 10u	       /* of 1000 members in one answer */
#define MEMBERS_COUNT_MAX 100000u      /* chunks of an answer: 100 million */
#define MEMBERS_HELD_MAX (64u << 20)   /* bytes collected, of all requests */
#define MEMBERS_UNREAD_MAX (16u << 20) /* waiting in a plugin's pipe */
#define MEMBERS_TRIES 3		       /* made so often at most */
#define MEMBERS_CHUNK_S 30.0	       /* for the next chunk */
#define MEMBERS_QUIET_S 5.0	       /* the same, after a RESUME */
#define MEMBERS_LIMITED_MAX_S 60.0     /* a longer wait is the plugin's */

struct rpc_call;
struct plugin;

struct members {
	struct intake *intake;
	struct timers *timers;
	struct list asks; /* oldest first */
	size_t held;	  /* bytes collected */
	uint64_t asked;
	char tag[24]; /* begins every nonce of this handler */
};

void members_init(struct members *, struct timers *, struct intake *);
/* Fails what waits. */
void members_stop(struct members *);
/* This process of the plugin is gone. */
void members_forget(struct members *, const struct plugin *, uint64_t life);
/* An event came, for the first time. */
void members_event(struct members *, uint32_t shard, const char *raw,
    size_t len, const char *t, size_t t_len);
/* d: of op 8, without nonce; borrowed.  Copies w.  false: too many wait. */
bool members_ask(struct members *, const struct rpc_call *w, uint32_t shard,
    struct json_object *d, bool stream);

#endif

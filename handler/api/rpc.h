/* SPDX-License-Identifier: MIT */
/*
 * This room: the methods that plugins call, a file per subject.
 *
 * What plugins may ask for (shardherd-plugin(7)): one table of methods, each
 * with its parameters checked before anything is done.
 */
#ifndef HANDLER_API_RPC_H
#define HANDLER_API_RPC_H

#include "handler/delivery/gate_question.h"
#include "handler/timer/plugin_timers.h"
#include "handler/storage/cache.h"
#include "handler/command/registration.h"
#include "handler/intake/intake.h"
#include "handler/storage/kv_jobs.h"
#include "handler/gateway/members.h"
#include "handler/process/rpc_call.h"
#include "handler/rest/reply_nonce.h"
#include "handler/rest/rest.h"
#include "handler/timer/clockset.h"
#include "shared/page/page.h"

struct rpc {
	struct rest *rest;
	struct intake *intake;
	const struct config *config;
	uint64_t identity;	      /* of the token, secret.h */
	struct plugin *const *plugin; /* by index */
	const struct page *page;      /* what everybody counted */
	struct gate_questions *gate;  /* for its cache; NULL: there is none */
	struct kv_jobs jobs;
	struct plugin_timers timers;
	struct cache cache;
	struct registration commands;
	struct members members;
	struct reply_nonces nonces;
	struct clockset clockset;
	struct intake_tap tap; /* for the members */
	bool stopping;
};

/* Opens the storage; what is above jobs is set by the caller. */
int rpc_open(struct rpc *, struct timers *, const struct config *,
    struct err *);
/* Timers of the day go by a clock that is set, at once. */
void rpc_watch_clock(struct rpc *, struct ev_loop *);
void rpc_close(struct rpc *);
/* Once per loop turn, before what plugins are told is written. */
void rpc_flush(struct rpc *);

/* The plugin has initialised; answered plugin_ask's id; is gone. */
void rpc_plugin_up(struct rpc *, struct plugin *);
void rpc_answered(struct rpc *, struct plugin *, uint64_t id,
    const char *refusal);
void rpc_plugin_ended(struct rpc *, struct plugin *);
/* One of its processes is gone, whether it served or not. */
void rpc_process_ended(struct rpc *, struct plugin *);

/* id "" for a notification: done, but not answered. */
void rpc_request(struct rpc *, struct plugin *, const char *id,
    const char *method, struct json_object *params);

#endif

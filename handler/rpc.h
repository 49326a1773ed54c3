/* SPDX-License-Identifier: MIT */
/*
 * What plugins may ask for (shardherd-plugin(7)): one table of methods, each
 * with its parameters checked before anything is done.
 */
#ifndef HANDLER_RPC_H
#define HANDLER_RPC_H

#include "handler/intake.h"
#include "handler/plugin.h"
#include "handler/rest.h"

enum rpc_error {
	RPC_NO_METHOD = -32601,
	RPC_BAD_PARAMS = -32602,
	RPC_REFUSED = -32000,  /* data: {status, code, message} */
	RPC_LIMITED = -32001,  /* rate limited for too long */
	RPC_TIMEOUT = -32002,
	RPC_STOPPING = -32003,
};

struct rpc {
	struct rest *rest;
	struct intake *intake;
	bool stopping;
};

/* id "" for a notification: done, but not answered. */
void rpc_request(struct rpc *, struct plugin *, const char *id,
    const char *method, struct json_object *params);

#endif

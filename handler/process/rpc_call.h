/* SPDX-License-Identifier: MIT */
/*
 * A plugin's request from below: who waits for the answer, and the answer.
 * Which methods there are is handler/api/rpc.h's.
 */
#ifndef HANDLER_PROCESS_RPC_CALL_H
#define HANDLER_PROCESS_RPC_CALL_H

#include "handler/process/plugin.h"
#include "handler/process/rpc_read.h"

enum rpc_call_error {
	RPC_NO_METHOD = -32601,
	RPC_BAD_PARAMS = -32602,
	RPC_REFUSED = -32000, /* data: {status, code, message} */
	RPC_LIMITED = -32001, /* rate limited for too long */
	RPC_TIMEOUT = -32002,
	RPC_STOPPING = -32003,
	RPC_FULL = -32004,	 /* [plugin] storage */
	RPC_STORAGE = -32005,	 /* the storage itself does not work */
	RPC_FORBIDDEN = -32006,	 /* [plugin] permissions, or a rank too low */
	RPC_NOT_CACHED = -32007, /* the gate's cache does not have it */
	RPC_NO_CACHE = -32008,	 /* there is none, or none that can tell now */
};

struct rpc_method;

/* Who waits for an answer; copied when it comes later. */
struct rpc_call {
	struct plugin *plugin;
	uint64_t life; /* its process: the next one is not answered */
	const struct rpc_method *method;
	char id[RPC_READ_ID_MAX];
};

struct rpc_call *rpc_call_keep(const struct rpc_call *); /* free() */
/* data: JSON, or NULL. */
void rpc_call_error(const struct rpc_call *, enum rpc_call_error,
    const char *message, const char *data);
void rpc_call_result(const struct rpc_call *, const char *json, size_t len);
void rpc_call_true(const struct rpc_call *);

#endif

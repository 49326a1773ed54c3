/* SPDX-License-Identifier: MIT */
/* Who waits for an answer; see rpc_call.h. */
#include "handler/process/rpc_call.h"

struct rpc_call *
rpc_call_keep(const struct rpc_call *w)
{
	struct rpc_call *kept = base_alloc(sizeof(*kept));

	*kept = *w;
	return kept;
}

void
rpc_call_error(const struct rpc_call *w, enum rpc_call_error code,
    const char *message, const char *data)
{
	plugin_error(w->plugin, w->life, w->id, code, message, data);
}

void
rpc_call_result(const struct rpc_call *w, const char *json, size_t len)
{
	plugin_result(w->plugin, w->life, w->id, json, len);
}

void
rpc_call_true(const struct rpc_call *w)
{
	rpc_call_result(w, "true", 4);
}

/* SPDX-License-Identifier: MIT */
/*
 * What the files that implement methods (api_*.c) share: the row of a method,
 * and what several of them do.  For them and rpc.c only.
 */
#ifndef HANDLER_API_RPC_IMPL_H
#define HANDLER_API_RPC_IMPL_H

#include "handler/api/rpc.h"
#include "handler/process/rpc_param.h"
#include "shared/json/json.h"

/*
 * NULL, or what is wrong with the parameters.  They name things of Discord's,
 * of the plugin's own or of the public page, and are looked up there: nothing
 * a plugin may not reach by itself is opened, signalled or dialled for it.
 * test_rights.c has the table of all of them.
 */
typedef const char *rpc_fn(struct rpc *, struct rpc_call *,
    struct json_object *params);

struct rpc_method {
	const char *name;
	const char *params; /* every name it knows, each between blanks */
	rpc_fn *fn;
	const char *result; /* of a REST call; NULL: made from its body */
	bool wrap;	    /* result is {"status", "body"} */
};

/* In their order; NULL behind the last one. */
const struct rpc_method *rpc_method_at(size_t i);
/* Has the plugin this word in its permissions?  If not it has been told. */
bool rpc_may(struct rpc *, const struct rpc_call *, const char *permission);

/* A REST call whose answer is the method's; NULL or what is wrong. */
const char *rpc_rest(struct rpc *, struct rpc_call *, const struct rest_ask *);
/* Answers with what became of a REST call; w is the caller's. */
void rpc_rest_answer(const struct rpc_call *, const struct rest_answer *);

#define RPC_REASON_MAX 512 /* characters, as the next */
#define RPC_EMOJI_MAX COMMAND_SPEC_EMOJI_MAX

/*
 * What say, reply, upload and interactions post, from content, embeds,
 * components, flags, nonce, reply_to, allowed_mentions; optional: content may
 * be missing.  NULL, and the caller owns *body; or what is wrong.
 */
const char *rpc_message_body(struct json_object *params, bool optional,
    struct json_object **body);

/* Makes it a reply to this message, one that Discord posts once. */
void rpc_message_reply(struct rpc *, const struct rpc_call *,
    struct json_object *body, const char *message_id);

rpc_fn rpc_reply, rpc_whisper, rpc_edit, rpc_delete, rpc_upload;
rpc_fn rpc_get_user, rpc_get_channel, rpc_get_guild;
rpc_fn rpc_guild_get, rpc_channel_get, rpc_member_get, rpc_permissions;
rpc_fn rpc_interaction_respond, rpc_interaction_defer, rpc_interaction_followup,
    rpc_interaction_edit_original, rpc_interaction_delete_original;
rpc_fn rpc_rank, rpc_rank_set, rpc_rank_unset, rpc_rank_list;
rpc_fn rpc_say, rpc_react, rpc_typing, rpc_any_rest, rpc_log;
rpc_fn rpc_gateway, rpc_members, rpc_presence, rpc_voice;
rpc_fn rpc_config, rpc_cluster, rpc_cluster_shards, rpc_cluster_plugins;
rpc_fn rpc_kv_get, rpc_kv_set, rpc_kv_delete, rpc_kv_list, rpc_kv_txn;
rpc_fn rpc_timer_set, rpc_timer_cancel, rpc_timer_list;

#endif

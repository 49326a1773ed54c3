/* SPDX-License-Identifier: MIT */
/*
 * guild.get, channel.get, member.get, permissions: what the gate's cache knows,
 * as Discord sent it, without a REST call.  Without a gate, or when it is away,
 * they are refused at once.
 */
#include "handler/api/rpc_impl.h"

#include "handler/process/rpc_write.h"

#include <string.h>

#define GUILD_ROLES_MAX 250 /* Discord's bound for a guild */

static void
on_answer(void *arg, const struct gate_answer *a, const char *text, size_t len)
{
	struct rpc_call *w = arg;
	struct buf out = {0};

	buf_add(&out, text, len);
	buf_add(&out, "", 1);
	if (a->status != GATE_ANSWER_OK)
		rpc_call_error(w,
		    a->status == GATE_ANSWER_UNKNOWN ? RPC_NOT_CACHED
						     : RPC_NO_CACHE,
		    buf_data(&out), NULL);
	else if (!rpc_write_splice(buf_data(&out), len))
		rpc_call_error(w, RPC_NO_CACHE, "what the cache has is no JSON",
		    NULL);
	else
		rpc_call_result(w, buf_data(&out), len);
	buf_free(&out);
	free(w);
}

static const char *
ask(struct rpc *r, struct rpc_call *w, const struct gate_ask *q,
    const char *member)
{
	struct rpc_call *kept = rpc_call_keep(w);
	const char *why = gate_question_ask(r->gate, q, member,
	    member != NULL ? strlen(member) : 0, on_answer, kept);

	if (why == NULL)
		return NULL;
	free(kept);
	rpc_call_error(w, RPC_NO_CACHE, why, NULL);
	return NULL;
}

/* false: it is given, and no id; or not given, and needed. */
static bool
take_id(struct json_object *params, const char *name, bool needed,
    uint64_t *out)
{
	const char *id = rpc_param_id(params, name);

	*out = 0;
	if (id == NULL)
		return !needed && !rpc_param_given(params, name);
	return str_to_u64(id, out) && *out != 0;
}

const char *
rpc_guild_get(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	struct gate_ask q = {.what = GATE_ASK_GUILD};

	if (!take_id(params, "guild_id", true, &q.guild))
		return "guild_id must be a string of digits";
	return ask(r, w, &q, NULL);
}

const char *
rpc_channel_get(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	struct gate_ask q = {.what = GATE_ASK_CHANNEL};

	if (!take_id(params, "channel_id", true, &q.channel))
		return "channel_id must be a string of digits";
	return ask(r, w, &q, NULL);
}

const char *
rpc_member_get(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	struct gate_ask q = {.what = GATE_ASK_MEMBER};

	if (!take_id(params, "guild_id", true, &q.guild))
		return "guild_id must be a string of digits";
	if (!take_id(params, "user_id", false, &q.user))
		return "user_id must be a string of digits, or be missing: the "
		       "bot itself";
	return ask(r, w, &q, NULL);
}

/* ---- permissions ---------------------------------------------------- */

static bool
are_roles(struct json_object *roles)
{
	if (!json_object_is_type(roles, json_type_array)
	    || json_object_array_length(roles) > GUILD_ROLES_MAX)
		return false;
	for (size_t i = 0; i < json_object_array_length(roles); i++)
		if (json_id(json_object_array_get_idx(roles, i)) == NULL)
			return false;
	return true;
}

/* The member that is said, as an object of the caller's; NULL: none. */
static const char *
take_member(struct json_object *params, struct json_object **out)
{
	struct json_object *member = json_get(params, "member");
	struct json_object *roles = json_get(params, "roles");

	*out = NULL;
	if (member != NULL && roles != NULL)
		return "say member or roles, not both";
	if (roles != NULL && !are_roles(roles))
		return "roles must be an array of up to 250 strings of digits";
	if (member != NULL && !are_roles(json_get(member, "roles")))
		return "member must be a member object with its roles, as in "
		       "an event";
	if (member == NULL && roles == NULL)
		return NULL;
	if (roles == NULL)
		roles = json_get(member, "roles");
	*out = json_object_new_object();
	json_object_object_add(*out, "roles", json_object_get(roles));
	json_object_object_add(*out, "communication_disabled_until",
	    json_object_get(json_get(member, "communication_disabled_until")));
	return NULL;
}

const char *
rpc_permissions(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	struct gate_ask q = {.what = GATE_ASK_PERMISSIONS};
	struct json_object *member;
	const char *why;

	if (!take_id(params, "user_id", false, &q.user))
		return "user_id must be a string of digits, or be missing: the "
		       "bot itself";
	if (!take_id(params, "channel_id", false, &q.channel)
	    || !take_id(params, "guild_id", false, &q.guild)
	    || (q.channel != 0) == (q.guild != 0))
		return "channel_id must be a string of digits, or guild_id for "
		       "the guild as a whole";
	if ((why = take_member(params, &member)) != NULL)
		return why;
	why = ask(r, w, &q, member != NULL ? json_text(member) : NULL);
	json_object_put(member);
	return why;
}

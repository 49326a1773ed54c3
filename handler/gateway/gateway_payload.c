/* SPDX-License-Identifier: MIT */
/* Shapes of gateway commands; see gateway_payload.h. */
#include "handler/gateway/gateway_payload.h"

#include "shared/json/json.h"
#include "shared/base/base.h"

#include <string.h>

static bool
is_there(struct json_object *o, const char *name, enum json_type type)
{
	struct json_object *v;

	return json_object_object_get_ex(o, name, &v)
	    && json_object_is_type(v, type);
}

static bool
is_null_or(struct json_object *o, const char *name, enum json_type type)
{
	struct json_object *v;

	return json_object_object_get_ex(o, name, &v)
	    && (v == NULL || json_object_is_type(v, type));
}

static bool
are_ids(struct json_object *list, size_t max)
{
	if (!json_object_is_type(list, json_type_array)
	    || json_object_array_length(list) == 0
	    || (max > 0 && json_object_array_length(list) > max))
		return false;
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (!json_id(json_object_array_get_idx(list, i)))
			return false;
	return true;
}

/* ---- op 3 ----------------------------------------------------------- */

static bool
is_activity(struct json_object *a)
{
	return json_object_is_type(a, json_type_object)
	    && is_there(a, "name", json_type_string)
	    && is_there(a, "type", json_type_int)
	    && json_object_get_int64(json_get(a, "type")) >= 0
	    && json_object_get_int64(json_get(a, "type"))
	    <= GATEWAY_PAYLOAD_ACTIVITY_MAX;
}

const char *
gateway_payload_presence_fault(struct json_object *d)
{
	static const char *const status[] = {"online", "dnd", "idle",
	    "invisible", "offline"};
	struct json_object *list = json_get(d, "activities");
	bool known = false;

	for (size_t i = 0; i < nitems(status); i++)
		known |= is_there(d, "status", json_type_string)
		    && strcmp(json_object_get_string(json_get(d, "status")),
			   status[i])
			== 0;
	if (!known)
		return "status must be online, dnd, idle, invisible or "
		       "offline";
	if (!is_there(d, "afk", json_type_boolean))
		return "afk must be true or false";
	if (!is_null_or(d, "since", json_type_int))
		return "since must be null or milliseconds since the epoch";
	if (!json_object_is_type(list, json_type_array))
		return "activities must be an array";
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (!is_activity(json_object_array_get_idx(list, i)))
			return "each of activities must be an object with name, "
			       "a string, and type, a number from 0 to 5";
	return NULL;
}

/* ---- op 4 ----------------------------------------------------------- */

const char *
gateway_payload_voice_fault(struct json_object *d)
{
	if (!json_id(json_get(d, "guild_id")))
		return "guild_id must be a string of digits";
	if (!is_null_or(d, "channel_id", json_type_string)
	    || (json_get(d, "channel_id") != NULL
		&& !json_id(json_get(d, "channel_id"))))
		return "channel_id must be a string of digits, or null to "
		       "leave";
	if (!is_there(d, "self_mute", json_type_boolean)
	    || !is_there(d, "self_deaf", json_type_boolean))
		return "self_mute and self_deaf must be true or false";
	return NULL;
}

/* ---- op 8 ----------------------------------------------------------- */

const char *
gateway_payload_members_fault(struct json_object *d)
{
	bool query = is_there(d, "query", json_type_string);
	struct json_object *ids = json_get(d, "user_ids"),
			   *nonce = json_get(d, "nonce");

	if (!json_id(json_get(d, "guild_id")))
		return "guild_id must be a string of digits";
	if (query == (ids != NULL))
		return "give either query, a string, or user_ids";
	if (ids != NULL && !json_id(ids)
	    && !are_ids(ids, GATEWAY_PAYLOAD_USERS_MAX))
		return "user_ids must be an array of 1 to 100 strings of "
		       "digits";
	if (query
	    && (!is_there(d, "limit", json_type_int)
		|| json_object_get_int64(json_get(d, "limit")) < 0))
		return "limit must be a number, 0 or more";
	if (json_get(d, "presences") != NULL
	    && !is_there(d, "presences", json_type_boolean))
		return "presences must be true or false";
	if (nonce != NULL
	    && (!json_object_is_type(nonce, json_type_string)
		|| json_object_get_string_len(nonce)
		    > GATEWAY_PAYLOAD_NONCE_MAX))
		return "nonce must be a string of at most 32 bytes";
	return NULL;
}

/* ---- ops 31 and 43 -------------------------------------------------- */

static const char *
sounds_fault(struct json_object *d)
{
	return are_ids(json_get(d, "guild_ids"), 0)
	    ? NULL
	    : "guild_ids must be an array of strings of digits";
}

static const char *
channels_fault(struct json_object *d)
{
	struct json_object *list = json_get(d, "fields");

	if (!json_id(json_get(d, "guild_id")))
		return "guild_id must be a string of digits";
	if (!json_object_is_type(list, json_type_array))
		return "fields must be an array of strings";
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (!json_object_is_type(json_object_array_get_idx(list, i),
			json_type_string))
			return "fields must be an array of strings";
	return NULL;
}

/* Ops a bot may send besides those that the shard sends by itself. */
static const struct {
	int64_t op;
	const char *(*fault)(struct json_object *d);
} opcode_table[] = {
    {3, gateway_payload_presence_fault},
    {4, gateway_payload_voice_fault},
    {8, gateway_payload_members_fault},
    {31, sounds_fault},
    {43, channels_fault},
};

const char *
gateway_payload_fault(struct json_object *payload)
{
	if (json_object_is_type(payload, json_type_object)
	    && is_there(payload, "op", json_type_int))
		for (size_t i = 0; i < nitems(opcode_table); i++)
			if (opcode_table[i].op
			    == json_object_get_int64(json_get(payload, "op")))
				return opcode_table[i].fault(
				    json_get(payload, "d"));
	return "payload must be an object whose op is 3, 4, 8, 31 or 43";
}

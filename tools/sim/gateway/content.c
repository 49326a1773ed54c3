/* SPDX-License-Identifier: MIT */
/*
 * What a message looks like to a bot without the MESSAGE_CONTENT intent:
 * empty, except for its own messages, direct messages and those that mention
 * it (discord-protocol.md section 6.2).
 */
#include "tools/sim/gateway/gateway.h"
#include "shared/json/json.h"
#include "tools/sim/world/world.h"

#include <string.h>

static json_object *
get(json_object *o, const char *key)
{
	json_object *v = NULL;

	json_object_object_get_ex(o, key, &v);
	return v;
}

static bool
is_user(json_object *user, const char *id)
{
	const char *has = json_object_get_string(get(user, "id"));

	return has != NULL && strcmp(has, id) == 0;
}

/* Is it of the bot, or does it mention the bot? */
static bool
exempt(json_object *d, const char *bot)
{
	json_object *list = get(d, "mentions");

	if (get(d, "guild_id") == NULL || is_user(get(d, "author"), bot))
		return true;
	for (size_t i = 0; json_object_is_type(list, json_type_array) &&
	     i < json_object_array_length(list); i++)
		if (is_user(json_object_array_get_idx(list, i), bot))
			return true;
	return false;
}

static void
blank(json_object *d, const char *bot)
{
	static const char *const lists[] = {"embeds", "attachments",
	    "components"};
	json_object *answered = get(d, "referenced_message");

	json_object_object_add(d, "content", json_object_new_string(""));
	for (size_t i = 0; i < nitems(lists); i++)
		json_object_object_add(d, lists[i], json_object_new_array());
	json_object_object_del(d, "poll");
	/* A message in it has no guild_id; it is of the same one. */
	if (json_object_is_type(answered, json_type_object) &&
	    !is_user(get(answered, "author"), bot))
		blank(answered, bot);
}

bool
gateway_hides(uint64_t intents, const char *t)
{
	return (intents & GATEWAY_MESSAGE_CONTENT) == 0 &&
	    (strcmp(t, "MESSAGE_CREATE") == 0 ||
		strcmp(t, "MESSAGE_UPDATE") == 0);
}

bool
gateway_hide(struct sim *sim, const char *d, struct sbuf *out)
{
	json_object *o = json_parse_as(d, strlen(d), json_type_object);
	char bot[24];
	bool hide;

	str_format(bot, sizeof(bot), "%llu",
	    (unsigned long long)world_bot_id(sim->world));
	hide = o != NULL && !exempt(o, bot);
	if (hide) {
		blank(o, bot);
		sbuf_reset(out);
		sbuf_str(out, json_object_to_json_string_ext(o,
		    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	}
	json_object_put(o);
	return hide;
}

/* SPDX-License-Identifier: MIT */
#include "tools/sim/gateway/intents.h"

#include "tools/sim/base/jso.h"

#include "shared/discord/dispatch.h"
#include "shared/json/json.h"

#include <string.h>

bool
intents_want(uint64_t intents, const char *t, bool dm)
{
	return dispatch_wanted(dispatch_of(t, strlen(t)), intents, dm);
}

/* ---- message content ------------------------------------------------ */

static bool
is_user(json_object *user, const char *id)
{
	const char *has = jso_get_text(user, "id");

	return has != NULL && strcmp(has, id) == 0;
}

/* Is it of the bot, or does it mention the bot? */
static bool
exempt(json_object *d, const char *bot)
{
	json_object *list = jso_get(d, "mentions");

	if (jso_get(d, "guild_id") == NULL
	    || is_user(jso_get(d, "author"), bot))
		return true;
	for (size_t i = 0; json_object_is_type(list, json_type_array)
	     && i < json_object_array_length(list);
	     i++)
		if (is_user(json_object_array_get_idx(list, i), bot))
			return true;
	return false;
}

static void
blank(json_object *d, const char *bot)
{
	static const char *const lists[] = {"embeds", "attachments",
	    "components"};
	json_object *answered = jso_get(d, "referenced_message");

	jso_set_text(d, "content", "");
	for (size_t i = 0; i < nitems(lists); i++)
		jso_set(d, lists[i], json_object_new_array());
	json_object_object_del(d, "poll");
	/* A message in it has no guild_id; it is of the same one. */
	if (json_object_is_type(answered, json_type_object)
	    && !is_user(jso_get(answered, "author"), bot))
		blank(answered, bot);
}

bool
intents_hides(uint64_t intents, const char *t)
{
	return (intents & INTENTS_MESSAGE_CONTENT) == 0
	    && (strcmp(t, "MESSAGE_CREATE") == 0
		|| strcmp(t, "MESSAGE_UPDATE") == 0);
}

bool
intents_hide(uint64_t bot, const char *d, struct sbuf *out)
{
	json_object *o = json_parse_as(d, strlen(d), json_type_object);
	char id[24];
	bool hide;

	str_format(id, sizeof(id), "%" PRIu64, bot);
	hide = o != NULL && !exempt(o, id);
	if (hide) {
		blank(o, id);
		sbuf_reset(out);
		sbuf_str(out, jso_text(o));
	}
	json_object_put(o);
	return hide;
}

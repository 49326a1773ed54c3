/* SPDX-License-Identifier: MIT */
#include "tools/sim/gateway/intents.h"

#include "tools/sim/base/jso.h"

#include "shared/json/json.h"

#include <string.h>

/* A name that ends in '*' stands for every dispatch that begins so. */
static const struct {
	const char *name;
	uint64_t guild, dm; /* 0: always sent */
} table[] = {
    {"GUILD_CREATE", 1u << 0, 0},
    {"GUILD_UPDATE", 1u << 0, 0},
    {"GUILD_DELETE", 1u << 0, 0},
    {"GUILD_ROLE_*", 1u << 0, 0},
    {"CHANNEL_PINS_UPDATE", 1u << 0, 1u << 12},
    {"CHANNEL_INFO", 0, 0},
    {"CHANNEL_*", 1u << 0, 0},
    {"THREAD_MEMBERS_UPDATE", 1u << 0 | 1u << 1, 0},
    {"THREAD_*", 1u << 0, 0},
    {"STAGE_INSTANCE_*", 1u << 0, 0},
    {"VOICE_CHANNEL_EFFECT_SEND", 1u << 7, 0},
    {"VOICE_CHANNEL_*", 1u << 0, 0},
    {"GUILD_MEMBERS_CHUNK", 0, 0},
    {"GUILD_MEMBER_*", 1u << 1, 0},
    {"GUILD_AUDIT_LOG_ENTRY_CREATE", 1u << 2, 0},
    {"GUILD_BAN_*", 1u << 2, 0},
    {"GUILD_EMOJIS_UPDATE", 1u << 3, 0},
    {"GUILD_STICKERS_UPDATE", 1u << 3, 0},
    {"GUILD_SOUNDBOARD_*", 1u << 3, 0},
    {"GUILD_INTEGRATIONS_UPDATE", 1u << 4, 0},
    {"INTEGRATION_*", 1u << 4, 0},
    {"WEBHOOKS_UPDATE", 1u << 5, 0},
    {"INVITE_*", 1u << 6, 0},
    {"VOICE_STATE_UPDATE", 1u << 7, 0},
    {"PRESENCE_UPDATE", 1u << 8, 0},
    {"MESSAGE_POLL_*", 1u << 24, 1u << 25},
    {"MESSAGE_REACTION_*", 1u << 10, 1u << 13},
    {"MESSAGE_*", 1u << 9, 1u << 12},
    {"TYPING_START", 1u << 11, 1u << 14},
    {"GUILD_SCHEDULED_EVENT_*", 1u << 16, 0},
    {"AUTO_MODERATION_RULE_*", 1u << 20, 0},
    {"AUTO_MODERATION_ACTION_*", 1u << 21, 0},
};

static bool
matches(const char *pattern, const char *t)
{
	size_t n = strlen(pattern);

	if (pattern[n - 1] == '*')
		return strncmp(pattern, t, n - 1) == 0;
	return strcmp(pattern, t) == 0;
}

bool
intents_want(uint64_t intents, const char *t, bool dm)
{
	for (size_t i = 0; i < nitems(table); i++) {
		uint64_t need = dm && table[i].dm ? table[i].dm
						  : table[i].guild;

		if (matches(table[i].name, t))
			return need == 0 || (intents & need);
	}
	return true;
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

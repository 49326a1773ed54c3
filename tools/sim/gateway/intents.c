/* SPDX-License-Identifier: MIT */
/* Which intents switch on which dispatches (discord-protocol.md 6.2). */
#include "tools/sim/gateway/gateway.h"

#include <string.h>

/* A name that ends in '*' stands for every dispatch that begins so. */
static const struct {
	const char *name;
	uint64_t guild, dm;	/* 0: always sent */
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
gateway_wants(uint64_t intents, const char *t, bool dm)
{
	for (size_t i = 0; i < nitems(table); i++) {
		uint64_t need = dm && table[i].dm ? table[i].dm
						  : table[i].guild;

		if (matches(table[i].name, t))
			return need == 0 || (intents & need);
	}
	return true;
}

/* SPDX-License-Identifier: MIT */
/* Which dispatch does what. */
#include "shared/guilds/guild_cache_impl.h"

/* needs: the guild must be there already, or what it is of is not known. */
static const struct handling {
	guild_cache_fn *fn;
	bool needs;
} handling[DISPATCH_ALL] = {
    [DISPATCH_READY] = {guild_cache_on_ready, false},
    [DISPATCH_USER_UPDATE] = {guild_cache_user_update, false},
    [DISPATCH_GUILD_CREATE] = {guild_cache_guild_create, false},
    [DISPATCH_GUILD_DELETE] = {guild_cache_guild_delete, false},
    [DISPATCH_GUILD_UPDATE] = {guild_cache_guild_update, true},
    [DISPATCH_GUILD_ROLE_CREATE] = {guild_cache_role, true},
    [DISPATCH_GUILD_ROLE_UPDATE] = {guild_cache_role, true},
    [DISPATCH_GUILD_ROLE_DELETE] = {guild_cache_role_delete, true},
    [DISPATCH_CHANNEL_CREATE] = {guild_cache_channel, true},
    [DISPATCH_CHANNEL_UPDATE] = {guild_cache_channel, true},
    [DISPATCH_CHANNEL_DELETE] = {guild_cache_channel_delete, true},
    [DISPATCH_CHANNEL_PINS_UPDATE] = {guild_cache_pins, true},
    [DISPATCH_THREAD_CREATE] = {guild_cache_thread, true},
    [DISPATCH_THREAD_UPDATE] = {guild_cache_thread, true},
    [DISPATCH_THREAD_DELETE] = {guild_cache_thread_delete, true},
    [DISPATCH_THREAD_LIST_SYNC] = {guild_cache_thread_sync, true},
    [DISPATCH_THREAD_MEMBER_UPDATE] = {guild_cache_thread_member, true},
    [DISPATCH_THREAD_MEMBERS_UPDATE] = {guild_cache_thread_members, true},
    [DISPATCH_GUILD_EMOJIS_UPDATE] = {guild_cache_emojis, true},
    [DISPATCH_GUILD_STICKERS_UPDATE] = {guild_cache_stickers, true},
    [DISPATCH_GUILD_SOUNDBOARD_SOUND_CREATE] = {guild_cache_sound, true},
    [DISPATCH_GUILD_SOUNDBOARD_SOUND_UPDATE] = {guild_cache_sound, true},
    [DISPATCH_GUILD_SOUNDBOARD_SOUND_DELETE] = {guild_cache_sound_delete, true},
    [DISPATCH_GUILD_SOUNDBOARD_SOUNDS_UPDATE] = {guild_cache_sounds, true},
    [DISPATCH_SOUNDBOARD_SOUNDS] = {guild_cache_sounds_all, true},
    [DISPATCH_STAGE_INSTANCE_CREATE] = {guild_cache_stage, true},
    [DISPATCH_STAGE_INSTANCE_UPDATE] = {guild_cache_stage, true},
    [DISPATCH_STAGE_INSTANCE_DELETE] = {guild_cache_stage_delete, true},
    [DISPATCH_GUILD_SCHEDULED_EVENT_CREATE] = {guild_cache_scheduled, true},
    [DISPATCH_GUILD_SCHEDULED_EVENT_UPDATE] = {guild_cache_scheduled, true},
    [DISPATCH_GUILD_SCHEDULED_EVENT_DELETE] = {guild_cache_scheduled_delete,
	true},
    [DISPATCH_GUILD_MEMBER_ADD] = {guild_cache_member_add, true},
    [DISPATCH_GUILD_MEMBER_UPDATE] = {guild_cache_member_update, true},
    [DISPATCH_GUILD_MEMBER_REMOVE] = {guild_cache_member_remove, true},
    [DISPATCH_GUILD_MEMBERS_CHUNK] = {guild_cache_members_chunk, true},
    [DISPATCH_PRESENCE_UPDATE] = {guild_cache_presence, true},
    [DISPATCH_VOICE_STATE_UPDATE] = {guild_cache_voice, true},
};

bool
guild_cache_wants(enum dispatch what)
{
	return handling[what].fn != NULL;
}

static bool
is_available(struct guild_cache_tx *t)
{
	MDB_val v;

	return guild_cache_tx_get(t, 0, GUILD_CACHE_OWN_LIST, t->guild, &v)
	    && v.mv_size == 1
	    && *(const unsigned char *)v.mv_data == GUILD_CACHE_AVAILABLE;
}

void
guild_cache_tx_apply(struct guild_cache_tx *t,
    const struct guild_cache_event *e)
{
	const struct handling *h = &handling[e->what];

	if (h->fn == NULL)
		return;
	t->event = e;
	t->guild = dispatch_guild(e->what, e->d, e->len);
	if (h->needs && t->guild == 0
	    && e->what == DISPATCH_CHANNEL_PINS_UPDATE)
		return; /* of a direct message */
	if (h->needs && !is_available(t))
		t->cache->skipped++;
	else if (h->fn(t, e->d, e->len))
		t->cache->applied++;
	else
		t->cache->bad++;
}

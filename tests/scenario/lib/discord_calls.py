# SPDX-License-Identifier: MIT
"""The routes of Discord's API v10 as a bot calls them, in an order in which
each works on what those before it made: a row a route.  A new route of the
simulator is judged as soon as it answers; one that is not here is added as a
row: call, type of the answer (a result of discord_types.json, an object, or
"[]" and one of these; "none" for 204), body, what to keep of the answer.

":name" in a call or body is the id that somebody kept under that name: those
of the world (see objects_are_complete.t), or of an earlier row.  Rows that
begin with "ctl" are what a person does, then the event that comes of it."""
import base64
import glob
import json
import os
import re

PNG = ("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAA"
    "C0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=")
LATER = "2030-01-01T12:00:00.000000+00:00"
LAST = "2030-01-01T14:00:00.000000+00:00"


class File(dict):
    """A body that goes as multipart/form-data, with one file."""
    name, type, data = "note.png", "image/png", PNG


def row(call, result, body=None, **keep):
    return call, result, body, keep


BUTTON = {"type": 1, "components": [{"type": 2, "style": 1, "label": "Yes",
    "custom_id": "yes"}]}
SELECTS = [("string", 3), ("user", 5), ("role", 6), ("mentionable", 7),
    ("channel", 8)]
SELECT = [{"type": 1, "components": [dict({"type": kind, "custom_id": name},
    **({"options": [{"label": "A", "value": "a"}]} if kind == 3 else {}))]}
    for name, kind in SELECTS]
MODAL = {"custom_id": "form", "title": "Form", "components": [{"type": 18,
    "label": "Text", "component": {"type": 4, "custom_id": "text",
    "style": 1}}]}
LAYOUT = [{"type": 17, "components": [{"type": 10, "content": "Above"},
    {"type": 14}, {"type": 9, "components": [{"type": 10, "content": "x"}],
    "accessory": {"type": 2, "style": 2, "label": "b", "custom_id": "b"}}]}]
COMMANDS = [{"name": "hello", "description": "Says hello", "options": [{
    "type": 3, "name": "text", "description": "What", "required": False,
    "autocomplete": True}] + [{"type": kind, "name": name, "description": "x"}
    for name, kind in (("who", 6), ("which", 8), ("any", 9), ("where", 7))]},
    {"name": "Who", "type": 2},
    {"name": "What", "type": 3}]
CHANNEL, GUILD, APP = "/channels/:channel", "/guilds/:guild", \
    "/applications/:app"
MESSAGE = CHANNEL + "/messages/:own"
HOOK, ANSWER = "/webhooks/:hook/:hook_token", "/webhooks/:app/:token"
CALLBACK = "POST /interactions/:interaction/:token/callback"

SOUND = "data:audio/mpeg;base64,SUQzBAAAAAAAI1RTU0UAAAAPAAADTGF2ZjU="

LOGIN = (
    row("GET /gateway", "RESTGetAPIGatewayResult"),
    row("GET /gateway/bot", "RESTGetAPIGatewayBotResult"),
    row("GET /users/@me", "RESTGetAPICurrentUserResult"),
    row("PATCH /users/@me", "RESTPatchAPICurrentUserResult",
        {"username": "sim-bot-2"}),
    row("GET /users/@me/guilds", "RESTGetAPICurrentUserGuildsResult"),
    row("GET /users/@me/guilds/:guild/member",
        "RESTGetCurrentUserGuildMemberResult"),
    row("GET /users/:user", "RESTGetAPIUserResult"),
    row("POST /users/@me/channels",
        "RESTPostAPICurrentUserCreateDMChannelResult",
        {"recipient_id": ":user"}, dm="id"),
    row("GET /oauth2/applications/@me",
        "RESTGetAPIOAuth2CurrentApplicationResult"),
    row("GET /oauth2/@me", "RESTGetAPIOAuth2CurrentAuthorizationResult"),
    row("GET /applications/@me", "RESTGetCurrentApplicationResult"),
    row("PATCH /applications/@me", "RESTPatchCurrentApplicationResult",
        {"description": "A bot"}),
    row("GET %s/emojis" % APP, "RESTGetAPIApplicationEmojisResult"),
    row("POST %s/emojis" % APP, "RESTPostAPIApplicationEmojiResult",
        {"name": "own", "image": PNG}, app_emoji="id"),
    row("GET %s/emojis/:app_emoji" % APP, "RESTGetAPIApplicationEmojiResult"),
    row("PATCH %s/emojis/:app_emoji" % APP,
        "RESTPatchAPIApplicationEmojiResult", {"name": "owned"}),
    row("DELETE %s/emojis/:app_emoji" % APP, "none"),
    row("GET %s/skus" % APP, "RESTGetAPISKUsResult", sku="0.id"),
    row("GET /skus/:sku/subscriptions", "RESTGetAPISKUSubscriptionsResult"),
    row("GET %s/entitlements" % APP, "RESTGetAPIEntitlementsResult"),
    row("POST %s/entitlements" % APP, "RESTPostAPIEntitlementResult",
        {"sku_id": ":sku", "owner_id": ":user", "owner_type": 2},
        entitlement="id"),
    row("GET %s/entitlements/:entitlement" % APP,
        "RESTGetAPIEntitlementResult"),
    row("POST %s/entitlements/:entitlement/consume" % APP, "none"),
    row("DELETE %s/entitlements/:entitlement" % APP, "none"),
    row("GET %s/role-connections/metadata" % APP,
        "RESTGetAPIApplicationRoleConnectionMetadataResult"),
    row("PUT %s/role-connections/metadata" % APP,
        "RESTPutAPIApplicationRoleConnectionMetadataResult", [{"type": 2,
        "key": "wins", "name": "Wins", "description": "How many"}]),
    row("GET /voice/regions", "RESTGetAPIVoiceRegionsResult"),
    row("GET /sticker-packs", "RESTGetStickerPacksResult"),
    row("GET /sticker-packs/847000000000000001",
        "RESTGetAPIStickerPackResult"),
    row("GET %s/activity-instances/none" % APP,
        "RESTGetAPIApplicationActivityInstanceResult"),
    row("POST /guilds", "RESTPostAPIGuildsResult", {"name": "More"}),
    row("GET /soundboard-default-sounds",
        "RESTGetAPISoundboardDefaultSoundsResult"),
)

COMMAND = (
    row("PUT %s/commands" % APP, "RESTPutAPIApplicationCommandsResult",
        COMMANDS, command="0.id"),
    row("GET %s/commands" % APP, "RESTGetAPIApplicationCommandsResult"),
    row("POST %s/commands" % APP, "RESTPostAPIApplicationCommandsResult",
        {"name": "extra", "description": "More"}, extra="id"),
    row("GET %s/commands/:extra" % APP, "RESTGetAPIApplicationCommandResult"),
    row("PATCH %s/commands/:extra" % APP,
        "RESTPatchAPIApplicationCommandResult", {"description": "Still more"}),
    row("DELETE %s/commands/:extra" % APP, "none"),
)

COMMAND_HERE = (
    row("PUT %s%s/commands" % (APP, GUILD),
        "RESTPutAPIApplicationGuildCommandsResult", [{"name": "here",
        "description": "Only here"}], here="0.id"),
    row("GET %s%s/commands" % (APP, GUILD),
        "RESTGetAPIApplicationGuildCommandsResult"),
    row("POST %s%s/commands" % (APP, GUILD),
        "RESTPostAPIApplicationGuildCommandsResult", {"name": "too",
        "description": "Here too"}, too="id"),
    row("GET %s%s/commands/:too" % (APP, GUILD),
        "RESTGetAPIApplicationGuildCommandResult"),
    row("PATCH %s%s/commands/:too" % (APP, GUILD),
        "RESTPatchAPIApplicationGuildCommandResult", {"description": "x"}),
    row("DELETE %s%s/commands/:too" % (APP, GUILD), "none"),
    row("GET %s%s/commands/permissions" % (APP, GUILD),
        "RESTGetAPIGuildApplicationCommandsPermissionsResult"),
    row("GET %s%s/commands/:here/permissions" % (APP, GUILD),
        "RESTGetAPIApplicationCommandPermissionsResult"),
    row("PUT %s%s/commands/:here/permissions" % (APP, GUILD),
        "RESTPutAPIApplicationCommandPermissionsResult", {"permissions": []}),
)

TALK = (
    row("ctl message 0 hello --channel :channel", "MESSAGE_CREATE",
        said="id"),
    row("ctl message 0 hello --channel :dm", "MESSAGE_CREATE", said_dm="id"),
    row("POST %s/messages" % CHANNEL, "RESTPostAPIChannelMessageResult",
        {"content": "press <@:user>", "components": [BUTTON],
        "embeds": [{"title": "T", "fields": [{"name": "a", "value": "b"}]}]},
        own="id"),
    row("POST %s/messages" % CHANNEL, "RESTPostAPIChannelMessageResult",
        {"content": "choose", "components": SELECT}, choose="id"),
    row("POST %s/messages" % CHANNEL, "RESTPostAPIChannelMessageResult",
        {"flags": 32768, "components": LAYOUT}),
    row("POST %s/messages" % CHANNEL, "RESTPostAPIChannelMessageResult",
        {"content": "reply", "message_reference": {"message_id": ":said"}},
        reply="id"),
    row("POST %s/messages" % CHANNEL, "RESTPostAPIChannelMessageResult",
        File(content="a file"), filed="id"),
    row("POST /channels/:dm/messages", "RESTPostAPIChannelMessageResult",
        {"content": "to you"}),
    row("POST %s/messages" % CHANNEL, "RESTPostAPIChannelMessageResult",
        {"poll": {"question": {"text": "Which?"}, "duration": 1, "answers": [
        {"poll_media": {"text": "this"}}, {"poll_media": {"text": "that"}}]}},
        poll="id"),
    row("GET %s/messages" % CHANNEL, "RESTGetAPIChannelMessagesResult"),
    row("GET %s" % MESSAGE, "RESTGetAPIChannelMessageResult"),
    row("PATCH %s" % MESSAGE, "RESTPatchAPIChannelMessageResult",
        {"content": "press this"}),
    row("POST %s/typing" % CHANNEL, "none"),
    row("PUT %s/reactions/%%F0%%9F%%94%%A5/@me" % MESSAGE, "none"),
    row("GET %s/reactions/%%F0%%9F%%94%%A5" % MESSAGE,
        "RESTGetAPIChannelMessageReactionUsersResult"),
    row("GET %s" % MESSAGE, "RESTGetAPIChannelMessageResult"),
    row("DELETE %s/reactions/%%F0%%9F%%94%%A5/@me" % MESSAGE, "none"),
    row("PUT %s/reactions/%%F0%%9F%%91%%8D/@me" % MESSAGE, "none"),
    row("DELETE %s/reactions/%%F0%%9F%%91%%8D/:bot" % MESSAGE, "none"),
    row("DELETE %s/reactions/%%F0%%9F%%91%%8D" % MESSAGE, "none"),
    row("DELETE %s/reactions" % MESSAGE, "none"),
    row("PUT %s/pins/:own" % CHANNEL, "none"),
    row("GET %s/pins" % CHANNEL, "RESTGetAPIChannelPinsResult"),
    row("DELETE %s/pins/:own" % CHANNEL, "none"),
    row("PUT %s/messages/pins/:own" % CHANNEL, "none"),
    row("GET %s/messages/pins" % CHANNEL,
        "RESTGetAPIChannelMessagesPinsResult"),
    row("DELETE %s/messages/pins/:own" % CHANNEL, "none"),
    row("GET %s/polls/:poll/answers/1" % CHANNEL,
        "RESTGetAPIPollAnswerVotersResult"),
    row("POST %s/polls/:poll/expire" % CHANNEL, "RESTPostAPIPollExpireResult"),
    row("POST /channels/:news/messages", "RESTPostAPIChannelMessageResult",
        {"content": "news"}, item="id"),
    row("POST /channels/:news/messages/:item/crosspost",
        "RESTPostAPIChannelMessageCrosspostResult"),
    row("POST /channels/:news/followers", "RESTPostAPIChannelFollowersResult",
        {"webhook_channel_id": ":channel"}),
    row("POST /channels/:other/messages", "RESTPostAPIChannelMessageResult",
        {"message_reference": {"type": 1, "message_id": ":said",
        "channel_id": ":channel"}}),
    row("GET %s/messages/search?content=hello" % GUILD,
        "RESTGetAPIGuildMessagesSearchResult"),
)

THREAD = (
    row("POST %s/threads" % MESSAGE, "RESTPostAPIChannelMessagesThreadsResult",
        {"name": "of it"}),
    row("POST %s/threads" % CHANNEL, "RESTPostAPIChannelThreadsResult",
        {"name": "apart", "type": 11}, thread="id"),
    row("GET /channels/:thread", "RESTGetAPIChannelResult"),
    row("GET %s/threads/active" % GUILD, "RESTGetAPIGuildThreadsResult"),
    row("PUT /channels/:thread/thread-members/@me", "none"),
    row("PUT /channels/:thread/thread-members/:user", "none"),
    row("GET /channels/:thread/thread-members",
        "RESTGetAPIChannelThreadMembersResult"),
    row("GET /channels/:thread/thread-members/:user",
        "RESTGetAPIChannelThreadMemberResult"),
    row("GET /channels/:thread/thread-members/@me",
        "RESTGetAPIChannelThreadMemberResult"),
    row("POST /channels/:thread/messages", "RESTPostAPIChannelMessageResult",
        {"content": "in it"}),
    row("DELETE /channels/:thread/thread-members/:user", "none"),
    row("DELETE /channels/:thread/thread-members/@me", "none"),
    row("PATCH /channels/:thread", "RESTPatchAPIChannelResult",
        {"archived": True}),
    row("GET %s/threads/archived/public" % CHANNEL,
        "RESTGetAPIChannelThreadsArchivedPublicResult"),
    row("GET %s/threads/archived/private" % CHANNEL,
        "RESTGetAPIChannelThreadsArchivedPrivateResult"),
    row("GET %s/users/@me/threads/archived/private" % CHANNEL,
        "RESTGetAPIChannelUsersThreadsArchivedResult"),
    row("DELETE /channels/:thread", "RESTDeleteAPIChannelResult"),
)

HOOKS = (
    row("POST %s/webhooks" % CHANNEL, "RESTPostAPIChannelWebhookResult",
        {"name": "hook"}, hook="id", hook_token="token"),
    row("GET %s/webhooks" % CHANNEL, "RESTGetAPIChannelWebhooksResult"),
    row("GET %s/webhooks" % GUILD, "RESTGetAPIGuildWebhooksResult"),
    row("GET /webhooks/:hook", "RESTGetAPIWebhookResult"),
    row("PATCH /webhooks/:hook", "RESTPatchAPIWebhookResult",
        {"name": "hooked"}),
    row("GET %s" % HOOK, "RESTGetAPIWebhookWithTokenResult"),
    row("PATCH %s" % HOOK, "RESTPatchAPIWebhookWithTokenResult",
        {"name": "crook"}),
    row("POST %s" % HOOK, "none", {"content": "not waited for"}),
    row("POST %s?wait=true" % HOOK, "RESTPostAPIWebhookWithTokenWaitResult",
        {"content": "waited for", "username": "Otherwise"}, hooked="id"),
    row("GET %s/messages/:hooked" % HOOK,
        "RESTGetAPIWebhookWithTokenMessageResult"),
    row("PATCH %s/messages/:hooked" % HOOK,
        "RESTPatchAPIWebhookWithTokenMessageResult", {"content": "changed"}),
    row("DELETE %s/messages/:hooked" % HOOK, "none"),
    row("DELETE %s" % HOOK, "none"),
    row("POST %s/webhooks" % CHANNEL, "RESTPostAPIChannelWebhookResult",
        {"name": "second"}, hook="id"),
    row("DELETE /webhooks/:hook", "none"),
)


def use(words, *answers):
    """An interaction that a person makes, and its answers."""
    return (row("ctl interaction :guild " + words, "INTERACTION_CREATE",
        interaction="id", token="token"),) + answers


INTERACTIONS = (
    use("hello", row(CALLBACK + "?with_response=true",
        "RESTPostAPIInteractionCallbackWithResponseResult",
        {"type": 4, "data": {"content": "hi", "components": [BUTTON]}}),
        row("GET %s/messages/@original" % ANSWER,
            "RESTGetAPIInteractionOriginalResponseResult", pressed="id"),
        row("PATCH %s/messages/@original" % ANSWER,
            "RESTPatchAPIInteractionOriginalResponseResult",
            {"content": "hi there"}),
        row("POST %s" % ANSWER, "RESTPostAPIInteractionFollowupResult",
            {"content": "more"}, follow="id"),
        row("GET %s/messages/:follow" % ANSWER,
            "RESTGetAPIInteractionFollowupResult"),
        row("PATCH %s/messages/:follow" % ANSWER,
            "RESTPatchAPIInteractionFollowupResult", {"content": "less"}),
        row("DELETE %s/messages/:follow" % ANSWER, "none"))
    + use("hello something", row(CALLBACK, "none", {"type": 5}),
        row("POST %s" % ANSWER, "RESTPostAPIInteractionFollowupResult",
            {"content": "late"}))
    + use('hello [{"type":6,"name":"who","value":":user"},'
        '{"type":8,"name":"which","value":":role"},'
        '{"type":9,"name":"any","value":":bot"},'
        '{"type":7,"name":"where","value":":channel"}]',
        row(CALLBACK, "none", {"type": 5, "data": {"flags": 64}}),
        row("PATCH %s/messages/@original" % ANSWER,
            "RESTPatchAPIInteractionOriginalResponseResult",
            {"content": "all"}))
    + use("hello some --as autocomplete", row(CALLBACK, "none", {"type": 8,
        "data": {"choices": [{"name": "something", "value": "something"}]}}))
    + use("Who --as user --target :user", row(CALLBACK, "none", {"type": 4,
        "data": {"content": "a person", "flags": 64}}),
        row("GET %s/messages/@original" % ANSWER,
            "RESTGetAPIInteractionOriginalResponseResult"))
    + use("What --as message --target :said", row(CALLBACK, "none", {"type": 9,
        "data": MODAL}))
    + use("form words --as modal", row(CALLBACK + "?with_response=true",
        "RESTPostAPIInteractionCallbackWithResponseResult", {"type": 4,
        "data": {"content": "thanks"}}),
        row("DELETE %s/messages/@original" % ANSWER, "none"))
    + use("yes --as button --target :own",
        row(CALLBACK + "?with_response=true",
            "RESTPostAPIInteractionCallbackWithResponseResult",
            {"type": 7, "data": {"content": "pressed"}}))
    + use("yes --as button --target :own",
        row(CALLBACK, "none", {"type": 9, "data": MODAL}))
    + use("form words --as modal --target :own", row(CALLBACK, "none",
        {"type": 6}))
    + use("string a --as select --target :choose", row(CALLBACK, "none",
        {"type": 6}))
    + use("user :user,:bot --as select --target :choose")
    + use("role :role --as select --target :choose")
    + use("mentionable :role,:user --as select --target :choose")
    + use("channel :channel,:voice --as select --target :choose")
)

ROLES = (
    row("GET %s" % GUILD, "RESTGetAPIGuildResult"),
    row("GET %s?with_counts=true" % GUILD, "RESTGetAPIGuildResult"),
    row("PATCH %s" % GUILD, "RESTPatchAPIGuildResult", {"name": "Renamed"}),
    row("GET %s/preview" % GUILD, "RESTGetAPIGuildPreviewResult"),
    row("GET %s/roles" % GUILD, "RESTGetAPIGuildRolesResult"),
    row("POST %s/roles" % GUILD, "RESTPostAPIGuildRoleResult",
        {"name": "new", "color": 5}, role="id"),
    row("GET %s/roles/:role" % GUILD, "RESTGetAPIGuildRoleResult"),
    row("GET %s/roles/member-counts" % GUILD,
        "RESTGetAPIGuildRoleMemberCountsResult"),
    row("PATCH %s/roles/:role" % GUILD, "RESTPatchAPIGuildRoleResult",
        {"name": "newer"}),
    row("PATCH %s/roles" % GUILD, "RESTPatchAPIGuildRolePositionsResult",
        [{"id": ":role", "position": 1}]),
    row("PUT %s/members/:user/roles/:role" % GUILD, "none"),
    row("DELETE %s/members/:user/roles/:role" % GUILD, "none"),
)

CHANNELS = (
    row("GET %s" % CHANNEL, "RESTGetAPIChannelResult"),
    row("GET /channels/:voice", "RESTGetAPIChannelResult"),
    row("GET /channels/:news", "RESTGetAPIChannelResult"),
    row("GET /channels/:category", "RESTGetAPIChannelResult"),
    row("GET /channels/:dm", "RESTGetAPIChannelResult"),
    row("PATCH %s" % CHANNEL, "RESTPatchAPIChannelResult",
        {"rate_limit_per_user": 0}),
    row("GET %s/channels" % GUILD, "[]CHANNEL_CREATE"),
    row("POST %s/channels" % GUILD, "RESTPostAPIGuildChannelResult",
        {"name": "new", "type": 0}, made="id"),
    row("POST %s/channels" % GUILD, "RESTPostAPIGuildChannelResult",
        {"name": "New", "type": 2}),
    row("POST %s/channels" % GUILD, "RESTPostAPIGuildChannelResult",
        {"name": "New", "type": 4}),
    row("PATCH %s/channels" % GUILD, "none", [{"id": ":made", "position": 2}]),
    row("PUT /channels/:made/permissions/:role", "none", {"type": 0,
        "allow": "1024", "deny": "2048"}),
    row("GET /channels/:made", "RESTGetAPIChannelResult"),
    row("DELETE /channels/:made/permissions/:role", "none"),
    row("POST /channels/:made/invites", "RESTPostAPIChannelInviteResult", {},
        invite="code"),
    row("GET /channels/:made/invites", "RESTGetAPIChannelInvitesResult"),
    row("GET %s/invites" % GUILD, "RESTGetAPIGuildInvitesResult"),
    row("GET /invites/:invite", "RESTGetAPIInviteResult"),
    row("DELETE /invites/:invite", "RESTDeleteAPIInviteResult"),
    row("DELETE /channels/:made", "RESTDeleteAPIChannelResult"),
)

GUILDS = (
    row("GET %s/emojis" % GUILD, "RESTGetAPIGuildEmojisResult"),
    row("POST %s/emojis" % GUILD, "RESTPostAPIGuildEmojiResult",
        {"name": "face", "image": PNG, "roles": []}, emoji="id"),
    row("GET %s/emojis/:emoji" % GUILD, "RESTGetAPIGuildEmojiResult"),
    row("PATCH %s/emojis/:emoji" % GUILD, "RESTPatchAPIGuildEmojiResult",
        {"name": "visage"}),
    row("DELETE %s/emojis/:emoji" % GUILD, "none"),
    row("GET %s/stickers" % GUILD, "RESTGetAPIGuildStickersResult"),
    row("POST %s/stickers" % GUILD, "RESTPostAPIGuildStickerResult",
        File(name="label", description="A label", tags="face"), sticker="id"),
    row("GET %s/stickers/:sticker" % GUILD, "RESTGetAPIGuildStickerResult"),
    row("GET /stickers/:sticker", "RESTGetAPIStickerResult"),
    row("PATCH %s/stickers/:sticker" % GUILD, "RESTPatchAPIGuildStickerResult",
        {"name": "labels"}),
    row("DELETE %s/stickers/:sticker" % GUILD, "none"),
    row("GET %s/integrations" % GUILD, "RESTGetAPIGuildIntegrationsResult"),
    row("GET %s/vanity-url" % GUILD, "RESTGetAPIGuildVanityUrlResult"),
    row("DELETE %s/integrations/:user" % GUILD, "none"),
    row("GET %s/preview" % GUILD, "RESTGetAPIGuildPreviewResult"),
    row("GET %s/messages/search?content=a" % GUILD,
        "RESTGetAPIGuildMessagesSearchResult"),
    row("GET %s/widget" % GUILD, "RESTGetAPIGuildWidgetSettingsResult"),
    row("PATCH %s/widget" % GUILD, "RESTPatchAPIGuildWidgetSettingsResult",
        {"enabled": True}),
    row("GET %s/widget.json" % GUILD, "RESTGetAPIGuildWidgetJSONResult"),
    row("GET %s/widget.png" % GUILD, "RESTGetAPIGuildWidgetImageResult"),
    row("GET %s/welcome-screen" % GUILD, "RESTGetAPIGuildWelcomeScreenResult"),
    row("PATCH %s/welcome-screen" % GUILD,
        "RESTPatchAPIGuildWelcomeScreenResult", {"description": "Come in"}),
    row("GET %s/onboarding" % GUILD, "RESTGetAPIGuildOnboardingResult"),
    row("PUT %s/onboarding" % GUILD, "RESTPutAPIGuildOnboardingResult",
        {"prompts": [], "default_channel_ids": [], "enabled": False,
        "mode": 0}),
    row("PUT %s/incident-actions" % GUILD,
        "RESTPutAPIGuildIncidentActionsResult", {"dms_disabled_until": None}),
    row("POST %s/templates" % GUILD, "RESTPostAPIGuildTemplatesResult",
        {"name": "like this"}, template="code"),
    row("GET %s/templates" % GUILD, "RESTGetAPIGuildTemplatesResult"),
    row("GET /guilds/templates/:template", "RESTGetAPITemplateResult"),
    row("PUT %s/templates/:template" % GUILD,
        "RESTPutAPIGuildTemplateSyncResult"),
    row("PATCH %s/templates/:template" % GUILD,
        "RESTPatchAPIGuildTemplateResult", {"name": "like that"}),
    row("DELETE %s/templates/:template" % GUILD,
        "RESTDeleteAPIGuildTemplateResult"),
    row("GET %s/regions" % GUILD, "RESTGetAPIGuildVoiceRegionsResult"),
    row("GET %s/voice-states/:user" % GUILD,
        "RESTGetAPIGuildVoiceStateUserResult"),
    row("GET %s/voice-states/@me" % GUILD,
        "RESTGetAPIGuildVoiceStateCurrentMemberResult"),
    row("PATCH %s/voice-states/@me" % GUILD, "none", {"suppress": False}),
    row("PATCH %s/voice-states/:user" % GUILD, "none", {"suppress": True}),
    row("PUT /channels/:voice/voice-status", "none", {"status": "Tea"}),
    row("POST %s/soundboard-sounds" % GUILD,
        "RESTPostAPIGuildSoundboardSoundResult", {"name": "boo",
        "sound": SOUND}, sound="sound_id"),
    row("GET %s/soundboard-sounds" % GUILD,
        "RESTGetAPIGuildSoundboardSoundsResult"),
    row("GET %s/soundboard-sounds/:sound" % GUILD,
        "RESTGetAPIGuildSoundboardSoundResult"),
    row("PATCH %s/soundboard-sounds/:sound" % GUILD,
        "RESTPatchAPIGuildSoundboardSoundResult", {"name": "bah"}),
    row("POST /channels/:voice/send-soundboard-sound", "none",
        {"sound_id": ":sound"}),
    row("DELETE %s/soundboard-sounds/:sound" % GUILD, "none"),
    row("GET %s/auto-moderation/rules" % GUILD,
        "RESTGetAPIAutoModerationRulesResult"),
    row("POST %s/auto-moderation/rules" % GUILD,
        "RESTPostAPIAutoModerationRuleResult", {"name": "no", "event_type": 1,
        "trigger_type": 1, "trigger_metadata": {"keyword_filter": ["bad"]},
        "actions": [{"type": 1}]}, rule="id"),
    row("GET %s/auto-moderation/rules/:rule" % GUILD,
        "RESTGetAPIAutoModerationRuleResult"),
    row("PATCH %s/auto-moderation/rules/:rule" % GUILD,
        "RESTPatchAPIAutoModerationRuleResult", {"name": "never"}),
    row("DELETE %s/auto-moderation/rules/:rule" % GUILD, "none"),
    row("POST %s/scheduled-events" % GUILD,
        "RESTPostAPIGuildScheduledEventResult", {"name": "Fair",
        "privacy_level": 2, "entity_type": 3, "scheduled_start_time": LATER,
        "scheduled_end_time": LAST, "entity_metadata": {"location": "Mill"}},
        event="id"),
    row("GET %s/scheduled-events" % GUILD,
        "RESTGetAPIGuildScheduledEventsResult"),
    row("GET %s/scheduled-events/:event" % GUILD,
        "RESTGetAPIGuildScheduledEventResult"),
    row("PATCH %s/scheduled-events/:event" % GUILD,
        "RESTPatchAPIGuildScheduledEventResult", {"name": "Fete"}),
    row("GET %s/scheduled-events/:event/users" % GUILD,
        "RESTGetAPIGuildScheduledEventUsersResult"),
    row("DELETE %s/scheduled-events/:event" % GUILD, "none"),
    row("POST %s/channels" % GUILD, "RESTPostAPIGuildChannelResult",
        {"name": "Stage", "type": 13}, stage="id"),
    row("POST /stage-instances", "RESTPostAPIStageInstanceResult",
        {"channel_id": ":stage", "topic": "Talk"}),
    row("GET /stage-instances/:stage", "RESTGetAPIStageInstanceResult"),
    row("PATCH /stage-instances/:stage", "RESTPatchAPIStageInstanceResult",
        {"topic": "Talks"}),
    row("DELETE /stage-instances/:stage", "none"),
)

MEMBERS = (
    row("GET %s/members?limit=100" % GUILD, "RESTGetAPIGuildMembersResult"),
    row("GET %s/members/:user" % GUILD, "RESTGetAPIGuildMemberResult"),
    row("GET %s/members/search?query=a" % GUILD,
        "RESTGetAPIGuildMembersSearchResult"),
    row("PATCH %s/members/:user" % GUILD, "RESTPatchAPIGuildMemberResult",
        {"nick": "Nick", "communication_disabled_until": None}),
    row("PATCH %s/members/@me" % GUILD,
        "RESTPatchAPICurrentGuildMemberResult", {"nick": "Me"}),
    row("PATCH %s/members/@me/nick" % GUILD,
        "RESTPatchAPICurrentGuildMemberNicknameResult", {"nick": "I"}),
    row("GET %s/prune?days=7" % GUILD, "RESTGetAPIGuildPruneCountResult"),
    row("POST %s/prune" % GUILD, "RESTPostAPIGuildPruneResult",
        {"days": 30}),
    row("DELETE %s/members/:kicked" % GUILD, "none"),
    row("PUT %s/bans/:user" % GUILD, "none", {"delete_message_seconds": 0}),
    row("GET %s/bans" % GUILD, "RESTGetAPIGuildBansResult"),
    row("GET %s/bans/:user" % GUILD, "RESTGetAPIGuildBanResult"),
    row("DELETE %s/bans/:user" % GUILD, "none"),
    row("POST %s/bulk-ban" % GUILD, "RESTPostAPIGuildBulkBanResult",
        {"user_ids": [":banned"]}),
    row("GET %s/audit-logs" % GUILD, "RESTGetAPIAuditLogResult"),
)

AWAY = (
    row("DELETE %s/roles/:role" % GUILD, "none"),
    row("POST %s/messages/bulk-delete" % CHANNEL, "none",
        {"messages": [":reply", ":filed"]}),
    row("DELETE %s" % MESSAGE, "none"),
    row("DELETE %s" % GUILD, "none"),
    row("DELETE /users/@me/guilds/:second", "none"),
)

ROWS = LOGIN + COMMAND + TALK + THREAD + HOOKS + INTERACTIONS + ROLES \
    + CHANNELS + GUILDS + COMMAND_HERE + MEMBERS + AWAY

# Uses of a route that it refuses, as Discord does or as it does yet: judged when
# they are answered, and the line goes then.  A route that is lacking says so
# itself, with 501.
ABSENT = {
    "GET /oauth2/@me",	# for users' tokens only
    "GET /guilds/:guild/voice-states/@me",	# the bot is in no channel
    "PATCH /guilds/:guild/voice-states/@me",	# nor anybody on a stage
    "PATCH /guilds/:guild/voice-states/:user",
    "POST /guilds", "DELETE %s" % GUILD,	# not for bots
    "PUT %s%s/commands/:here/permissions" % (APP, GUILD),	# with a bearer only
    "GET %s%s/commands/:here/permissions" % (APP, GUILD),	# none were set
    "GET %s/vanity-url" % GUILD,	# without the feature
    "DELETE %s/integrations/:user" % GUILD,	# it has none
    "GET %s/activity-instances/none" % APP,
    "POST /channels/:voice/send-soundboard-sound",	# the bot is not in it
}


def _part_fits(wanted, part):
    if wanted[0] == ":":	# an id, so not what is literal
        return part[0] == ":" or part.isdigit()
    return wanted[0] == "*" or wanted == part


def _fits(pattern, path):
    wanted, parts = pattern.split("/"), path.split("?")[0].split("/")
    return len(wanted) == len(parts) and all(w == p == "" or w != "" and
        _part_fits(w, p) for w, p in zip(wanted, parts))


def has_row(method, pattern):
    """Is a route of the simulator (a pattern with ":name" and "*") called?"""
    return any(call.split()[0] == method and _fits(pattern, call.split()[1])
        for call, *_ in ROWS)


def routes(folder):
    """Method and pattern of the routes that the simulator's sources have."""
    text, names = "", {}
    for path in sorted(glob.glob(os.path.join(folder, "**", "*.[ch]"),
            recursive=True)):
        with open(path, encoding="utf-8") as f:
            text += f.read()
    for name, of in re.findall(r"^#define (ROUTE_\w+) (.*\".*)$", text, re.M):
        names[name] = of

    def plain(expression):
        return "".join(literal or plain(names[name]) for literal, name in
            re.findall(r'"([^"]*)"|(\w+)', expression))
    return [(method, plain(expression)) for method, expression in re.findall(
        r'{\s*"(GET|PUT|POST|PATCH|DELETE)",\s*([^,{}]+),', text)]


def fill(value, ids):
    """Ids in the place of their names, in a path, word or body; KeyError."""
    if isinstance(value, str):
        return re.sub(r"(?<!^data):([a-z_]+)", lambda m: ids[m[1]], value)
    if isinstance(value, list):
        return [fill(each, ids) for each in value]
    if isinstance(value, dict):
        return type(value)((k, fill(v, ids)) for k, v in value.items())
    return value


def form(body):
    """The bytes of a File and their type."""
    parts, edge = dict(body), "edge-of-a-part"
    if "content" in parts:
        parts = {"payload_json": json.dumps(parts)}
    field = "files[0]" if "payload_json" in parts else "file"
    out = b"".join(("--%s\r\nContent-Disposition: form-data; name=\"%s\""
        "\r\n\r\n%s\r\n" % (edge, name, value)).encode()
        for name, value in parts.items())
    out += ("--%s\r\nContent-Disposition: form-data; name=\"%s\"; "
        "filename=\"%s\"\r\nContent-Type: %s\r\n\r\n" % (edge, field,
        body.name, body.type)).encode() + base64.b64decode(
        PNG.split(",")[1]) + ("\r\n--%s--\r\n" % edge).encode()
    return out, "multipart/form-data; boundary=" + edge

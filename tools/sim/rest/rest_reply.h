/* SPDX-License-Identifier: MIT */
/* The answer to a call: exactly one, in Discord's words, as its errors are. */
#ifndef TOOLS_SIM_REST_REST_REPLY_H
#define TOOLS_SIM_REST_REST_REPLY_H

#include "tools/sim/rest/rest_call.h"

/* name, HTTP status, Discord's code, message */
#define REST_ERRORS(X)                                                                                                        \
	X(BAD_REQUEST, 400, 0, "400: Bad Request")                                                                            \
	X(UNAUTHORIZED, 401, 0, "401: Unauthorized")                                                                          \
	X(NOT_FOUND, 404, 0, "404: Not Found")                                                                                \
	X(BAD_METHOD, 405, 0, "405: Method Not Allowed")                                                                      \
	X(UNKNOWN_APPLICATION, 404, 10002, "Unknown Application")                                                             \
	X(UNKNOWN_CHANNEL, 404, 10003, "Unknown Channel")                                                                     \
	X(UNKNOWN_GUILD, 404, 10004, "Unknown Guild")                                                                         \
	X(UNKNOWN_INTEGRATION, 404, 10005, "Unknown Integration")                                                             \
	X(UNKNOWN_INVITE, 404, 10006, "Unknown Invite")                                                                       \
	X(UNKNOWN_MEMBER, 404, 10007, "Unknown Member")                                                                       \
	X(UNKNOWN_MESSAGE, 404, 10008, "Unknown Message")                                                                     \
	X(UNKNOWN_OVERWRITE, 404, 10009, "Unknown Overwrite")                                                                 \
	X(UNKNOWN_ROLE, 404, 10011, "Unknown Role")                                                                           \
	X(UNKNOWN_USER, 404, 10013, "Unknown User")                                                                           \
	X(UNKNOWN_EMOJI, 400, 10014, "Unknown Emoji")                                                                         \
	X(UNKNOWN_GUILD_EMOJI, 404, 10014, "Unknown Emoji")                                                                   \
	X(UNKNOWN_WEBHOOK, 404, 10015, "Unknown Webhook")                                                                     \
	X(UNKNOWN_BAN, 404, 10026, "Unknown Ban")                                                                             \
	X(UNKNOWN_SKU, 404, 10027, "Unknown SKU")                                                                             \
	X(UNKNOWN_ENTITLEMENT, 404, 10029, "Unknown Entitlement")                                                             \
	X(UNKNOWN_TEMPLATE, 404, 10057, "Unknown guild template")                                                             \
	X(UNKNOWN_STICKER, 404, 10060, "Unknown sticker")                                                                     \
	X(UNKNOWN_PACK, 404, 10061, "Unknown sticker pack")                                                                   \
	X(UNKNOWN_INTERACTION, 404, 10062, "Unknown interaction")                                                             \
	X(UNKNOWN_COMMAND, 404, 10063, "Unknown application command")                                                         \
	X(UNKNOWN_VOICE_STATE, 404, 10065, "Unknown Voice State")                                                             \
	X(UNKNOWN_RULE, 404, 10066, "Unknown Auto Moderation Rule")                                                           \
	X(UNKNOWN_COMMAND_PERMISSIONS, 404, 10066,                                                                            \
	    "Unknown application command permissions")                                                                        \
	X(UNKNOWN_STAGE, 404, 10067, "Unknown Stage Instance")                                                                \
	X(UNKNOWN_WELCOME, 404, 10069, "Unknown Guild Welcome Screen")                                                        \
	X(UNKNOWN_EVENT, 404, 10070, "Unknown Guild Scheduled Event")                                                         \
	X(UNKNOWN_SOUND, 404, 10097, "Unknown Sound")                                                                         \
	X(NOT_FOR_BOTS, 403, 20001, "Bots cannot use this endpoint")                                                          \
	X(TOO_MANY_PINS, 400, 30003,                                                                                          \
	    "Maximum number of pins reached for the channel (250)")                                                           \
	X(TOO_MANY_ROLES, 400, 30005,                                                                                         \
	    "Maximum number of server roles reached (250)")                                                                   \
	X(TOO_MANY_HOOKS, 400, 30007,                                                                                         \
	    "Maximum number of webhooks reached (15)")                                                                        \
	X(TOO_MANY_EMOJIS, 400, 30008, "Maximum number of emojis reached")                                                    \
	X(TOO_MANY_REACTIONS, 400, 30010,                                                                                     \
	    "Maximum number of reactions reached (20)")                                                                       \
	X(TOO_MANY_CHANNELS, 400, 30013,                                                                                      \
	    "Maximum number of server channels reached (500)")                                                                \
	X(TOO_MANY_INVITES, 400, 30016,                                                                                       \
	    "Maximum number of invites reached (1000)")                                                                       \
	X(TOO_MANY_ANIMATED, 400, 30018,                                                                                      \
	    "Maximum number of animated emojis reached")                                                                      \
	X(HAS_TEMPLATE, 400, 30031, "Guild already has a template")                                                           \
	X(TOO_MANY_COMMANDS, 400, 30032,                                                                                      \
	    "Maximum number of application commands reached (100)")                                                           \
	X(COMMANDS_USED_UP, 400, 30034,                                                                                       \
	    "Max number of daily application command creates has been reached (200)")                                         \
	X(TOO_MANY_EVENTS, 400, 30038,                                                                                        \
	    "Maximum number of uncompleted guild scheduled events reached (100)")                                             \
	X(TOO_MANY_STICKERS, 400, 30039, "Maximum number of stickers reached")                                                \
	X(TOO_MANY_SOUNDS, 400, 30045,                                                                                        \
	    "Maximum number of soundboard sounds reached")                                                                    \
	X(TOO_BIG, 413, 40005, "Request entity too large")                                                                    \
	X(NOT_IN_VOICE, 400, 40032, "Target user is not connected to voice.")                                                 \
	X(CROSSPOSTED, 400, 40033,                                                                                            \
	    "This message has already been crossposted.")                                                                     \
	X(ACKNOWLEDGED, 400, 40060,                                                                                           \
	    "Interaction has already been acknowledged.")                                                                     \
	X(TAG_REQUIRED, 400, 40067,                                                                                           \
	    "A tag is required to create a forum post in this channel")                                                       \
	X(MISSING_ACCESS, 403, 50001, "Missing Access")                                                                       \
	X(DM_ACTION, 403, 50003, "Cannot execute action on a DM channel")                                                     \
	X(WIDGET_OFF, 403, 50004, "Widget Disabled")                                                                          \
	X(NOT_AUTHOR, 403, 50005,                                                                                             \
	    "Cannot edit a message authored by another user")                                                                 \
	X(EMPTY_MESSAGE, 400, 50006, "Cannot send an empty message")                                                          \
	X(NO_DM, 403, 50007, "Cannot send messages to this user")                                                             \
	X(NOT_TEXT, 400, 50008, "Cannot send messages in a non-text channel")                                                 \
	X(MISSING_PERMISSIONS, 403, 50013, "Missing Permissions")                                                             \
	X(BULK_COUNT, 400, 50016,                                                                                             \
	    "Provided too few or too many messages to delete. Must provide at least 2 and fewer than 100 messages to delete") \
	X(SYSTEM_MESSAGE, 403, 50021,                                                                                         \
	    "Cannot execute action on a system message")                                                                      \
	X(BAD_CHANNEL_TYPE, 400, 50024,                                                                                       \
	    "Cannot execute action on this channel type")                                                                     \
	X(BAD_OAUTH_TOKEN, 401, 50025, "Invalid OAuth2 access token")                                                         \
	X(BAD_HOOK_TOKEN, 401, 50027, "Invalid Webhook Token")                                                                \
	X(INVALID_ROLE, 400, 50028, "Invalid Role")                                                                           \
	X(BULK_OLD, 400, 50034,                                                                                               \
	    "You can only bulk delete messages that are under 14 days old.")                                                  \
	X(BAD_VERSION, 400, 50041, "Invalid API version")                                                                     \
	X(FILE_TOO_BIG, 400, 50045, "File uploaded exceeds the maximum size")                                                 \
	X(BAD_FILE, 400, 50046, "Invalid file uploaded")                                                                      \
	X(INVALID_GUILD, 400, 50055, "Invalid Guild")                                                                         \
	X(BAD_STICKER, 400, 50081, "Invalid sticker sent")                                                                    \
	X(THREAD_ARCHIVED, 400, 50083, "Thread is archived")                                                                  \
	X(BAD_JSON, 400, 50109, "The request body contains invalid JSON.")                                                    \
	X(ENTRY_POINT, 400, 50240,                                                                                            \
	    "You cannot remove this app's Entry Point command in a bulk update operation")                                    \
	X(FULL, 503, 130000,                                                                                                  \
	    "API resource is currently overloaded. Try again a little later.")                                                \
	X(STAGE_OPEN, 400, 150006, "The Stage is already open")                                                               \
	X(NO_HISTORY, 403, 160002,                                                                                            \
	    "Cannot reply without permission to read message history")                                                        \
	X(THREAD_THERE, 400, 160004,                                                                                          \
	    "A thread has already been created for this message")                                                             \
	X(THREAD_LOCKED, 403, 160005, "Thread is locked")                                                                     \
	X(TOO_MANY_THREADS, 400, 160006,                                                                                      \
	    "Maximum number of active threads reached")                                                                       \
	X(UNREADABLE, 400, 160014,                                                                                            \
	    "You cannot forward a message whose content you cannot read")                                                     \
	X(HOOK_NEEDS_THREAD, 400, 220001,                                                                                     \
	    "Webhooks posted to forum channels must have a thread_name or thread_id")                                         \
	X(HOOK_NO_FORUM, 400, 220003,                                                                                         \
	    "Webhooks can only create threads in forum channels")                                                             \
	X(BULK_BAN_FAILED, 400, 500000, "Failed to ban users")                                                                \
	X(POLL_ENDED, 400, 520001, "Poll expired")                                                                            \
	X(POLL_EDIT, 400, 520003, "Cannot edit a poll message")                                                               \
	X(NO_POLL, 400, 520006, "Cannot expire a non-poll message")

enum rest_error {
#define X(name, status, code, text) REST_##name,
	REST_ERRORS(X)
#undef X
	    REST_ERROR_COUNT
};

/* Takes o over. */
void rest_reply(struct rest_call *, int status, json_object *o);
void rest_reply_text(struct rest_call *, int status, const char *json);
void rest_reply_none(struct rest_call *); /* 204 */
void rest_reply_error(struct rest_call *, enum rest_error);
/* Bytes that the caller appends to call->out; type and file_name (NULL: none)
 * last until it is sent. */
void rest_reply_bytes(struct rest_call *, int status, const char *type,
    const char *file_name);
void rest_reply_html(struct rest_call *, int status);
void rest_reply_limit(struct rest_call *, const char *scope, double after_s);
/* Text for a browser, which the caller appends to call->out; it may show what
 * it is given here and load nothing from elsewhere. */
void rest_reply_page(struct rest_call *, int status, const char *type);
/* Queues the finished answer on the connection; an enum MHD_Result. */
int rest_reply_send(struct rest_call *);

#endif

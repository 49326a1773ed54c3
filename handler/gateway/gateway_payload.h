/* SPDX-License-Identifier: MIT */
/*
 * The shapes of what a plugin may send over the gateway: Discord closes a
 * connection, with everything on it, over one wrong field (close codes 4001,
 * 4002; discord-protocol.md section 6.1), so each is checked before it goes.
 */
#ifndef HANDLER_GATEWAY_GATEWAY_PAYLOAD_H
#define HANDLER_GATEWAY_GATEWAY_PAYLOAD_H

#include <json-c/json.h>

#define GATEWAY_PAYLOAD_USERS_MAX 100 /* user_ids of op 8 */
#define GATEWAY_PAYLOAD_NONCE_MAX                                              \
	32 /* bytes; longer ones Discord drops silently */
#define GATEWAY_PAYLOAD_ACTIVITY_MAX 5 /* highest activity type */

/* NULL, or what is wrong with a payload {"op","d"}. */
const char *gateway_payload_fault(struct json_object *payload);
/* The same for the d of one op. */
const char *gateway_payload_presence_fault(struct json_object *d);
const char *gateway_payload_voice_fault(struct json_object *d);
const char *gateway_payload_members_fault(struct json_object *d);

#endif

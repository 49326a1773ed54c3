/* SPDX-License-Identifier: MIT */
/*
 * The shapes of what a plugin may send over the gateway: Discord closes a
 * connection, with everything on it, over one wrong field (close codes 4001,
 * 4002; discord-protocol.md section 6.1), so each is checked before it goes.
 */
#ifndef HANDLER_OPCODE_H
#define HANDLER_OPCODE_H

#include <json-c/json.h>

#define OPCODE_USERS_MAX 100  /* user_ids of op 8 */
#define OPCODE_NONCE_MAX 32   /* bytes; longer ones Discord drops silently */
#define OPCODE_ACTIVITY_MAX 5 /* highest activity type */

/* NULL, or what is wrong with a payload {"op","d"}. */
const char *opcode_fault(struct json_object *payload);
/* The same for the d of one op. */
const char *opcode_presence_fault(struct json_object *d);
const char *opcode_voice_fault(struct json_object *d);
const char *opcode_members_fault(struct json_object *d);

#endif

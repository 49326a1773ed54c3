/* SPDX-License-Identifier: MIT */
/*
 * What a client says over the gateway: a table of the opcodes a bot may send,
 * when it may, and what is answered; everything else is closed upon as Discord
 * closes (discord-protocol.md section 2.11).
 */
#ifndef TOOLS_SIM_GATEWAY_OPCODE_H
#define TOOLS_SIM_GATEWAY_OPCODE_H

#include "tools/sim/gateway/conn.h"

#include <json-c/json.h>

#define OPCODE_BYTES_MAX 4096

void opcode_message(struct conn *, bool binary, const char *, size_t);
/* Counts a violation and closes. */
void opcode_refuse(struct conn *, unsigned code, const char *fmt, ...)
    printflike(3, 4);

/* ---- identify.c: ops 2 and 6 ------------------------------------------- */
void identify_start(struct conn *, json_object *d);
void identify_resume(struct conn *, json_object *d);

/* ---- request.c: ops 3, 4, 8, 31 and 43 ------------------------------------- */
void request_presence(struct conn *, json_object *d);
void request_voice(struct conn *, json_object *d);
void request_members(struct conn *, json_object *d);
void request_sounds(struct conn *, json_object *d);
void request_channels(struct conn *, json_object *d);

/* ---- check.c: shapes --------------------------------------------------- */
/* NULL, or what is wrong with a presence (op 3's d). */
const char *check_presence(json_object *d);
/* The member of that name and type, or NULL. */
json_object *check_field(json_object *d, const char *name,
    enum json_type type);
/* A string of digits or an integer as a snowflake; false otherwise. */
bool check_snowflake(json_object *v, uint64_t *out);
/* Is there a key of that name holding null? */
bool check_null(json_object *d, const char *name);

#endif

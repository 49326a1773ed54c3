/* SPDX-License-Identifier: MIT */
/*
 * What a client says over the gateway: a table of the opcodes a bot may send,
 * when it may, and what is answered; everything else is closed upon as Discord
 * closes (discord-protocol.md section 2.11).
 */
#ifndef TOOLS_SIM_GATEWAY_OPCODE_H
#define TOOLS_SIM_GATEWAY_OPCODE_H

#include "tools/sim/gateway/conn.h"

#define OPCODE_BYTES_MAX 4096

void opcode_message(struct conn *, bool binary, const char *, size_t);
/* Counts a violation and closes. */
void opcode_refuse(struct conn *, unsigned code, const char *fmt, ...)
    printflike(3, 4);

#endif

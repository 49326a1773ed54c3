/* SPDX-License-Identifier: MIT */
/* IDENTIFY and RESUME (discord-protocol.md sections 2.5 to 2.7). */
#ifndef TOOLS_SIM_GATEWAY_IDENTIFY_H
#define TOOLS_SIM_GATEWAY_IDENTIFY_H

#include "tools/sim/gateway/conn.h"

#include <json-c/json.h>

/* Ops 2 and 6; d is the payload's. */
void identify_start(struct conn *, json_object *d);
void identify_resume(struct conn *, json_object *d);

#endif

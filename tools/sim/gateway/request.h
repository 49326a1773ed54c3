/* SPDX-License-Identifier: MIT */
/* What a client asks for on a live session: ops 3, 4, 8, 31 and 43. */
#ifndef TOOLS_SIM_GATEWAY_REQUEST_H
#define TOOLS_SIM_GATEWAY_REQUEST_H

#include "tools/sim/gateway/conn.h"

#include <json-c/json.h>

/* Index of a guild this session sees, or -1 with a violation. */
int64_t request_guild(struct conn *, uint64_t id, int op);
void request_presence(struct conn *, json_object *d);
void request_members(struct conn *, json_object *d);
void request_sounds(struct conn *, json_object *d);
void request_channels(struct conn *, json_object *d);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * POST /sim/seen, no route of Discord's: a bot under test, or what stands
 * beside it, says which events of a session it saw.  Open to who can reach the
 * port, without token, limits or faults; bounded.
 */
#ifndef TOOLS_SIM_REST_REST_SEEN_H
#define TOOLS_SIM_REST_REST_SEEN_H

#include "tools/sim/rest/rest_call.h"

#define REST_SEEN_BYTES (1u << 20) /* of a report */

void rest_seen(struct rest_call *);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Transport compression of one connection (discord-protocol.md section 5):
 * one context for its whole life, one sync flush per message.  Also payload
 * compression, where a message is a stream of its own.
 */
#ifndef TOOLS_SIM_GATEWAY_PACK_H
#define TOOLS_SIM_GATEWAY_PACK_H

#include "tools/sim/base/text.h"

enum pack_kind { PACK_NONE, PACK_PAYLOAD, PACK_ZLIB, PACK_ZSTD };

struct pack; /* opaque; NULL stands for PACK_NONE */

struct pack *pack_new(enum pack_kind);
void pack_free(struct pack *);
/* Appends the compressed message to out. */
void pack_message(struct pack *, const void *, size_t, struct sim_text *out);
/* Appends part of a message that goes on; last ends it with the flush. */
void pack_part(struct pack *, const void *, size_t, bool last,
    struct sim_text *out);

#endif

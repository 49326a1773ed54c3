/* SPDX-License-Identifier: MIT */
/*
 * The guild an event is about, found in its bytes without building a tree.
 * Only asked when some plugin subscribes by guild: it costs a walk over d.
 */
#ifndef HANDLER_INTAKE_GUILD_ID_H
#define HANDLER_INTAKE_GUILD_ID_H

#include "shared/base/base.h"

/* Its id; 0: none, as in direct messages, or none that can be read. */
uint64_t guild_id_of(const char *raw, size_t len, const char *name,
    size_t name_len);

#endif

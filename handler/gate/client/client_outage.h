/* SPDX-License-Identifier: MIT */
/*
 * A new session of upstream must not look to clients as if the bot left its
 * guilds and joined them: what they have is said to be unavailable, as in an
 * outage of Discord's, until its GUILD_CREATE comes.
 */
#ifndef HANDLER_GATE_CLIENT_CLIENT_OUTAGE_H
#define HANDLER_GATE_CLIENT_CLIENT_OUTAGE_H

#include "handler/gate/client/gate_clients_impl.h"

/* Before the record of a READY is appended: GUILD_DELETEs for what the cache
 * has of that shard; those that READY does not list are gone for good. */
void client_outage_ready(struct gate_clients *, const struct gatelog_record *,
    const char *raw);

#endif

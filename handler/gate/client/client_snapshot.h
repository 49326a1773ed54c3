/* SPDX-License-Identifier: MIT */
/*
 * READY and the GUILD_CREATEs behind it, composed from the cache as fast as the
 * client reads.  They show one moment; for who takes longer than
 * GATE_CLIENTS_VIEW_S the guilds that are left are of a later one, and what
 * changed between comes again as events.
 */
#ifndef HANDLER_GATE_CLIENT_CLIENT_SNAPSHOT_H
#define HANDLER_GATE_CLIENT_CLIENT_SNAPSHOT_H

#include "handler/gate/client/client_conn.h"

/* HELD: READY goes out, if the cache can; else it is asked again. */
void client_snapshot_begin(struct client_conn *, uint64_t intents);
void client_snapshot_work(struct client_conn *);
/* Idempotent. */
void client_snapshot_free(struct client_conn *);

#endif

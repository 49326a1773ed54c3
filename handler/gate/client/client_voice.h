/* SPDX-License-Identifier: MIT */
/*
 * Whose the voice connection of a guild is: of the session that joined first.
 * It alone gets VOICE_SERVER_UPDATE, and may move and leave.  When it ends, or
 * is away for CLIENT_VOICE_AWAY_S, the bot leaves; in the store, so that a gate
 * that was killed knows still.
 */
#ifndef HANDLER_GATE_CLIENT_CLIENT_VOICE_H
#define HANDLER_GATE_CLIENT_CLIENT_VOICE_H

#include "handler/gate/client/client_live.h"

#define CLIENT_VOICE_AWAY_S 60

struct client_voice *client_voice_new(struct gate_clients *);
void client_voice_free(struct client_voice *);

/* op 4; false: not taken. */
bool client_voice_ask(struct gate_clients *, const struct client_live *,
    const char *d, size_t len);
/* Before a record of upstream is appended. */
void client_voice_answer(struct gate_clients *, const struct gatelog_record *,
    const char *raw);
/* That session has none any more. */
void client_voice_leave(struct gate_clients *, uint64_t number);
void client_voice_expire(struct gate_clients *);

#endif

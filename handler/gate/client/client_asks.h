/* SPDX-License-Identifier: MIT */
/*
 * Questions of clients (op 8, 31, 43) and who asked: upstream gets one question
 * with a nonce of ours; each asker gets a copy of the answer with its own nonce
 * in place, and nobody else does.  Who asks the same within CLIENT_ASKS_SHARE_S
 * has the answer of the first, out of the log.
 *
 * Each question is noted in the log: a gate that was killed knows who waits.
 */
#ifndef HANDLER_GATE_CLIENT_CLIENT_ASKS_H
#define HANDLER_GATE_CLIENT_CLIENT_ASKS_H

#include "handler/gate/client/client_live.h"

#define CLIENT_ASKS_MAX 1024	   /* questions that are known at a time */
#define CLIENT_ASKS_ASKERS_MAX 64  /* of one */
#define CLIENT_ASKS_GUILDS_MAX 100 /* in an op 31 */
#define CLIENT_ASKS_SHARE_S 30
#define CLIENT_ASKS_LIFE_S 120	  /* an answer that comes later is nobody's */
#define CLIENT_ASKS_TO UINT64_MAX /* to, of a note: no session's number */

/* Finds what was asked before, by the notes. */
struct client_asks *client_asks_new(struct gate_clients *);
void client_asks_free(struct client_asks *);

/* op with d, checked JSON; false: not taken. */
bool client_asks_ask(struct gate_clients *, const struct client_live *, int op,
    const char *d, size_t len);
/* Before a record of upstream is appended.  true: it is, as the one copy there
 * needs to be, with its lane. */
bool client_asks_answer(struct gate_clients *, const struct gatelog_record *,
    const char *raw);
void client_asks_expire(struct gate_clients *);

#endif

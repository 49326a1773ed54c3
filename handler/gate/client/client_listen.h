/* SPDX-License-Identifier: MIT */
/*
 * Accepting: how many, of whom.  Who has not IDENTIFYed costs next to nothing,
 * and of too many such the oldest goes: a client that is one IDENTIFYs at once.
 */
#ifndef HANDLER_GATE_CLIENT_CLIENT_LISTEN_H
#define HANDLER_GATE_CLIENT_CLIENT_LISTEN_H

#include "handler/gate/client/gate_clients_impl.h"

#include "shared/websocket/upgrade.h"

void client_listen_begin(struct gate_clients *, int fd);
void client_listen_end(struct gate_clients *);
/* No web page, or one that is listed? */
bool client_listen_allows(const struct gate_clients_setup *,
    const struct upgrade *);

#endif

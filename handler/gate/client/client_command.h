/* SPDX-License-Identifier: MIT */
/*
 * What clients want sent to Discord: op 3, 4, 8, 31, 43.  Judged by their
 * rights and their part of the guilds; what is not theirs is counted and left.
 */
#ifndef HANDLER_GATE_CLIENT_CLIENT_COMMAND_H
#define HANDLER_GATE_CLIENT_CLIENT_COMMAND_H

#include "handler/gate/client/client_conn.h"

void client_command_act(struct client_conn *);
/* One that is not sent: counted. */
void client_command_refused(struct gate_clients *, const char *client);
/* READY is out: the presence of its IDENTIFY, if it has one. */
void client_command_presence(struct client_conn *);

/* d over the shard of guild, as soon as it can go; false: too much waits. */
bool client_command_send(struct gate_clients *, const char *client, int op,
    uint64_t guild, const char *d, size_t len);
/* Has the client's [i, m] guilds of upstream's [j, n]? */
bool client_command_meets(uint32_t i, uint32_t m, uint32_t j, uint32_t n);
/* Is the guild one that this session has? */
bool client_command_sees(const struct client_session *, uint64_t guild);

/* That shard has a new session, which knows no presence of a client's. */
void client_command_ready(struct gate_clients *, uint32_t shard);
/* Presences that wait for their turn. */
void client_command_init(struct gate_clients *);
void client_command_stop(struct gate_clients *);

#endif

/* SPDX-License-Identifier: MIT */
/* The other end of a gate wire, as bytes. */
#ifndef TESTS_UNIT_RIG_GATE_PEER_H
#define TESTS_UNIT_RIG_GATE_PEER_H

#include "shared/wire/gate_wire.h"

/* A pair of sockets: the test's end; ours does not wait. */
int gate_peer_pair(int *ours);
void gate_peer_say(int fd, const struct gate_hdr *, const void *payload);
void gate_peer_hello(int fd, uint32_t shard_count);
/* The next frame that is no HELLO, its payload with a 0 behind it: false when
 * there is none. */
bool gate_peer_hear(int fd, struct gate_hdr *, char *payload, size_t size);

#endif

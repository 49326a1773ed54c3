/* SPDX-License-Identifier: MIT */
/*
 * Fakes around a real supervisor: shards (shard_main here takes the real
 * one's place), a handler for its exec, and an HTTP server that plays
 * Discord's API.
 */
#ifndef TESTS_UNIT_SUPERVISOR_FAKE_FLEET_H
#define TESTS_UNIT_SUPERVISOR_FAKE_FLEET_H

#include <stdatomic.h>

#include "shard/shard.h"

#define SHARDS 4

/* Seen by the test, the API and all forked shards. */
struct fake_world {
	_Atomic int api_status; /* 200, 401, ... */
	_Atomic unsigned api_flags;
	_Atomic int fatal_code; /* a shard's next permit ends so */
	_Atomic unsigned uplinks[SHARDS], starts[SHARDS], identifies;
};
extern struct fake_world *fake_world;

/* Maps the world and starts the API; its port, -1 when that fails. */
int fake_fleet_open(void);
void fake_fleet_close(void);
/* main() of the handler's process. */
int fake_fleet_handler(char **argv);

#endif

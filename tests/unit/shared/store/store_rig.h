/* SPDX-License-Identifier: MIT */
/* A store of a test's own, what is put into it, and processes that use it. */
#ifndef TESTS_UNIT_SHARED_STORE_STORE_RIG_H
#define TESTS_UNIT_SHARED_STORE_STORE_RIG_H

#include "shared/store/store_env.h"
#include "tests/unit/rig/scratch.h"

#include <sys/types.h>

struct store_rig {
	char dir[SCRATCH_MAX];
	struct store store;
	struct err err;
};

/* A directory with an empty store in it; 0 or -1, as cmocka has it. */
int store_rig_open(struct store_rig *);
int store_rig_close(struct store_rig *);
/* A session of shard, of 16. */
struct store_session store_rig_session(uint32_t shard, const char *id,
    uint64_t seq);
/* A process that does this and ends with 0; its pid. */
pid_t store_rig_spawn(void (*body)(int), int arg);

#endif

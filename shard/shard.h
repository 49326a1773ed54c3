/* SPDX-License-Identifier: MIT */
/*
 * One shard: one process, one thread, one loop, one gateway session.
 */
#ifndef SHARD_SHARD_H
#define SHARD_SHARD_H

#include "shared/config/config.h"
#include "shared/wire/nonce.h"
#include "shared/page/page.h"
#include "shared/wire/role_args.h"
#include "shared/store/store.h"
#include "shared/net/tls.h"

/*
 * Runs after the fork, with every other fd closed, signals unblocked and
 * default, and the title set.  Returns the exit code of the process.
 */
int shard_main(const struct shard_args *);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * One shard: one process, one thread, one loop, one gateway session.
 */
#ifndef SHARD_SHARD_H
#define SHARD_SHARD_H

#include "shared/config/config.h"
#include "shared/wire/nonce.h"
#include "shared/page/page.h"
#include "shared/store/store.h"
#include "shared/net/tls.h"

/* All borrowed from the supervisor's memory at the time of the fork. */
struct shard_args {
	uint32_t id, count;
	uint32_t generation;	/* restarts of this slot so far */
	int control_fd;		/* SEQPACKET to the supervisor */
	int log_fd;		/* reading end of its own stderr */
	const struct nonce *nonce; /* of this fleet, see orphan.h */
	const struct config *config;
	const char *token;
	SSL_CTX *tls;
	struct page *page;
	uint32_t slot;		/* index into page->slot */
	const struct store *store;
	const char *gateway_url; /* of the last good /gateway/bot, "" if none */
	/* Another process has the place, and is to hand it over. */
	bool successor;
	bool presence;	/* that one had another: shown after RESUMED */
};

/*
 * Runs after the fork, with every other fd closed, signals unblocked and
 * default, and the title set.  Returns the exit code of the process.
 */
int shard_main(const struct shard_args *);

#endif

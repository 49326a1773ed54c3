/* SPDX-License-Identifier: MIT */
/*
 * Where OpenSSL's memory lies in a process that forks many like itself.  What
 * it allocates before the fork (140 certificates, the algorithms a handshake
 * needs) goes into a region of its own, side by side, and stays as it is: what
 * is allocated later never reuses its gaps, so those pages remain shared by all
 * shards, whenever they are forked.  Nothing here fails: without a region all
 * is as it was.
 */
#ifndef SHARED_NET_TLS_MEMORY_H
#define SHARED_NET_TLS_MEMORY_H

#include "shared/base/base.h"

#define TLS_MEMORY_REGION (32u << 20) /* of addresses; what is used counts */

/* Before the process' first call of OpenSSL that allocates, once. */
void tls_memory_begin(void);
/* What is allocated from here on lies on the heap. */
void tls_memory_end(void);
/* Bytes of the region that were ever used: each shard shares them. */
size_t tls_memory_used(void);
/* The heap's free pages go back to the system: before a fork, and when idle. */
void tls_memory_trim(void);

#endif

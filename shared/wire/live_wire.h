/* SPDX-License-Identifier: MIT */
/*
 * Events as they pass, from the handler to `shardherd events -f`: a part of the
 * contract (contract.h), of its version.
 */
#ifndef SHARED_WIRE_LIVE_WIRE_H
#define SHARED_WIRE_LIVE_WIRE_H

#include "shared/wire/contract.h"

enum live_type {
	LIVE_HELLO = 1, /* first: struct live_hello */
	LIVE_REFUSED,	/* in its place: a sentence, and the end */
	LIVE_EVENT,	/* a dispatch as Discord sent it */
	LIVE_MISSED,	/* so many (hdr.count) were left out here: no room */
};

struct live_hdr {
	uint32_t len; /* payload bytes that follow */
	uint8_t type; /* enum live_type */
	uint8_t reserved;
	uint16_t t_len; /* of the event's name, 0: none */
	uint32_t t_off; /* its offset in the payload */
	uint32_t shard;
	uint64_t seq;	  /* the dispatch's s; 0: it had none */
	uint64_t recv_ms; /* wall clock when the shard had it whole */
	uint64_t count;
};
_Static_assert(sizeof(struct live_hdr) == 40, "live_hdr is wire format");

struct live_hello {
	uint32_t version; /* CONTRACT_VERSION */
	uint32_t generation;
	int32_t pid;
	uint32_t reserved;
	char build[64];
};

#endif

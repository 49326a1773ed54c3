/* SPDX-License-Identifier: MIT */
/*
 * Control payloads: those we write (IDENTIFY, RESUME, heartbeat) and those we
 * read (HELLO, READY, op 9).  What is written may hold the token: the caller
 * wipes it, and nothing here logs.
 */
#ifndef SHARD_SESSION_PAYLOAD_H
#define SHARD_SESSION_PAYLOAD_H

#include "shared/wire/contract.h"
#include "shared/store/store.h"

#define PAYLOAD_MAX 4096 /* bytes Discord accepts (0) */

struct payload_identify {
	const char *token;
	uint64_t intents;
	uint32_t shard, shard_count;
	int64_t large_threshold;
	const char *presence; /* JSON object or "" */
};
/* Length of what is in out, or 0 when it does not fit or is not JSON. */
size_t payload_identify(char out[PAYLOAD_MAX + 1],
    const struct payload_identify *);
size_t payload_resume(char out[PAYLOAD_MAX + 1], const char *token,
    const char *session, uint64_t seq);
/* op 3: what presence ("" or JSON object) leaves out is as a bot begins with.
 * 0 as above. */
size_t payload_presence(char out[PAYLOAD_MAX + 1], const char *presence);
size_t payload_heartbeat(char out[64], bool has_seq, uint64_t seq);
void payload_wipe(char out[PAYLOAD_MAX + 1]);

/* heartbeat_interval in ms; 0: missing, not a number, or below 1. */
uint64_t payload_hello(const char *text, size_t len);
/* d of op 9; anything but true is false (2.8). */
bool payload_resumable(const char *text, size_t len);

struct payload_ready {
	char session[CONTRACT_SESSION_MAX]; /* "": none, or too long */
	char url[STORE_URL_MAX];	    /* "": none, or too long */
	uint32_t guilds;
};
void payload_ready(const char *text, size_t len, struct payload_ready *);

/* A RATE_LIMITED dispatch: false when it is not one we can use. */
struct payload_limited {
	unsigned opcode;
	double retry_after_s;
	uint64_t guild; /* 0: none */
};
bool payload_limited(const char *text, size_t len, struct payload_limited *);
/* d of an op 8 (6.1): the guild of a full member list, 0: it is none. */
uint64_t payload_full_list(const char *text, size_t len);

/* First 8 bytes of SHA-256("shardherd token" || token). */
uint64_t payload_identity(const char *token);

#endif

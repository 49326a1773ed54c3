/* SPDX-License-Identifier: MIT */
/*
 * What a client says, read strictly: op and d, and of IDENTIFY and RESUME what
 * decides.  Pure; the texts are at most GATE_CLIENTS_MESSAGE_MAX long.
 */
#ifndef HANDLER_GATE_CLIENT_CLIENT_PAYLOAD_H
#define HANDLER_GATE_CLIENT_CLIENT_PAYLOAD_H

#include "handler/gate/client/gate_clients.h"

#define CLIENT_PAYLOAD_TOKEN_MAX 256

struct client_payload {
	int op;	       /* -1: none */
	const char *d; /* in the text; NULL: absent */
	size_t len;
};

/* false: not JSON, or no object. */
bool client_payload_read(const char *text, size_t len, struct client_payload *);

/* The s in op 1's d; false: null, or no number that can be one. */
bool client_payload_seq(const struct client_payload *, uint64_t *);

struct client_identify {
	char token[CLIENT_PAYLOAD_TOKEN_MAX]; /* without "Bot " */
	uint64_t intents;
	uint32_t shard, count;
	bool shard_bad;	      /* 4010 */
	const char *presence; /* JSON in the text; NULL: none */
	size_t presence_len;
};
/* false: 4002. */
bool client_payload_identify(const struct client_payload *,
    struct client_identify *);

struct client_resume {
	char token[CLIENT_PAYLOAD_TOKEN_MAX];
	char session[CLIENT_SESSION_ID_MAX];
	uint64_t s;
};
bool client_payload_resume(const struct client_payload *,
    struct client_resume *);

#endif

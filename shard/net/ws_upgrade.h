/* SPDX-License-Identifier: MIT */
/*
 * The HTTP half of a websocket connection (RFC 6455 section 4): the request's
 * text and a strict reading of the answer.  No I/O.
 */
#ifndef SHARD_NET_WS_UPGRADE_H
#define SHARD_NET_WS_UPGRADE_H

#include "shared/base/base.h"

#define WS_UPGRADE_KEY_MAX 32 /* base64 of 16 bytes, NUL included */
#define WS_UPGRADE_ANSWER_MAX                                                  \
	16384			 /* header bytes accepted, interim included */
#define WS_UPGRADE_INTERIM_MAX 8 /* answers of status 1xx that are skipped */

struct ws_upgrade_url {
	bool tls;
	uint16_t port;
	char host[256];	     /* without brackets */
	char authority[300]; /* as in the Host header */
	char path[256];	     /* begins with '/' */
};

/* ws:// or wss://, nothing else: 0 or -1. */
int ws_upgrade_parse_url(const char *url, struct ws_upgrade_url *);
/* A fresh random key: 0 or -1. */
int ws_upgrade_key(char key[WS_UPGRADE_KEY_MAX]);
/* The request, query appended to the path; false when it does not fit. */
bool ws_upgrade_request(char *out, size_t size, const struct ws_upgrade_url *,
    const char *query, const char *key);

struct ws_upgrade_answer {
	unsigned status;
	uint64_t retry_after_s; /* 0: absent or not a number */
	char ray[64];		/* CF-RAY, for the log */
	size_t length;		/* of all headers, blank line included */
	const char *wrong;	/* status 101, but: NULL when all is well */
};
/*
 * 1 complete, 0 more bytes needed, -1 not HTTP.  Interim answers are skipped;
 * the one behind WS_UPGRADE_INTERIM_MAX of them is taken for the answer.
 */
int ws_upgrade_parse(const char *text, size_t len, const char *key,
    struct ws_upgrade_answer *);

#endif

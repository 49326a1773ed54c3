/* SPDX-License-Identifier: MIT */
/*
 * The websocket upgrade, strictly (RFC 6455 section 4.2.1), and the gateway's
 * query (discord-protocol.md section 2.1).  Pure text in, text out.
 */
#ifndef TOOLS_SIM_NET_UPGRADE_H
#define TOOLS_SIM_NET_UPGRADE_H

#include "tools/sim/net/compress.h"

#define UPGRADE_MAX 16384 /* bytes of a request's head */

struct upgrade {
	char accept[32]; /* Sec-WebSocket-Accept */
	unsigned close;	 /* 0, or the close code to send once open */
	const char *why; /* with close, or with a status that is not 101 */
	const char *odd; /* NULL, or what is odd and taken */
	enum compress_kind compress;
};

/* Length of the head with its blank line, 0 when it isn't whole yet. */
size_t upgrade_head(const char *text, size_t len);
/* The HTTP status to answer: 101 with all fields set, or an error. */
int upgrade_read(const char *text, size_t len, struct upgrade *);
/* Appends the answer for status; retry_after 0: no such header. */
void upgrade_answer(struct sbuf *, int status, const char *accept,
    unsigned retry_after);

#endif

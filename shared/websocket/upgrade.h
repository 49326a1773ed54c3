/* SPDX-License-Identifier: MIT */
/*
 * The websocket upgrade, strictly (RFC 6455 section 4.2.1), and the gateway's
 * query (discord-protocol.md section 2.1): any path and any other parameter is
 * taken, extensions are declined.  Pure text in, text out.
 */
#ifndef SHARED_WEBSOCKET_UPGRADE_H
#define SHARED_WEBSOCKET_UPGRADE_H

#include "shared/websocket/compress.h"

#define UPGRADE_MAX 16384 /* bytes of a request's head */

struct upgrade {
	char accept[32]; /* Sec-WebSocket-Accept */
	unsigned close;	 /* 0, or the close code to send once open */
	const char *why; /* with close, or with a status that is not 101 */
	const char *odd; /* NULL, or what is odd and taken */
	enum compress_kind compress;
	/* Of a browser's page, in the text that was read; NULL: there is none,
	 * length 0: it is empty or there are several. */
	const char *origin;
	size_t origin_len;
};

/* Length of the head with its blank line, 0 when it isn't whole yet. */
size_t upgrade_head(const char *text, size_t len);
/* The HTTP status to answer: 101 with all fields set, or an error. */
int upgrade_read(const char *text, size_t len, struct upgrade *);
/* Appends the answer for status; retry_after 0: no such header; more: headers
 * besides, each with its end of line. */
void upgrade_answer(struct buf *, int status, const char *accept,
    unsigned retry_after, const char *more);

#endif

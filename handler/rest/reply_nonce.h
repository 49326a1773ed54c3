/* SPDX-License-Identifier: MIT */
/*
 * The nonces of replies, by which Discord knows a message that is posted
 * again: of the plugin, the message answered, and a running number of its
 * replies to that message.  A call that is made again, and an event that comes
 * again to a new process, give the same; two replies, or two plugins', never.
 */
#ifndef HANDLER_REST_REPLY_NONCE_H
#define HANDLER_REST_REPLY_NONCE_H

#include "shared/base/base.h"

#define REPLY_NONCE_MAX 17 /* 16 of 25 characters, and the end */
/* Messages whose replies are counted, in sets; the oldest of a set goes.  More
 * than are answered in the minutes for which Discord knows a nonce. */
#define REPLY_NONCE_SETS 2048
#define REPLY_NONCE_WAYS 16

struct reply_nonces {
	struct {
		uint64_t key;  /* of plugin, process and message; 0: free */
		uint64_t used; /* serial of its last use */
		uint32_t n;
	} set[REPLY_NONCE_SETS][REPLY_NONCE_WAYS];
	uint64_t serial;
};

/* Of the next reply of this plugin's process (life) to that message. */
void reply_nonce_next(struct reply_nonces *, const char *plugin, uint64_t life,
    const char *message, char out[REPLY_NONCE_MAX]);
/* Of the n-th. */
void reply_nonce_of(const char *plugin, const char *message, uint32_t n,
    char out[REPLY_NONCE_MAX]);

#endif

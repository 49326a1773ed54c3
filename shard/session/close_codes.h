/* SPDX-License-Identifier: MIT */
/*
 * What to do when a gateway connection ends: discord-protocol.md 2.11 as a
 * table.  A code that is not in it is never fatal.
 */
#ifndef SHARD_SESSION_CLOSE_CODES_H
#define SHARD_SESSION_CLOSE_CODES_H

#include "shared/base/base.h"

#define CLOSE_CODES_NO_CODE 1006   /* FIN, RST, timeout: never on the wire */
#define CLOSE_CODES_OUR_CLOSE 4900 /* keeps the session resumable (2.10) */

enum close_codes_reaction {
	REACT_RESUME,	/* RESUME if a session is held, else IDENTIFY */
	REACT_IDENTIFY, /* the session is void */
	REACT_FATAL, /* no reconnect: an operator or a new layout is needed */
};

struct close_codes_rule {
	uint16_t code;
	uint8_t react;	 /* enum close_codes_reaction */
	uint8_t our_bug; /* log it loudly: we sent something wrong */
	uint16_t wait_s; /* at least, before the next attempt */
	const char *words;
	const char *advice; /* fatal ones: what happened and what to do */
};

/* Never NULL; code 0 means a close without any code. */
const struct close_codes_rule *close_codes_find(unsigned code);

/*
 * Seconds to wait at least after an upgrade answered by HTTP status instead of
 * 101 (2.11, last row); retry_after_s as the server sent it, 0 when absent.
 */
double close_codes_http_wait(unsigned status, uint64_t retry_after_s);

#endif

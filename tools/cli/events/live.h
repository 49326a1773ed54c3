/* SPDX-License-Identifier: MIT */
/*
 * Discord's events as they pass, from the handler over a socket that this
 * process makes and the supervisor hands on (contract.h).
 */
#ifndef TOOLS_CLI_EVENTS_LIVE_H
#define TOOLS_CLI_EVENTS_LIVE_H

#include "shared/base/buf.h"
#include "shared/config/config.h"
#include "shared/wire/live_wire.h"

#define LIVE_HELLO_S 10		   /* for the handler's first word */
#define LIVE_FRAME_MAX (16u << 20) /* beyond it this is no handler of ours */

/* Which; the names borrowed. */
struct live_want {
	const char *const *name;
	size_t names;	   /* 0: all */
	const char *guild; /* NULL: any */
	int64_t shard;	   /* -1: any */
};

struct live {
	int fd; /* -1: not open */
	struct buf in;
	size_t taken;	     /* of the front: the frame handed out last */
	uint32_t generation; /* of the handler */
};

/* Asks and waits for the first word: 0, or -1 with err and nothing open. */
int live_open(struct live *, const struct config *, const struct live_want *,
    struct err *);
/* Reads once what is there: 0, or -1 at the end. */
int live_read(struct live *);
/* 1 with the next frame, its payload borrowed until the next call, 0 there is
 * none yet, -1 with err: what comes is no stream of events. */
int live_next(struct live *, struct live_hdr *, const char **payload,
    struct err *);
void live_close(struct live *);

#endif

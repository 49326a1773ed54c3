/* SPDX-License-Identifier: MIT */
/*
 * Another shard count: Discord refused the present layout (4010, 4011), so
 * /gateway/bot is asked for a fitting one and the fleet is started anew with
 * it, every session of the old layout being void (discord-protocol.md 4.2).
 * That costs an IDENTIFY per shard: it is not begun without the budget for it.
 */
#ifndef SUPERVISOR_RESHARD_H
#define SUPERVISOR_RESHARD_H

#include "shared/base/timer.h"
#include "supervisor/identify/discord_ask.h"

struct fleet;

enum reshard_state {
	RESHARD_NOT,
	RESHARD_ASKING,	 /* the answer decides */
	RESHARD_SHORT,	 /* waits for budget; answers decide again */
	RESHARD_STOPPING /* the old layout ends */
};

enum reshard_verdict {
	RESHARD_GO,
	RESHARD_FIXED, /* the count is the operator's */
	RESHARD_SAME,  /* Discord recommends what it refuses */
	RESHARD_NO_BUDGET
};

struct reshard {
	struct fleet *fleet;
	enum reshard_state state;
	uint32_t code, shard; /* what began it */
	struct timer timer;   /* out of the members' own calls */
};

void reshard_init(struct reshard *, struct fleet *);
void reshard_begin(struct reshard *, uint32_t code, uint32_t shard);
/* An answer came; true: the fleet is being stopped because of it. */
bool reshard_answered(struct reshard *, const struct discord_ask_answer *);
/* A child ended. */
void reshard_progress(struct reshard *);

/* configured: 0 for auto; spare: IDENTIFYs left above the reserve. */
enum reshard_verdict reshard_judge(uint32_t count, int64_t configured,
    int64_t recommended, int64_t spare);

#endif

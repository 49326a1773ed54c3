/* SPDX-License-Identifier: MIT */
/*
 * Another shard count: Discord refused the present layout (4010, 4011), so
 * /gateway/bot is asked for a fitting one and the fleet is started anew with
 * it, every session of the old layout being void (discord-protocol.md 4.2).
 * That costs an IDENTIFY per shard: it is not begun without the budget for it.
 */
#ifndef SUPERVISOR_REPLAN_H
#define SUPERVISOR_REPLAN_H

#include "shared/base/timer.h"
#include "supervisor/identify/discord_ask.h"

struct fleet;

enum replan_state {
	REPLAN_NOT,
	REPLAN_ASKING,		/* the answer decides */
	REPLAN_SHORT,		/* waits for budget; answers decide again */
	REPLAN_STOPPING		/* the old layout ends */
};

enum replan_verdict {
	REPLAN_GO,
	REPLAN_FIXED,		/* the count is the operator's */
	REPLAN_SAME,		/* Discord recommends what it refuses */
	REPLAN_NO_BUDGET
};

struct replan {
	struct fleet *fleet;
	enum replan_state state;
	uint32_t code, shard;	/* what began it */
	struct timer timer;	/* out of the members' own calls */
};

void replan_init(struct replan *, struct fleet *);
void replan_begin(struct replan *, uint32_t code, uint32_t shard);
/* An answer came; true: the fleet is being stopped because of it. */
bool replan_answered(struct replan *, const struct discord_ask_answer *);
/* A child ended. */
void replan_progress(struct replan *);

/* configured: 0 for auto; spare: IDENTIFYs left above the reserve. */
enum replan_verdict replan_judge(uint32_t count, int64_t configured,
    int64_t recommended, int64_t spare);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * This room: what handlers ask the gate's cache for plugins and clients'
 * REST calls, and the answers.
 *
 * A question is answered from one moment of the cache, which has in it every
 * event that was in the log before the question came and matters to it: whoever
 * was told of a change and asks is not told of what was before.  It waits for
 * that, off the way of events, until a deadline; then it is answered by what
 * there is.
 */
#ifndef HANDLER_GATE_ASK_ASK_H
#define HANDLER_GATE_ASK_ASK_H

#include "shared/guilds/guild_cache.h"
#include "shared/wire/contract.h"

struct ask_answer {
	struct gate_answer head;
	struct buf text;
};

/* self: the bot's user id, 0: not known.  behind: what came behind the struct.
 * The answer is the caller's; a view that fails is COLD. */
void ask_answer(const struct guild_cache_view *, const struct gate_ask *,
    const char *behind, size_t len, uint64_t self, struct ask_answer *);
extern const char ask_cold[]; /* a sentence */
/* A sentence instead. */
void ask_refuse(struct ask_answer *, enum gate_answered, const char *why);

#endif

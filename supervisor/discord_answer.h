/* SPDX-License-Identifier: MIT */
/*
 * Turns Discord's answer to /gateway/bot and its like into what the fleet does:
 * launch, budget, holds, another layout; a refused token before the launch ends
 * the supervisor.
 */
#ifndef SUPERVISOR_DISCORD_ANSWER_H
#define SUPERVISOR_DISCORD_ANSWER_H

#include "supervisor/identify/discord_ask.h"

struct fleet;

/* A good answer, or a refusal; may launch, and writes to disk. */
void discord_answer(struct fleet *, const struct discord_ask_answer *);

#endif

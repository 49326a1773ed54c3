/* SPDX-License-Identifier: MIT */
/*
 * Session starts as Discord counts them (discord-protocol.md sections 3.3 and
 * 4.3): one budget for each bot, one IDENTIFY per key in each interval.
 */
#ifndef TOOLS_SIM_BOOK_STARTS_H
#define TOOLS_SIM_BOOK_STARTS_H

#include "tools/sim/base/sim.h"

#define STARTS_WINDOW_MS (24u * 3600u * 1000u)

/* From what the first bot's was set to (remaining < 0: all of total); the
 * others have all of its total. */
void starts_init(struct sim *);
/* Refills the budget when its time has come; call before reading starts. */
void starts_refresh(struct sim *, unsigned bot);
/*
 * Takes one start from the budget; whatever comes of the IDENTIFY it is spent
 * (discord/discord-api-docs#1328).  False when there is none.
 */
bool starts_spend(struct sim *, unsigned bot);
/* Takes the shard's key for an interval from at_ms; false: it is too soon. */
bool starts_key(struct sim *, unsigned bot, unsigned shard, uint64_t at_ms);
uint64_t starts_reset_after_ms(struct sim *, unsigned bot);
void starts_set_reset_after(struct sim *, unsigned bot, uint64_t ms);

#endif

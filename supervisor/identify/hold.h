/* SPDX-License-Identifier: MIT */
/*
 * The fleet on hold: a cause that is common to all shards (token refused,
 * intents not allowed, ...) was met once, so nobody may IDENTIFY until it is
 * cleared (discord-protocol.md 3.3 rule 5).  Live sessions go on and RESUMEs
 * stay free.  Only an operator's "release" or a start with other settings lets
 * go, and only after what can be checked again was checked.
 */
#ifndef SUPERVISOR_IDENTIFY_HOLD_H
#define SUPERVISOR_IDENTIFY_HOLD_H

#include "shared/base/err.h"
#include "supervisor/identify/discord_ask.h"
#include "supervisor/identify/permit.h"

struct fleet;

#define HOLD_NO_SHARD UINT32_MAX

struct hold {
	struct fleet *fleet;
	uint32_t code;	   /* close code, or 401 of the API; 0: no hold */
	uint64_t since_ms; /* boot stamp */
	bool checking;	   /* "release" waits for the asker */
	uint32_t checks;   /* answers to "release" so far */
	char text[PERMIT_WORDS];
};

void hold_init(struct hold *, struct fleet *);
/* After a launch: what an earlier life met and nobody can check by asking. */
void hold_restore(struct hold *);
/* Holds the fleet, unless it is held already. */
void hold_set(struct hold *, uint32_t code, uint32_t shard, const char *text);
/* Asked by an operator; -1 with a sentence when that can't help. */
int hold_release(struct hold *, struct err *);
/* Everything was asked and answered; missing: intents not granted, in words. */
void hold_answered(struct hold *, const char *missing);
/* Another token is in force: a hold that the old one caused is over. */
void hold_new_token(struct hold *);
bool hold_of_token(const struct hold *);
/* The token was refused again. */
void hold_refused(struct hold *);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Keeps asking /gateway/bot until it answers, with growing delays, and hands
 * the answer, or the refusal of the token, to fleet->answered().  Resumes
 * never wait for it (discord-protocol.md 1.2).
 */
#ifndef SUPERVISOR_IDENTIFY_DISCORD_INFO_H
#define SUPERVISOR_IDENTIFY_DISCORD_INFO_H

#include "supervisor/identify/discord_ask.h"
#include "supervisor/identify/answer_rules.h"

struct fleet;

#define DISCORD_INFO_BUSY_MS                                                   \
	60000 /* between questions while shards IDENTIFY, or
				   do not reach the gateway */
#define DISCORD_INFO_REFUSED_S                                                 \
	600.0			   /* until a token that was refused is tried */
#define DISCORD_INFO_LEAST_MS 2000 /* between questions of an operator */

struct discord_info {
	struct fleet *fleet;
	struct discord_ask ask;
	struct timer retry;
	enum discord_ask_what what; /* of the question under way or due */
	bool more;		    /* everything is wanted once that is over */
	uint64_t asked_ms; /* boot stamp of the last question, 0: none */
	uint32_t fails;	   /* in a row */
	struct answer_rules_pace pace;
	uint64_t answered_ms; /* asked_ms of the last question answered, be
				   it by a refusal of the token; 0: none */
	uint32_t recommended; /* shards of the last answer; 0: none yet */
	bool forbidden;	      /* 401, proved: asked every 10 min only */
};

void discord_info_init(struct discord_info *, struct fleet *);
/* Asks now, or makes the question already under way or due do. */
void discord_info_want(struct discord_info *, enum discord_ask_what);
void discord_info_stop(struct discord_info *);
/* A shard found nobody at the gateway: it may have moved. */
void discord_info_unreached(struct discord_info *);
/* The token may be asked with again: the next question need not wait. */
void discord_info_allow(struct discord_info *);
/* Asks when Discord's counter is to be compared with ours again. */
void discord_info_tick(struct discord_info *);
/*
 * An operator wants that now: a new question, as the answer to one that is
 * under way may be older than what he asks about.  -1 when it was just done.
 */
int discord_info_now(struct discord_info *, struct err *);

#endif

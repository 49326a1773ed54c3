/* SPDX-License-Identifier: MIT */
/*
 * Judges answers: is the URL usable, how many shards, which intents are
 * missing, how long until the next question.  Pure functions; who asks and
 * what follows is discord_info.c's and supervisor.c's business.
 */
#ifndef SUPERVISOR_IDENTIFY_ANSWER_RULES_H
#define SUPERVISOR_IDENTIFY_ANSWER_RULES_H

#include "supervisor/identify/discord_ask.h"

#define ANSWER_RULES_SHARDS_MAX 16384 /* more is taken for nonsense */

/*
 * Clamps and checks what /gateway/bot said, its URL by gateway_url.h; false:
 * its words say why not, treat it like a 5xx.
 */
bool answer_rules_answer_ok(struct discord_ask_answer *, const char *api);
/* configured: 0 for auto; recommended: of the answer, 0 when not known. */
uint32_t answer_rules_count(int64_t configured, int64_t recommended);
/*
 * Which privileged intents are asked for and not granted by the application's
 * flags (discord-protocol.md 6.2)?  Bits; 0: none.
 */
uint64_t answer_rules_missing_intents(uint64_t intents, uint64_t flags);
/*
 * Seconds until the next question after `fails` failures in a row: full
 * jitter, 1 to 60 s; what Discord asked for is honoured, never shortened.
 */
double answer_rules_retry_s(const struct discord_ask_answer *, uint32_t fails,
    double random);
/*
 * Questions that follow answers at once: an answer that leads to the next
 * question must not do so for ever (remaining 0, and the reset is now).
 */
struct answer_rules_pace {
	uint32_t quick;	  /* of them in a row */
	uint64_t over_ms; /* boot stamp of the last answer; 0: none yet */
};
#define ANSWER_RULES_QUICK 2 /* a start asks twice */
#define ANSWER_RULES_CALM_MS                                                   \
	10000u /* after an answer: the next one is not quick */
/* Seconds by which a question that is wanted now is put off; counts it. */
double answer_rules_pace_s(struct answer_rules_pace *, uint64_t now_ms,
    double random);
/* One sentence about a failed question, for the log and the status page. */
void answer_rules_words(const struct discord_ask_answer *, double retry_s,
    char *out, size_t size);

#endif

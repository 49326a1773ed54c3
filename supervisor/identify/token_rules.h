/* SPDX-License-Identifier: MIT */
/* What another token costs, whose it may be, and how one gets here. */
#ifndef SUPERVISOR_IDENTIFY_TOKEN_RULES_H
#define SUPERVISOR_IDENTIFY_TOKEN_RULES_H

#include "supervisor/identify/discord_ask.h"

/* Whose token it is, as Discord said. */
struct token_rules_bot {
	uint64_t identity; /* of the token, secret.h */
	char user_id[24], app_id[24], name[64];
};

/* What it costs and whether the budget allows that. */
struct token_rules_cost {
	uint32_t shards, keys; /* to move; that may IDENTIFY together */
	double interval_s;
	int64_t total, remaining, reserve, reset_ms;
	bool force;
};
/* In about so many seconds all have IDENTIFYed. */
double token_rules_seconds(const struct token_rules_cost *);
/* The cost in a sentence: 0, or -1 with why it can't be paid. */
int token_rules_price(const struct token_rules_cost *, char *out, size_t size,
    struct err *);
/* The same bot, by application or, where that is unknown, by user? */
bool token_rules_same_bot(const struct token_rules_bot *,
    const struct discord_ask_answer *);
/* How a new token gets here, for who reads that the present one is refused. */
void token_rules_road(const struct config *, char *out, size_t size);

#endif

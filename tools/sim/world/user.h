/* SPDX-License-Identifier: MIT */
/*
 * Users: the people of the seed, the world's bots, and people who were made
 * later.  A user is an index; WORLD_BOT is the first bot's.
 */
#ifndef TOOLS_SIM_WORLD_USER_H
#define TOOLS_SIM_WORLD_USER_H

#include "tools/sim/world/world.h"

#define USER_MADE_MAX 65536 /* people and bots besides the seed's people */

/* The user object; borrowed.  After an edit in place: user_changed(). */
json_object *user_doc(struct world *, unsigned user);
/* The same as text, until it changes; borrowed. */
const char *user_text(struct world *, unsigned user);
void user_changed(struct world *, unsigned user);
uint64_t user_id(const struct world *, unsigned user);
/* Index (WORLD_BOT for the first bot), or -1. */
int64_t user_find(const struct world *, uint64_t id);
/* By snowflake, username, or (those of made people) global name, in any case;
 * -1: nobody, -2: several. */
int64_t user_named(struct world *, const char *name);
/* A new person or bot; -1: USER_MADE_MAX, or no username (2 to 32 of
 * letters, digits, '_' and '.'; or taken). */
int64_t user_new(struct world *, const char *username, bool bot);
/* The n-th bot's user, n < the number of bots, and the other way: -1. */
unsigned user_bot(const struct world *, unsigned n);
int user_bot_number(const struct world *, unsigned user);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The use of what a bot offers, as the bot is told of it: an INTERACTION_CREATE
 * with a live token (discord-protocol.md sections 6.6 and 7.3), counted until
 * it is answered.
 */
#ifndef TOOLS_SIM_PEOPLE_USE_H
#define TOOLS_SIM_PEOPLE_USE_H

#include "tools/sim/base/sbuf.h"
#include "tools/sim/base/sim.h"
#include "tools/sim/people/near.h"
#include "tools/sim/people/who.h"
#include "tools/sim/world/world_interaction.h"

#define USE_ATTACHMENT_MAX 10485760 /* attachment_size_limit, bytes */

struct use {
	struct sim *sim;
	enum world_interaction_type type;
	struct world_channel ch;
	unsigned user;		   /* who does it */
	unsigned bot;		   /* whose command it is, its number */
	struct world_msg *message; /* it belongs to, or NULL */
	uint64_t opener;	   /* of a modal; 0 */
	unsigned installs;	   /* enum world_install; 0: the guild's */
};

/* Adds {"KIND":{"ID":what}} to a `resolved`; takes what over. */
void use_add(json_object *to, const char *kind, uint64_t id, json_object *what);
/* Adds the user with what makes it a member, the role, or the channel of that
 * id to a `resolved`; all else is left out. */
void use_resolve(struct use *, json_object *to, uint64_t id);
/* The value of one of a selection's options, by value or label; NULL, with
 * what there is in near (zeroed). */
const char *use_option(json_object *options, const char *word, struct near *);
/* What is taken by name; channels alone. */
enum { USE_USERS = 1, USE_ROLES = 2, USE_CHANNELS = 4 };
/* By a component's type: a selection of users, roles, either, or channels. */
unsigned use_kinds_of_select(int type);
/* The id of who or what is called so, of one of these kinds, a channel of one
 * of these types (NULL: any), added to `resolved`; NULL with why. */
json_object *use_named(struct use *, struct who *, unsigned kinds,
    json_object *types, const char *word, json_object *resolved);
/* Tells the bot, taking data over.  NULL with why: too many are live. */
struct world_interaction *use_emit(struct use *, json_object *data,
    struct sbuf *why);

#endif

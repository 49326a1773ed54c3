/* SPDX-License-Identifier: MIT */
/*
 * Who, where and which: what people at the desk call guilds, channels, roles,
 * persons and messages.  A function that says false has said why.
 */
#ifndef TOOLS_SIM_PEOPLE_WHO_H
#define TOOLS_SIM_PEOPLE_WHO_H

#include "tools/sim/people/words.h"
#include "tools/sim/world/guild.h"

/* A person who does something, and where. */
struct who {
	struct sim *sim;
	struct world *w;
	struct sbuf *why;
	unsigned user;
	struct world_channel ch;
	struct guild *g; /* NULL: ch is a DM */
	bool later;	 /* what failed may go well later */
};

/* Number, id or name of a guild; NULL: the first one there is. */
struct guild *who_guild(struct sim *, const char *word, struct sbuf *why);
/* By username, id, or a name in the guild (NULL: any), with or without "@" or
 * as a mention. */
bool who_named(struct sim *, struct guild *, const char *name, unsigned *user,
    struct sbuf *why);
/* The same of who is a member. */
bool who_member(struct sim *, struct guild *, const char *name, unsigned *user,
    struct sbuf *why);
/* Role and channel of a guild by id, mention or name; NULL, or false. */
json_object *who_role(struct guild *, const char *name, struct sbuf *why);
bool who_channel(struct guild *, const char *name, struct world_channel *,
    struct sbuf *why);
/*
 * Where: a channel's id, "#name" (of the first guild), "GUILD#name", a guild
 * (its first channel), "dm", "dm@BOT"; NULL is the first guild's first channel.
 * And who: `as`, or the guild's owner; he must be in the guild, and see the
 * channel.
 */
bool who_where(struct who *, struct sim *, const char *where, const char *as,
    struct sbuf *why);
/* The number of the bot of that name or id. */
bool who_bot(struct who *, const char *name, unsigned *bot);
/* A guild and who: `as`, or its owner. */
bool who_in_guild(struct who *, struct sim *, const char *guild, const char *as,
    struct sbuf *why);
/* Whose newest message "last" is. */
enum who_last {
	WHO_BOTS,	   /* the bot's */
	WHO_BOTS_WITH_ANY, /* the bot's with buttons or selections */
	WHO_OWN,	   /* the person's own */
};
/* A message by its id or "last", there when `in` is given.  Sets who and where
 * as who_where() does; NULL: none. */
struct world_msg *who_message(struct who *, struct sim *, const char *message,
    const char *in, const char *as, enum who_last, struct sbuf *why);
/* All of bits (PERM_...) in the channel; or why not. */
bool who_may(struct who *, uint64_t bits);
/* The same in the guild as a whole. */
bool who_may_in_guild(struct who *, uint64_t bits);
/* Whether the person stands above a member. */
bool who_above(struct who *, unsigned user);
/* Whether a message is shown to a person: all are, but for ephemeral ones,
 * which are whose interaction they answer. */
bool who_sees(struct world *, const struct world_msg *, unsigned user);
/* A user's name, until the user changes. */
const char *who_name(struct world *, unsigned user);
/* Tells the bots in that guild, if they see that channel (NULL: they need not
 * see any); d is borrowed.  False: nobody heard. */
bool who_tell(struct sim *, struct guild *, const struct world_channel *,
    const char *t, json_object *d);

#endif

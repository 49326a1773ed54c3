/* SPDX-License-Identifier: MIT */
/* The world's own struct: for world*.c only. */
#ifndef TOOLS_SIM_WORLD_WORLD_IMPL_H
#define TOOLS_SIM_WORLD_WORLD_IMPL_H

#include "tools/sim/world/world_command.h"
#include "tools/sim/world/world_hook.h"
#include "tools/sim/world/world_interaction.h"
#include "tools/sim/world/world_mark.h"
#include "tools/sim/world/user.h"

#include "tools/sim/base/sim.h"

#include "shared/base/list.h"

struct guild;
struct world_template;

struct user {
	uint64_t id;
	json_object *doc; /* NULL: as the seed has it, not yet asked for */
	char *text;	  /* doc as text; NULL: not yet asked for */
	bool changed;
};

struct world {
	uint64_t seed;
	unsigned guilds;
	uint64_t bot, app;

	unsigned people;    /* WORLD_PEOPLE */
	uint64_t inverse;   /* of 131 modulo people */
	unsigned members;   /* people of the seed in each guild */
	size_t guild_bytes; /* the least GUILD_CREATE has */
	struct user first_bot, *seed_user, *made;
	unsigned made_count;
	json_object *user_index; /* id of a made one -> index */
	unsigned bots;
	unsigned bot_user[SIM_BOTS_MAX];

	struct guild **slot;	    /* by index; NULL: as the seed has it */
	struct list fresh, changed; /* the guilds in slots */
	unsigned fresh_count;
	json_object *home; /* id of something made -> its guild's index */

	bool *dm_open;		      /* of each bot with each user */
	uint64_t snow_ms, snow_count; /* of the last snowflake */
	uint64_t *last_msg;	      /* per guild: id of the last message */
	struct world_msgs *msgs;
	struct world_template *templates; /* world_render.c */
	uint64_t last;			  /* id of the message made last */
	int64_t now_second;		  /* whose text `now` holds */
	char now[40];
	struct world_interaction interaction[WORLD_INTERACTIONS_MAX];
	struct world_interactions interactions;
	uint64_t tokens;		 /* made so far */
	json_object *marks[WORLD_MARKS]; /* world_mark.c */
	struct world_commands commands[WORLD_COMMAND_SCOPES_MAX];
	json_object *apps; /* app.c, by the bot's id; NULL: none asked for */
};

/* Where each kind of id begins, and how far apart two of them are. */
enum world_kind {
	WORLD_KIND_GUILD,
	WORLD_KIND_ROLE,
	WORLD_KIND_CHANNEL,
	WORLD_KIND_USER,
	WORLD_KIND_DM,
	WORLD_KIND_APP,
	WORLD_KIND_MORE, /* what fills a large guild */
	WORLD_KIND_AVATAR,
	WORLD_KINDS
};

#define WORLD_DMS (WORLD_PEOPLE + USER_MADE_MAX) /* users a bot may write to */
#define WORLD_MORE_MAX 4096 /* things that fill one guild */

uint64_t world_more_id(const struct world *, unsigned guild, unsigned n);
/* Something made is in that guild from now on. */
void world_home_set(struct world *, uint64_t id, unsigned guild);
/* It is gone. */
void world_home_drop(struct world *, const char *key);
/* The id of a person of the seed, and whose an id is, or -1. */
uint64_t world_seed_user(const struct world *, unsigned user);
int64_t world_seed_find(const struct world *, uint64_t id);

void world_interaction_close(struct world *);
struct world_msgs *world_msg_stores(void);
void world_msg_stores_free(struct world_msgs *);
/* Calls fn for every message that is still there, the oldest of each ring
 * first. */
void world_msg_each(struct world *,
    bool (*fn)(void *arg, enum world_ring, const struct world_msg *),
    void *arg);
/* The text of a new token. */
void world_token(struct world *, char *out, size_t size);
void world_render_open(struct world *);
void world_render_close(struct world *);

#endif

/* SPDX-License-Identifier: MIT */
/* The world's own struct: for world*.c only. */
#ifndef TOOLS_SIM_WORLD_WORLD_IMPL_H
#define TOOLS_SIM_WORLD_WORLD_IMPL_H

#include "tools/sim/world/world_command.h"
#include "tools/sim/world/world_hook.h"
#include "tools/sim/world/world_interaction.h"
#include "tools/sim/world/world_reaction.h"

struct world_template;

struct world {
	uint64_t seed;
	unsigned guilds;
	uint64_t bot, app;
	char *user_json[WORLD_USERS];
	char *bot_json;
	bool dm_open[WORLD_USERS];
	uint64_t snow_ms, snow_count; /* of the last snowflake */
	json_object *overlay;	      /* id -> changed keys */
	uint64_t *last_msg;	      /* per guild: id of the last message */
	struct world_msgs *msgs;
	struct world_template *templates; /* world_render.c */
	uint64_t last;			  /* id of the message made last */
	int64_t now_second;		  /* whose text `now` holds */
	char now[40];
	struct world_hook hook[WORLD_HOOKS_MAX];
	struct world_interaction interaction[WORLD_INTERACTIONS_MAX];
	struct world_interactions interactions;
	uint64_t tokens; /* made so far */
	struct world_reaction reaction[WORLD_REACTIONS_MAX];
	uint64_t reactions; /* put so far */
	struct world_commands commands[WORLD_COMMAND_SCOPES_MAX];
};

/* Where each kind of id begins, and how far apart two of them are. */
enum world_kind {
	WORLD_KIND_GUILD,
	WORLD_KIND_ROLE,
	WORLD_KIND_CHANNEL,
	WORLD_KIND_USER,
	WORLD_KIND_DM,
	WORLD_KIND_APP,
	WORLD_KIND_AVATAR,
	WORLD_KINDS
};

struct world_msgs *world_msg_stores(void);
void world_msg_stores_free(struct world_msgs *);
/* The text of a new token. */
void world_token(struct world *, char *out, size_t size);
void world_render_open(struct world *);
void world_render_close(struct world *);

#endif

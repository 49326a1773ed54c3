/* SPDX-License-Identifier: MIT */
/*
 * A command given by somebody: recognised in the event it came as, a message,
 * an interaction or a reaction.  No tree is built of an event before its bytes
 * have shown that it names a command.  Pure functions.
 */
#ifndef HANDLER_COMMAND_INVOCATION_H
#define HANDLER_COMMAND_INVOCATION_H

#include "handler/command/command_table.h"
#include "handler/command/arguments.h"

#define INVOCATION_ROLES_MAX 250 /* Discord's bound for a guild */

/* How commands begin. */
struct invocation_ways {
	const char *prefix; /* "": no messages; "@": mentions alone */
	char bot[24];	    /* the bot's user id; "": not known yet */
};

struct invocation {
	const struct command_table_command *command;
	enum road road;
	struct json_object *tree; /* the event; what follows is in it */
	struct json_object *d, *who;
	const char *user_id, *guild_id, *channel_id, *message_id; /* "": none */
	const char *text; /* behind the name, when it was typed */
	uint64_t user, roles[INVOCATION_ROLES_MAX];
	size_t roles_n;
	struct arguments words;
	char fault[ARGUMENTS_FAULT_MAX]; /* the words do not fit; "" */
	int rank;			 /* for the caller to fill in */
};

/* Can an event of this name be a command?  ROADS: it can't. */
enum road invocation_road(const char *name, size_t len);
/* true: it is one, invocation_free follows. */
bool invocation_find(struct invocation *, const struct command_table *,
    const struct invocation_ways *, enum road, const char *raw, size_t len);
void invocation_free(struct invocation *);
/* What the plugin is told of it; the caller puts it. */
struct json_object *invocation_json(const struct invocation *);
/* "/roll", "!roll" or "roll" */
void invocation_name(const struct invocation *, const struct invocation_ways *,
    char *out, size_t size);

#endif

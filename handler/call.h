/* SPDX-License-Identifier: MIT */
/*
 * A command given by somebody: recognised in the event it came as, a message,
 * an interaction or a reaction.  No tree is built of an event before its bytes
 * have shown that it names a command.  Pure functions.
 */
#ifndef HANDLER_CALL_H
#define HANDLER_CALL_H

#include "handler/roster.h"
#include "handler/words.h"

#define CALL_ROLES_MAX 250 /* Discord's bound for a guild */

/* How commands begin. */
struct call_ways {
	const char *prefix; /* "": no messages; "@": mentions alone */
	char bot[24];	    /* the bot's user id; "": not known yet */
};

struct call {
	const struct roster_command *command;
	enum road road;
	struct json_object *tree; /* the event; what follows is in it */
	struct json_object *d, *who;
	const char *user_id, *guild_id, *channel_id, *message_id; /* "": none */
	const char *text; /* behind the name, when it was typed */
	uint64_t user, roles[CALL_ROLES_MAX];
	size_t roles_n;
	struct words words;
	char fault[WORDS_FAULT_MAX]; /* the words do not fit; "" */
	int rank; /* for the caller to fill in */
};

/* Can an event of this name be a command?  ROADS: it can't. */
enum road call_road(const char *name, size_t len);
/* true: it is one, call_free follows. */
bool call_find(struct call *, const struct roster *, const struct call_ways *,
    enum road, const char *raw, size_t len);
void call_free(struct call *);
/* What the plugin is told of it; the caller puts it. */
struct json_object *call_json(const struct call *);
/* "/roll", "!roll" or "roll" */
void call_name(const struct call *, const struct call_ways *, char *out,
    size_t size);

#endif

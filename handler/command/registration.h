/* SPDX-License-Identifier: MIT */
/*
 * This room: commands: declared, registered, called, and who may.
 *
 * What of the plugins' commands Discord is to have, the slash commands.  The
 * lists of all plugins together are what Discord is to have: what was declared
 * last is kept on disk, so a plugin that is down keeps its commands and a
 * start that changes nothing costs no call.  With another token, or when
 * something did change, what Discord has is read first (discord-protocol.md
 * 7.3).  A command it refuses is left out, and its plugin named: the others are
 * registered all the same.
 */
#ifndef HANDLER_COMMAND_REGISTRATION_H
#define HANDLER_COMMAND_REGISTRATION_H

#include "handler/command/command_list.h"
#include "handler/storage/kv_jobs.h"
#include "handler/rest/rest.h"

#define REGISTRATION_SETTLE_S 1.0 /* for other plugins to declare theirs */
#define REGISTRATION_RETRY_S 30.0 /* after a failure; doubled each time */
#define REGISTRATION_RETRY_MAX_S 3600.0

struct registration {
	struct rest *rest;
	struct kv_jobs *jobs;
	const struct config *config;
	struct timer timer;
	struct command_table table;
	uint64_t identity; /* of the token (secret.h): whose commands */
	char *known; /* what Discord has, as far as we know: canonical text */
	struct command_list list; /* being registered */
	size_t one, found;	  /* tried alone, and refused of these */
	char trouble[PAGE_WORDS]; /* why they can't be registered; "" */
	char app[24];
	/* For the stats page: what Discord does not have of each plugin's, and
	 * in one sentence, "" when all is well. */
	struct command_table_left left[COMMAND_TABLE_OWN + 1];
	unsigned out;
	char note[PAGE_WORDS];
	double retry_s;
	bool busy;
	unsigned plugin; /* in whose name it is written down */
	uint64_t reads, writes;
};

void registration_init(struct registration *, struct timers *, struct rest *,
    struct kv_jobs *, const struct config *, uint64_t identity);
void registration_free(struct registration *);
/* A plugin has initialised; its result, or NULL. */
void registration_declare(struct registration *, unsigned plugin,
    struct json_object *result);
#endif

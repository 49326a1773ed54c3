/* SPDX-License-Identifier: MIT */
/*
 * The commands of all plugins: which there are, by type and name, and by emoji.
 * Of two with one name that of the plugin that comes first in the configuration
 * counts; "help" is our own unless a plugin has one.  Pure bookkeeping.
 */
#ifndef HANDLER_COMMAND_COMMAND_TABLE_H
#define HANDLER_COMMAND_COMMAND_TABLE_H

#include "handler/command/command_spec.h"
#include "shared/config/config.h"

#define COMMAND_TABLE_MAX 500 /* commands of all plugins */
#define COMMAND_TABLE_OWN                                                      \
	CONFIG_PLUGINS_MAX /* plugin: it is the handler's own */
#define COMMAND_TABLE_EMOJI_MAX (4 * COMMAND_SPEC_EMOJI_MAX + 1)
#define COMMAND_TABLE_WORDS 192
#define COMMAND_TABLE_SAY_MAX 10 /* lines of the log for one list's faults */

struct command_table_command {
	unsigned plugin;
	int type;			 /* COMMAND_SPEC_SLASH, or of a menu */
	const char *name, *help, *usage; /* borrowed from declared */
	char emoji[COMMAND_TABLE_EMOJI_MAX]; /* as command_table_emoji; "" */
	int rank;
	unsigned roads;				/* bits */
	struct json_object *declared, *options; /* borrowed; options or NULL */
};

/* What of a plugin's commands is left out: how many, why the first is, and
 * the names of the others, as far as they fit. */
struct command_table_left {
	unsigned n;
	char words[COMMAND_TABLE_WORDS];
};

void command_table_left_add(struct command_table_left *, const char *name,
    const char *words);
/* Those of more, behind; words of size bytes were n commands'. */
unsigned command_table_left_join(char *words, size_t size, unsigned n,
    const struct command_table_left *more);

struct command_table {
	const struct config *config;
	struct command_table_left faulty[CONFIG_PLUGINS_MAX];
	struct command_table_left
	    taken[CONFIG_PLUGINS_MAX];		      /* names of others */
	struct json_object *list[CONFIG_PLUGINS_MAX]; /* declared; or NULL */
	struct json_object *own;
	struct command_table_command *command;
	size_t n;
	unsigned roads[CONFIG_PLUGINS_MAX + 1]; /* of each plugin's */
	unsigned any;				/* of all */
};

void command_table_init(struct command_table *, const struct config *);
void command_table_free(struct command_table *);
/* What this plugin declares now, without what is faulty; false: as before.
 * Every struct command_table_command there was is void. */
bool command_table_set(struct command_table *, unsigned plugin,
    struct json_object *declared);
/* NULL: there is none that may be given on this road (slash: no menu's). */
const struct command_table_command *
command_table_find(const struct command_table *, enum road, const char *name,
    size_t len);
/* The same of a menu: COMMAND_SPEC_USER, COMMAND_SPEC_MESSAGE and so on. */
const struct command_table_command *
command_table_menu(const struct command_table *, int type, const char *name);
const struct command_table_command *
command_table_reaction(const struct command_table *, const char *emoji);
/* The name of who has it. */
const char *command_table_owner(const struct command_table *,
    const struct command_table_command *);
/* "name" or "name:id" in the form that compares. */
void command_table_emoji(const char *name, const char *id, char *out,
    size_t size);

#endif

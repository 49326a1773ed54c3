/* SPDX-License-Identifier: MIT */
/*
 * The commands of all plugins: which there are, by type and name, and by emoji.
 * Of two with one name that of the plugin that comes first in the configuration
 * counts; "help" is our own unless a plugin has one.  Pure bookkeeping.
 */
#ifndef HANDLER_ROSTER_H
#define HANDLER_ROSTER_H

#include "handler/declare.h"
#include "shared/config/config.h"

#define ROSTER_MAX 500	/* commands of all plugins */
#define ROSTER_OWN CONFIG_PLUGINS_MAX /* plugin: it is the handler's own */
#define ROSTER_EMOJI_MAX (4 * DECLARE_EMOJI_MAX + 1)
#define ROSTER_WORDS 192
#define ROSTER_SAY_MAX 10 /* lines of the log for one list's faults */

struct roster_command {
	unsigned plugin;
	int type; /* DECLARE_SLASH, or of a menu */
	const char *name, *help, *usage; /* borrowed from declared */
	char emoji[ROSTER_EMOJI_MAX];	 /* as roster_emoji; "" */
	int rank;
	unsigned roads; /* bits */
	struct json_object *declared, *options; /* borrowed; options or NULL */
};

/* What of a plugin's commands is left out: how many, why the first is, and
 * the names of the others, as far as they fit. */
struct roster_left {
	unsigned n;
	char words[ROSTER_WORDS];
};

void roster_left_add(struct roster_left *, const char *name,
    const char *words);
/* Those of more, behind; words of size bytes were n commands'. */
unsigned roster_left_join(char *words, size_t size, unsigned n,
    const struct roster_left *more);

struct roster {
	const struct config *config;
	struct roster_left faulty[CONFIG_PLUGINS_MAX];
	struct roster_left taken[CONFIG_PLUGINS_MAX]; /* names of others */
	struct json_object *list[CONFIG_PLUGINS_MAX]; /* declared; or NULL */
	struct json_object *own;
	struct roster_command *command;
	size_t n;
	unsigned roads[CONFIG_PLUGINS_MAX + 1]; /* of each plugin's */
	unsigned any;				/* of all */
};

void roster_init(struct roster *, const struct config *);
void roster_free(struct roster *);
/* What this plugin declares now, without what is faulty; false: as before.
 * Every struct roster_command there was is void. */
bool roster_set(struct roster *, unsigned plugin, struct json_object *declared);
/* NULL: there is none that may be given on this road (slash: no menu's). */
const struct roster_command *roster_find(const struct roster *, enum road,
    const char *name, size_t len);
/* The same of a menu: DECLARE_USER, DECLARE_MESSAGE and so on. */
const struct roster_command *roster_menu(const struct roster *, int type,
    const char *name);
const struct roster_command *roster_reaction(const struct roster *,
    const char *emoji);
/* The name of who has it. */
const char *roster_owner(const struct roster *, const struct roster_command *);
/* "name" or "name:id" in the form that compares. */
void roster_emoji(const char *name, const char *id, char *out, size_t size);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The list of commands that Discord is to have: those of all plugins in one
 * order, without what it refused of them, and with what it keeps there by
 * itself (an Entry Point command, without which it takes no list at all).
 * One command that is refused is found and left out, not all of them.  Pure
 * functions of JSON.
 */
#ifndef HANDLER_COMMAND_COMMAND_LIST_H
#define HANDLER_COMMAND_COMMAND_LIST_H

#include "handler/command/command_table.h"

#define COMMAND_LIST_SLASH_MAX 100 /* Discord's bounds, of all plugins (7.3) */
#define COMMAND_LIST_MENU_MAX 15   /* of users', and of messages' */
#define COMMAND_LIST_REFUSED_MAX 200 /* remembered */

struct command_item {
	unsigned plugin; /* COMMAND_TABLE_OWN: help */
	struct json_object *form;
	char name[4 * 32 + 1];
};

struct command_refused {
	unsigned plugin;
	char *form; /* a command declared otherwise is another one */
	char words[COMMAND_TABLE_WORDS];
};

struct command_list {
	struct command_item *item;
	size_t n;
	char *text; /* of all items: equal lists are equal texts */
	struct json_object *kept; /* Discord's own, an array */
	struct command_refused *refused;
	size_t refused_n;
	struct command_table_left
	    over[CONFIG_PLUGINS_MAX]; /* Discord's bounds */
};

void command_list_init(struct command_list *);
void command_list_free(struct command_list *);
/* Anew, of what is declared now. */
void command_list_make(struct command_list *, const struct command_table *);
/* What Discord answers to the question what there is: 0, -1: it is no list. */
int command_list_read(struct command_list *, const char *body, size_t len,
    bool *same);
/* The whole body, or one command of it; the caller frees. */
char *command_list_body(const struct command_list *);
char *command_list_one(const struct command_list *, size_t index);
/*
 * Discord refused the whole list: marks the commands its error names, which
 * command_list_make then leaves out.  How many; 0: it names none.
 */
size_t command_list_culprits(struct command_list *,
    const struct command_table *, const char *body, size_t len);
/* It refused this one alone. */
void command_list_refuse(struct command_list *, const struct command_table *,
    size_t index, const char *body, size_t len);
/* Of this plugin, and why: how many; words "" when there are none. */
unsigned command_list_left(const struct command_list *,
    const struct command_table *, unsigned plugin, char *words, size_t size);

#endif

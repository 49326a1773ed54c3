/* SPDX-License-Identifier: MIT */
/*
 * One command as a plugin declares it in its answer to "initialize"
 * (shardherd-plugin(7)): what is wrong with it, what it says, and the form of
 * it that Discord registers.  Pure functions of JSON.
 */
#ifndef HANDLER_COMMAND_COMMAND_SPEC_H
#define HANDLER_COMMAND_COMMAND_SPEC_H

#include "shared/base/base.h"

#include <json-c/json.h>

#define COMMAND_SPEC_EMOJI_MAX 64 /* characters */

/* How a command may be given. */
enum road { ROAD_SLASH, ROAD_PREFIX, ROAD_REACTION, ROADS };
extern const char *const command_spec_road[ROADS];

/* What is wrong with a declared command, or NULL. */
const char *command_spec_fault(struct json_object *command);
/* "" when it has none of that name, or no text. */
const char *command_spec_text(struct json_object *, const char *key);
/* Below -1 when it is none. */
int command_spec_rank(struct json_object *);
/* Bits of its roads: slash and prefix, and reaction with an emoji, unless it
 * says otherwise. */
unsigned command_spec_roads(struct json_object *);

/* Discord's types (7.3); there may be more one day. */
enum {
	COMMAND_SPEC_SLASH = 1,
	COMMAND_SPEC_USER,
	COMMAND_SPEC_MESSAGE,
	COMMAND_SPEC_ENTRY
};
/* 0 when it is no number. */
int command_spec_type(struct json_object *);

/*
 * What Discord is to have of a declared one: all that was declared but what is
 * ours alone, keys in order.  The caller puts it.
 */
struct json_object *command_spec_form(struct json_object *declared);
/* Has Discord (theirs) what such a form says?  What it fills in by itself does
 * not count; nor do defaults. */
bool command_spec_same(struct json_object *form, struct json_object *theirs);

#endif

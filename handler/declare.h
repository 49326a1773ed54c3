/* SPDX-License-Identifier: MIT */
/*
 * One command as a plugin declares it in its answer to "initialize"
 * (shardherd-plugin(7)): what is wrong with it, what it says, and the form of
 * it that Discord registers.  Pure functions of JSON.
 */
#ifndef HANDLER_DECLARE_H
#define HANDLER_DECLARE_H

#include "shared/base.h"

#include <json-c/json.h>

/* How a command may be given. */
enum road { ROAD_SLASH, ROAD_PREFIX, ROAD_REACTION, ROADS };
extern const char *const road_name[ROADS];

/* What is wrong with a declared command, or NULL. */
const char *declare_fault(struct json_object *command);
/* "" when it has none of that name, or no text. */
const char *declare_text(struct json_object *, const char *key);
/* Below -1 when it is none. */
int declare_rank(struct json_object *);
/* Bits of its roads: slash and prefix, and reaction with an emoji, unless it
 * says otherwise. */
unsigned declare_roads(struct json_object *);

/*
 * The canonical form of one command, ours or Discord's: known keys in one
 * order, without what is a default.  The caller puts it.
 */
struct json_object *declare_normal(struct json_object *command);
/* What Discord is to have of a declared one; the caller puts it. */
struct json_object *declare_form(struct json_object *declared);

#endif
